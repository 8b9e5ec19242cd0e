"""Counters that milestones do not hold: what the events of one append add to them. Pure.

They are committed in the same transaction as the events, so that they are true after any crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from watcher.incident.event import (
    Escalated,
    Event,
    PageAccepted,
    PageFailed,
    ReachedNobody,
    Recommended,
)
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

Key = tuple[str, ...]
"""A counter's name, then its label values."""

LAST_ACCEPTED = "target_last_accepted_timestamp_seconds"
"""The one entry that is a moment and not a count."""


def increments(events: tuple[Event, ...]) -> Iterator[Key]:
    """Each counter that the events move, once for each time."""
    return (key for event in events if (key := _key(event)) is not None)


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
        case ReachedNobody():
            return ("rungs_reached_nobody_total",)
        case Suspected():
            return "suspicions_total", "suspected"
        case Confirmed():
            return "suspicions_total", "confirmed"
        case Dismissed():
            return "suspicions_total", "dismissed"
    return None


def write(key: Key) -> str:
    """The key as it is remembered."""
    return json.dumps(key, ensure_ascii=False)


def read(memory: Mapping[str, Any]) -> dict[Key, float]:
    """What was remembered."""
    return {tuple(json.loads(key)): value for key, value in memory.items()}
