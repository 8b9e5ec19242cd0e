"""Markdown that stays what it is: texts from outside are put in as plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from rules.mask import clean

TEXT_MAX = 500
SPECIAL = re.compile(r"([\\`*_\[\]<>|#@~])")
"""What Markdown, HTML and the hosts of pull requests read as something else than text."""
PROMPT = "> **To fill in:** "


def plain(text: str, limit: int = TEXT_MAX) -> str:
    """A text from outside as words on one line: no markup, no link, nobody mentioned."""
    words = " ".join(clean(text, limit).split())
    return SPECIAL.sub(r"\\\1", words).replace("://", ":\u200b//")


def prompt(question: str) -> str:
    """What only people know."""
    return f"{PROMPT}{question}"


def bullets(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; its cells are Markdown already."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def day(at: datetime) -> str:
    """2026-11-25."""
    return f"{at:%Y-%m-%d}"


def moment(at: datetime) -> str:
    """2026-11-25 03:14 UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def text(*parts: str | Iterable[str]) -> str:
    """Parts, one blank line apart; an empty one is left out."""
    whole = (part if isinstance(part, str) else "\n".join(part) for part in parts)
    return "\n\n".join(part for part in whole if part) + "\n"
