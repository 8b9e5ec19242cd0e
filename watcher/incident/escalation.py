"""The two ladders: who is paged when. Pure readings of an incident.

The unacknowledged ladder goes on until a person acknowledges, the unmitigated one until the harm has ended.
A rung that is due fires once; one with `repeat` fires again and again, on the targets that wake. A repetition waits
while the former page is still being tried: its retries are the repetition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from watcher.incident import outbox as box
from watcher.incident.event import Ladder
from watcher.incident.record import Rung
from watcher.incident.state import Incident


@dataclass(frozen=True, slots=True)
class Step:
    """One rung, and the moment from which it is due."""

    ladder: Ladder
    rung: int
    policy: Rung
    at: datetime
    again: bool  # a repetition


def steps(state: Incident) -> Iterator[Step]:
    """Every rung that time will bring, each with its moment."""
    if not state.paging:
        return
    ladders: list[tuple[Ladder, tuple[Rung, ...]]] = [("unmitigated", state.policy.unmitigated)]
    if state.acknowledged_by is None:
        ladders.insert(0, ("unacknowledged", state.policy.unacknowledged))
    for ladder, rungs in ladders:
        for number, rung in enumerate(rungs):
            step = _step(state, ladder, number, rung)
            if step is not None:
                yield step


def _step(state: Incident, ladder: Ladder, number: int, rung: Rung) -> Step | None:
    fired = state.fired.get((ladder, number))
    if fired is None:
        return Step(ladder, number, rung, state.ladder_from + rung.after, again=False)
    at, version = fired
    if rung.repeat is None or not box.woke(state.outbox.pages[version]):
        return None
    return Step(ladder, number, rung, at + rung.repeat, again=True)


def due(state: Incident, now: datetime) -> list[Step]:
    """The rungs to fire now."""
    return [step for step in steps(state) if step.at <= now]


def deadline(state: Incident) -> datetime | None:
    """When the next rung is due."""
    return min((step.at for step in steps(state)), default=None)
