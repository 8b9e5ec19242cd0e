"""The five questions of `watcher init`: each answer is looked at when it is given, and asked for again where it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from watcher.cli.ending import say

NONE = "none"
SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered; the secrets never show."""

    service: str
    health_url: str
    sentry: str | None
    organization: str | None
    token: str | None = field(repr=False)
    token_file: Path | None
    phone: str = field(repr=False)
    name: str


def answers(given: dict[str, Any]) -> Answers:
    """The five questions, those that no option has answered."""
    service = given["service"] or _asked("1. What is the service called?", _words)
    health = given["health_url"] or _asked(
        "2. Which address says whether it is well? (https://shop.example/api/health)", _address
    )
    sentry = given["sentry"] or _asked(
        "3. Where does your Sentry or GlitchTip answer? (https://sentry.io, https://de.sentry.io, your own)",
        lambda text: text if text == NONE else _address(text),
        default=NONE,
    )
    known = None if sentry == NONE else sentry
    organization, token = _access(given) if known else (None, None)
    phone = given["phone"] or _phone()
    name = given["name"] or _asked(
        "5. What is your name? (colleagues see it when you take an incident)", _name
    )
    return Answers(
        service=service,
        health_url=health,
        sentry=known,
        organization=organization,
        token=token,
        token_file=given["token_file"] if known else None,
        phone=phone,
        name=name,
    )


def _access(given: dict[str, Any]) -> tuple[str, str | None]:
    """Organization, and the token where no file holds it."""
    organization = given["organization"] or _asked(
        "   Your organization there? (WORD in https://WORD.sentry.io)", _slug
    )
    if given["token_file"] is not None:
        return organization, None
    asked = "   Its token? (scopes event:read, org:read, project:read; it is not shown)"
    return organization, _asked(asked, _token, hidden=True)


def _phone() -> str:
    say("4. Which Apprise address rings your phone?")
    say(
        "   The app ntfy: ntfys://ntfy.sh/TOPIC?priority=max   Pushover: pover://USER@TOKEN?priority=emergency"
    )
    say("   Others: docs/paging.md. It is a secret: it is not shown, and goes to a file of its own.")
    return _asked("   The address?", _target, hidden=True)


def _asked(text: str, read: Callable[[str], T], *, hidden: bool = False, default: str | None = None) -> T:
    """Ask until the answer can be used."""
    while True:
        said = str(click.prompt(text, hide_input=hidden, default=default, prompt_suffix=" "))
        try:
            return read(said.strip())
        except ValueError as wrong:
            say(f"   {wrong}")


def _words(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("a word or two, as people call it")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with https:// (or http://)")
    return text


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(
            "the organization is one word of letters, digits, - and _; it stands in Sentry's address"
        )
    return text


def _token(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a token is one word of plain characters")
    return text


def _target(text: str) -> str:
    from notifiers.apprise import understandable

    if text.startswith("console:") or understandable(text):
        return text
    raise ValueError("no service takes such an address; it reads SCHEME://..., as above")


def _name(text: str) -> str:
    from watcher.config import ROLES, contact_name

    if text.casefold() in (*ROLES, "cto"):
        raise ValueError(f"{text} is a role; a person's name, please")
    return contact_name(text)
