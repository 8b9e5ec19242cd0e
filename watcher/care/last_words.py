"""Last words: when the log cannot be written, one page to every target that wakes, straight from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from notifiers.page import Page, Receipt, Sender
from notifiers.send import sender_for
from watcher.config import Config
from watcher.incident.state import FINAL, Incident
from watcher.settings.target import Target

SHOWN = 5
"""Incidents named; the rest is a count."""


def compose(service: str, because: str, states: Iterable[Any]) -> Page:
    """The page: why the watch ends, and what fails at this moment."""
    failing = [s for s in states if isinstance(s, Incident) and s.status not in FINAL]
    lines = [f"failing now: {i.id} {_what(i)}" for i in failing[:SHOWN]]
    if len(failing) > SHOWN:
        lines.append(f"and {len(failing) - SHOWN} more")
    return Page(
        id="last-words",
        kind="wake",
        title=f"{service}: the watcher is stopping and cannot watch",
        lines=(because, *(lines or ["no incident is open"]), "Nobody is watching until it runs again."),
    )


def _what(incident: Incident) -> str:
    """Of a security incident no more than that it is one: this goes to everybody."""
    categories = "/".join(incident.categories)
    return categories if "security" in incident.categories else f"{categories}: {incident.opened.title}"


async def _send(page: Page, name: str, target: Target, senders: Mapping[str, Sender]) -> Receipt:
    """A sender that never answers must not keep the process from ending."""
    sender = sender_for(target.apprise.get_secret_value(), senders)
    return await asyncio.wait_for(
        sender.send(page, target.destination(name)), target.timeout.total_seconds() + 1
    )


async def say(page: Page, config: Config, senders: Mapping[str, Sender]) -> list[Receipt]:
    """Send it to every target that wakes (where none does, to all), at once. Never raises."""
    people = {n: t for n, t in config.targets.items() if "wake" in t.for_}
    targets = {n: t for n, t in people.items() if t.wakes} or people
    sends = [_send(page, name, target, senders) for name, target in targets.items()]
    answers = await asyncio.gather(*sends, return_exceptions=True)
    return [a for a in answers if isinstance(a, Receipt)]
