"""The two ladders: who is paged when. Pure readings of an incident.

The unacknowledged ladder goes on until a person acknowledges, the unmitigated one until the harm has ended.
1. A rung that is due fires once; one with `repeat` fires again and again, on the targets that wake. A repetition waits
   while the former page is still being tried: its retries are the repetition.
2. A rung that reached nobody makes the next one due now; one without a repeat is tried again after a while.
3. After an expired acknowledgement its owner is paged first; ten minutes later the ladder resumes at the level reached.
4. After a time in which nobody watched, rungs above the first wait for one fresh look: nobody climbs because of us.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.incident import outbox as box
from watcher.incident import recovery
from watcher.incident.event import Ladder
from watcher.incident.record import Rung
from watcher.incident.state import Incident

RESUME_AFTER = timedelta(minutes=10)
"""So long the owner of an expired acknowledgement is paged alone."""
AGAIN_AFTER = timedelta(minutes=3)
"""A rung that reached nobody and has no repetition of its own."""
LOOK_WITHIN = timedelta(seconds=90)
"""A fresh look takes one round of every source; what cannot look by then does not hold the ladder."""
OFFLINE_MAX = timedelta(minutes=15)
"""What we take for our own network's loss may be something else: longer than this it holds no ladder."""
ASK_BEFORE = 6
"""An acknowledgement is asked after when a sixth of its time is left: 25 of 30 minutes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung, and the moment from which it is due."""

    ladder: Ladder
    rung: int
    policy: Rung
    at: datetime
    again: bool = False  # a repetition


def rungs(state: Incident, ladder: Ladder) -> tuple[Rung, ...]:
    """The ladder as it stands now."""
    if ladder == "unmitigated":
        return state.policy.unmitigated
    climb, policy = state.climbs[ladder], state.policy.unacknowledged
    if climb.owner is None:
        return policy
    rest = policy[climb.level :]
    resumed = (r.model_copy(update={"after": RESUME_AFTER + r.after - rest[0].after}) for r in rest)
    return (Rung(after=timedelta(0), page=(climb.owner,), repeat=policy[0].repeat), *resumed)


def steps(state: Incident) -> Iterator[Step]:
    """Every rung that time will bring, each with its moment."""
    if not state.paging:
        return
    ladders: tuple[Ladder, ...] = (
        ("unacknowledged", "unmitigated") if not state.acknowledged_by else ("unmitigated",)
    )
    for ladder in ladders:
        for number, rung in enumerate(rungs(state, ladder)):
            step = _step(state, ladder, number, rung)
            if step is not None:
                yield step


def _step(state: Incident, ladder: Ladder, number: int, rung: Rung) -> Step | None:
    climb = state.climbs[ladder]
    fired = climb.fired.get(number)
    if fired is None:
        at = min(climb.began + rung.after, climb.hurried.get(number, climb.began + rung.after))
        return Step(ladder, number, rung, _held(state, ladder, number, at))
    repeat = rung.repeat or (AGAIN_AFTER if fired.page in state.nobody else None)
    owed = state.outbox.pages.get(fired.page)
    if repeat is None or (owed is not None and not box.woke(owed)):
        return None
    rang = fired.at if owed is None else max(fired.at, box.rang_at(owed))
    at = _held(state, ladder, number, rang + repeat)
    return Step(ladder, number, rung, at, again=rung.repeat is not None)


def _held(state: Incident, ladder: Ladder, number: int, at: datetime) -> datetime:
    """The moment, put off while nobody has looked since the watch was lost."""
    lost = state.lost
    if lost is None or (ladder == "unacknowledged" and number == 0):
        return at
    if lost.regained_at is None:
        return max(at, lost.at + OFFLINE_MAX, (lost.back_at or lost.at) + LOOK_WITHIN)
    clean_by = recovery.deadline(state) or lost.regained_at
    return max(at, lost.regained_at + LOOK_WITHIN, clean_by)


def due(state: Incident, now: datetime) -> list[Step]:
    """The rungs to fire now."""
    return [step for step in steps(state) if step.at <= now]


def next_up(state: Incident) -> Step:
    """The rung that a person who asks for help gets now: the first that has not fired, else the last of all."""
    every = [
        Step(ladder, number, rung, climb.began)
        for ladder, climb in state.climbs.items()
        for number, rung in enumerate(rungs(state, ladder))
    ]
    first = every[0].policy.page  # whoever asks is among these, or knows them
    waiting = (
        step
        for step in every[1:]
        if step.rung not in state.climbs[step.ladder].fired and step.policy.page != first
    )
    return next(waiting, every[-1])


def nobody(state: Incident) -> list[tuple[Ladder, int, int]]:
    """The rungs (ladder, rung, page) that reached nobody, where that was not said yet."""
    return [
        (ladder, number, fired.page)
        for ladder, climb in state.climbs.items()
        for number, fired in climb.fired.items()
        if fired.page not in state.nobody
        and (owed := state.outbox.pages.get(fired.page)) is not None
        and box.failed(owed)
    ]


def ask_at(state: Incident) -> datetime | None:
    """When the one who has it is asked "still on it?"; None where nobody has it, or it was asked."""
    until = state.acknowledged_until
    if not state.paging or until is None or state.asked_for == until:
        return None
    return until - state.policy.acknowledgement_expires / ASK_BEFORE


def expires_at(state: Incident) -> datetime | None:
    """When the acknowledgement expires."""
    return state.acknowledged_until if state.paging else None


def deadline(state: Incident) -> datetime | None:
    """When the next of all these is due."""
    moments = [step.at for step in steps(state)]
    moments += [at for at in (ask_at(state), expires_at(state)) if at is not None]
    moments += [state.outbox.pages[page].request.at + timedelta(seconds=1) for *_, page in nobody(state)]
    return min(moments, default=None)
