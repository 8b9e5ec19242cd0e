"""Rulings: how often each rule was right, read from what became of the incidents and suspicions it raised. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from watcher.incident.event import (
    Acknowledged,
    Event,
    MarkedFalse,
    Opened,
    Resolved,
    SignalsJoined,
    Taken,
)
from watcher.incident.record import Sign
from watcher.incident.responding import WATCHER
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

FEW = 20
"""So many ends are needed before a share says anything."""


@dataclass(slots=True)
class Ruling:
    """What became of what one rule raised. An incident counts once for each rule that took part in it."""

    rule: str
    fired: int = 0
    real: int = 0  # a person took it, confirmed it, or resolved it
    false: int = 0  # a person said that it was no P0
    unacknowledged: int = 0  # it recovered, and nobody ever said anything
    open: int = 0

    @property
    def ended(self) -> int:
        """The n of its shares."""
        return self.real + self.false + self.unacknowledged

    @property
    def verdict(self) -> str:
        """The share that was real, where there is enough to say so."""
        return f"too few (n = {self.ended})" if self.ended < FEW else f"{self._share} real (n = {self.ended})"

    @property
    def _share(self) -> str:
        return f"{100 * self.real / self.ended:.0f} %"

    def plain(self) -> dict[str, Any]:
        """For programs."""
        named = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**named, "n": self.ended, "enough": self.ended >= FEW}


def rulings(streams: Iterable[Sequence[Event]]) -> tuple[Ruling, ...]:
    """Count over the events of whole streams, the rules that fired most first. Drills do not count."""
    found: dict[str, Ruling] = {}
    for events in streams:
        became = _became(events)
        for rule in _rules(events) if became else ():
            ruling = found.setdefault(rule, Ruling(rule))
            ruling.fired += 1
            setattr(ruling, became, getattr(ruling, became) + 1)
    return tuple(sorted(found.values(), key=lambda one: (-one.fired, one.rule)))


def _became(events: Sequence[Event]) -> str:
    """The column of one stream; "" where it says nothing of a rule."""
    first = events[0] if events else None
    if isinstance(first, Opened):
        return "" if first.drill else _of_incident(events)
    if not isinstance(first, Suspected) or any(isinstance(event, Confirmed) for event in events):
        return ""  # a confirmed suspicion is an incident, and counts there
    return "false" if any(isinstance(event, Dismissed) for event in events) else "open"


def _of_incident(events: Sequence[Event]) -> str:
    if any(isinstance(event, MarkedFalse) for event in events):
        return "false"
    if any(isinstance(event, Acknowledged | Taken) for event in events):
        return "real"
    ends = [event for event in events if isinstance(event, Resolved)]
    if not ends:
        return "open"
    return "unacknowledged" if ends[-1].by == WATCHER else "real"


def _rules(events: Sequence[Event]) -> frozenset[str]:
    return frozenset(sign.rule for sign in signs(events))


def signs(events: Iterable[Event]) -> Iterator[Sign]:
    """Every failing signal that a stream holds, each time it was said."""
    for event in events:
        if isinstance(event, Opened | SignalsJoined):
            yield from event.signs
        if isinstance(event, Suspected):
            yield event.sign
