"""Counters that milestones do not hold: what the events of one append add to them. Pure.

They are committed in the same transaction as the events, so that they are true after any crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from watcher.incident import outbox as box
from watcher.incident.event import (
    Escalated,
    Event,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recommended,
)
from watcher.incident.outbox import Outbox, Owed
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

Key = tuple[str, ...]
"""A counter's name, then its label values."""

_LOSING = (PageRequested, PageFailed, PageAbandoned)
"""What can leave a rung with nobody."""

LAST_ACCEPTED = "target_last_accepted_timestamp_seconds"
"""The one entry that is a moment and not a count."""


def increments(events: tuple[Event, ...], outbox: Outbox, version: int) -> Iterator[Key]:
    """Each counter that the events move, once for each time; `outbox` is the stream's from before them."""
    for number, event in enumerate(events, version + 1):
        key = _key(event)
        if key is not None:
            yield key
        former, outbox = outbox, box.evolve(outbox, event, number)
        if isinstance(event, _LOSING) and _unreached(outbox) > _unreached(former):
            yield ("rungs_reached_nobody_total",)


def accepted_at(events: tuple[Event, ...]) -> dict[Key, float]:
    """When each target last took a page, of these events."""
    return {(LAST_ACCEPTED, e.target): e.at.timestamp() for e in events if isinstance(e, PageAccepted)}


def rung_label(ladder: str, rung: int) -> str:
    """A rung as people count it: unacknowledged-1 is the first of its ladder."""
    return f"{ladder}-{rung + 1}"


def _key(event: Event) -> Key | None:
    match event:
        case Recommended():
            return "recommendations_total", event.choice
        case Escalated():
            return "escalations_total", rung_label(event.ladder, event.rung)
        case PageAccepted():
            return "pages_total", event.target, "accepted"
        case PageFailed():
            return "pages_total", event.target, "unknown" if event.unknown else "refused"
        case Suspected():
            return "suspicions_total", "suspected"
        case Confirmed():
            return "suspicions_total", "confirmed"
        case Dismissed():
            return "suspicions_total", "dismissed"
    return None


def _unreached(outbox: Outbox) -> int:
    """How many rungs reached nobody: nobody was meant, or every target and fallback failed for good."""
    return sum(1 for owed in outbox.pages.values() if _reached_nobody(owed))


def _reached_nobody(owed: Owed) -> bool:
    if owed.request.rung is None or owed.withdrawn or any(a.accepted for a in owed.attempts.values()):
        return False
    return box.settled(Outbox(pages={owed.version: owed}))


def write(key: Key) -> str:
    """The key as it is remembered."""
    return json.dumps(key, ensure_ascii=False)


def read(memory: Mapping[str, Any]) -> dict[Key, float]:
    """What was remembered."""
    return {tuple(json.loads(key)): value for key, value in memory.items()}
