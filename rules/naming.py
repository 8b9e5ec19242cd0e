"""Names that come from outside, as a page may say them."""

from __future__ import annotations

from rules.facts import Facts

NAME_MAX = 60
"""Versions and system names come from outside; no real one needs more."""


def release(facts: Facts) -> str:
    """The release that a rollback would undo, by name where it has one."""
    deploy = facts.last_deploy
    return short(deploy.version) if deploy and deploy.version.strip() else "the last release"


def short(text: str, limit: int = NAME_MAX) -> str:
    """One printable line of a text from outside."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[: limit + 1]).strip()
    return line if len(line) <= limit else line[: limit - 3] + "..."
