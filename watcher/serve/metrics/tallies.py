"""Counters that milestones do not hold: what the events of one append add to them. Pure.

They are committed in the same transaction as the events, so that they are true after any crash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from watcher.incident.event import (
    Escalated,
    Event,
    PageAccepted,
    PageFailed,
    ReachedNobody,
    Recommended,
)
from watcher.incident.findings import Decided, Judged
from watcher.incident.responding import CheckpointMet, CheckpointMissed
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

Key = tuple[str, ...]
"""A counter's name, then its label values."""

LAST_ACCEPTED = "target_last_accepted_timestamp_seconds"
"""The one entry that is a moment and not a count."""


def increments(events: tuple[Event, ...]) -> Iterator[Key]:
    """Each counter that the events move, once for each time."""
    found = (_KEYS[type(event)](event) for event in events if type(event) in _KEYS)
    return (key for key in found if key is not None)


def accepted_at(events: tuple[Event, ...]) -> dict[Key, float]:
    """When each target last took a page, of these events."""
    return {(LAST_ACCEPTED, e.target): e.at.timestamp() for e in events if isinstance(e, PageAccepted)}


def rung_label(ladder: str, rung: int) -> str:
    """A rung as people count it: unacknowledged-1 is the first of its ladder."""
    return f"{ladder}-{rung + 1}"


def _followed(event: Decided) -> str:
    """Whether the choice is what was recommended: true, false, or none where nothing was."""
    return "none" if event.followed is None else str(event.followed).lower()


def _met(event: CheckpointMet) -> Key | None:
    """One that was met late had been missed, and is counted there."""
    return None if event.late else ("checkpoints_total", event.checkpoint, "met")


_KEYS: dict[type[Event], Callable[[Any], Key | None]] = {
    Recommended: lambda e: ("recommendations_total", e.choice),
    Decided: lambda e: ("decisions_total", e.choice, _followed(e)),
    Judged: lambda e: ("recommendations_judged_total", "right" if e.right else "wrong"),
    CheckpointMet: _met,
    CheckpointMissed: lambda e: ("checkpoints_total", e.checkpoint, "missed"),
    Escalated: lambda e: ("escalations_total", rung_label(e.ladder, e.rung)),
    PageAccepted: lambda e: ("pages_total", e.target, "accepted"),
    PageFailed: lambda e: ("pages_total", e.target, "unknown" if e.unknown else "refused"),
    ReachedNobody: lambda _: ("rungs_reached_nobody_total",),
    Suspected: lambda _: ("suspicions_total", "suspected"),
    Confirmed: lambda _: ("suspicions_total", "confirmed"),
    Dismissed: lambda _: ("suspicions_total", "dismissed"),
}


def write(key: Key) -> str:
    """The key as it is remembered."""
    return json.dumps(key, ensure_ascii=False)


def read(memory: Mapping[str, Any]) -> dict[Key, float]:
    """What was remembered."""
    return {tuple(json.loads(key)): value for key, value in memory.items()}
