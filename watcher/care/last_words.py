"""Last words: when the log cannot be written, one page to every target that wakes, straight from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from notifiers.page import Destination, Page, Receipt, Sender
from notifiers.send import sender_for
from watcher.config import Config
from watcher.incident.state import FINAL, Incident

SHOWN = 5
"""Incidents named; the rest is a count."""


def compose(service: str, because: str, states: Iterable[Any]) -> Page:
    """The page: why the watch ends, and what fails at this moment."""
    failing = [s for s in states if isinstance(s, Incident) and s.status not in FINAL]
    lines = [f"failing now: {i.id} {'/'.join(i.categories)}: {i.opened.title}" for i in failing[:SHOWN]]
    if len(failing) > SHOWN:
        lines.append(f"and {len(failing) - SHOWN} more")
    return Page(
        id="last-words",
        kind="wake",
        title=f"{service}: the watcher is stopping and cannot watch",
        lines=(because, *(lines or ["no incident is open"]), "Nobody is watching until it runs again."),
    )


async def say(page: Page, config: Config, senders: Mapping[str, Sender]) -> list[Receipt]:
    """Send it to every target that wakes (where none does, to all), at once. Never raises."""
    targets = {n: t for n, t in config.targets.items() if t.wakes} or config.targets
    sends = [
        sender_for(t.apprise.get_secret_value(), senders).send(
            page, Destination(name=name, address=t.apprise, timeout=t.timeout)
        )
        for name, t in targets.items()
    ]
    answers = await asyncio.gather(*sends, return_exceptions=True)
    return [a for a in answers if isinstance(a, Receipt)]
