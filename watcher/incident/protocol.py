"""The two hours: which checkpoint is due when, what it asks for, whether it is there. Pure readings of an incident.

1. The clock starts at the receipt of the first signal.
2. A checkpoint is met by a recorded fact, never by time passing. One that passes unmet is missed: said once.
3. The path that a person decided applies; the checkpoints of the other do not, and are never missed.
4. What ends before a step was due needs that step no more; when it comes back, the step is due anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from watcher.incident import attained, escalation
from watcher.incident.news import MESSAGE_EVERY
from watcher.incident.responding import CheckpointName, Path
from watcher.incident.state import FINAL, Incident

TARGET = timedelta(hours=2)
"""From the first signal to the fix in production."""
ANNOUNCE_WITHIN = timedelta(minutes=10)
REMIND_BEFORE, REMIND_LONG_BEFORE = timedelta(minutes=2), timedelta(minutes=5)
LONG = timedelta(minutes=30)
"""A step that took so long deserves an earlier word than one of ten minutes."""

OF_A_FIX: frozenset[CheckpointName] = frozenset({"fix-approved", "smoke-tested"})
"""What only a fix asks for: nothing new is to be approved, or tried, where it was taken back."""

Standing = Literal["met", "late", "missed", "open", "not-applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the clock. `minute` by path where that differs; None: it has no minute of its own."""

    name: CheckpointName
    asks: str  # what is to be done, for people
    minute: Callable[[Path | None], int | None]
    there: Callable[[Incident], bool]
    command: str = "watcher show {id}"  # what to type to meet it
    spared: Callable[[Incident], bool] = lambda _: False  # where the harm ends before it is due
    reminds: bool = True
    early: bool = (
        True  # met as soon as it is there; else at its moment, or with the closing: it may be lost again
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where one checkpoint stands. `due` is None where it waits for something else first, or does not apply."""

    name: CheckpointName
    asks: str
    due: datetime | None
    standing: Standing
    late: timedelta = timedelta(0)


def path_of(state: Incident) -> Path | None:
    """The path on which the incident is: as decided, else as deployed."""
    return state.known.chosen or (state.response.deployed.path if state.response.deployed else None)


def taken_back(state: Incident) -> bool:
    """A hotfix was decided, and in the end the release before it was deployed again."""
    deployed = state.response.deployed
    return deployed is not None and deployed.path == "rollback" and path_of(state) == "hotfix"


def checkpoints(state: Incident) -> tuple[Checkpoint, ...]:
    """The whole clock, in its order."""
    return tuple(_checkpoint(state, step) for step in STEPS)


def _checkpoint(state: Incident, step: Step) -> Checkpoint:
    met, missed = state.response.met.get(step.name), state.response.missed.get(step.name)
    due = said.due if (said := met or missed) else due_at(state, step)
    late = met.late if met else timedelta(0)
    there = due is not None and step.there(state)
    standing: Standing = (
        "late"
        if late
        else "met"
        if met or (there and not missed)
        else "missed"
        if missed
        else "open"
        if due
        else "not-applicable"
    )
    if standing == "open" and state.status in FINAL:
        standing = "not-applicable"
    return Checkpoint(name=step.name, asks=step.asks, due=due, standing=standing, late=late)


def due_at(state: Incident, step: Step) -> datetime | None:
    """When the step is due; None where it does not apply, or not yet."""
    if step.name == "announced":
        return _announce_by(state)
    minute = step.minute(path_of(state))
    if minute is None or _moot(state, step.name):
        return None
    due = _after_lulls(state, timedelta(minutes=minute))
    ended = state.mitigated_at
    return None if ended is not None and ended <= due and step.spared(state) else due


def _moot(state: Incident, name: CheckpointName) -> bool:
    return attained.unspoken(state) if name == "stakeholders" else name in OF_A_FIX and taken_back(state)


def _after_lulls(state: Incident, minute: timedelta) -> datetime:
    """What was due while it had ended is due anew when it comes back."""
    due = state.detected_at + minute
    for began, ended in state.response.lulls:
        if began <= due < ended:
            due = ended + minute
    return due


def _announce_by(state: Incident) -> datetime | None:
    """Who was told that it broke is told that it holds; where nobody was, there is nothing to announce."""
    if state.mitigated_at is None or not state.response.messages:
        return None
    return state.mitigated_at + ANNOUNCE_WITHIN


def unmet(state: Incident) -> Iterator[tuple[Step, datetime]]:
    """The steps that apply and are not met, each with its moment. None of a file that is closed."""
    if state.status in FINAL:
        return
    for step in STEPS:
        due = None if step.name in state.response.met else due_at(state, step)
        if due is not None:
            yield step, due


def lapsing(state: Incident) -> Iterator[tuple[Step, datetime]]:
    """The steps that are neither met nor missed nor there."""
    for step, due in unmet(state):
        if step.name not in state.response.missed and not step.there(state):
            yield step, due


def reminder_at(state: Incident, step: Step, due: datetime) -> datetime | None:
    """When whoever has it is reminded; None where it was said, or nobody has it: then the pages remind.

    Messages reach a person at most once in ten minutes, and "still on it?" must not wait for this one.
    """
    if not step.reminds or state.acknowledged_by is None or state.response.said("checkpoint", step.name):
        return None
    at = due - (REMIND_LONG_BEFORE if due - state.detected_at >= LONG else REMIND_BEFORE)
    if state.response.reminded_at is not None:
        at = max(at, state.response.reminded_at + MESSAGE_EVERY)
    asked = escalation.ask_at(state)
    crowded = asked is not None and at <= asked < at + MESSAGE_EVERY
    return None if at >= due or crowded else at


def deadline(state: Incident) -> datetime | None:
    """The next moment at which time alone changes something here."""
    waiting = list(lapsing(state))
    moments = [due for _, due in waiting]
    moments += [due for step, due in unmet(state) if not step.early and step.there(state)]
    moments += [at for step, due in waiting if (at := reminder_at(state, step, due)) is not None]
    return min(moments, default=None)


def next_up(state: Incident) -> Checkpoint | None:
    """The next checkpoint that is open: what the page shows beside the clock."""
    waiting = [c for c in checkpoints(state) if c.standing == "open" and c.due is not None]
    return min(waiting, key=lambda c: c.due or state.detected_at, default=None)


def _always(minute: int) -> Callable[[Path | None], int | None]:
    return lambda _: minute


def _on(**minutes: int) -> Callable[[Path | None], int | None]:
    return lambda path: minutes.get(path or "")


def _ended(_: Incident) -> bool:
    return True


STEPS: tuple[Step, ...] = (
    Step(name="received", asks="page the on-call", minute=_always(1), there=attained.received, reminds=False),
    Step(
        name="assessed",
        asks="acknowledge; say who is affected; read the error rate; look at the last deployments",
        minute=_always(5),
        there=attained.assessed,
        command="watcher state {id} --affected N ; watcher tick {id} error-rate ; watcher tick {id} deployments",
        spared=_ended,
    ),
    Step(
        name="decided",
        asks="decide: rollback, hotfix or other",
        minute=_always(10),
        there=lambda state: bool(state.known.decisions),
        command="watcher decide {id} rollback   (or hotfix, other)",
        spared=_ended,
    ),
    Step(
        name="stakeholders",
        asks="tell the stakeholders, and settle the public status",
        minute=_always(15),
        there=attained.stakeholders_told,
        command="watcher update {id} TEXT ; watcher tick {id} public-status",
        spared=_ended,
    ),
    Step(
        name="rolled-back",
        asks="roll back, and say so",
        minute=_on(rollback=30),
        there=attained.rolled_back,
        command="watcher deployed {id}",
        spared=_ended,
    ),
    Step(
        name="fix-approved",
        asks="have the fix approved by a senior",
        minute=_on(hotfix=60),
        there=lambda state: state.response.approved is not None,
        command="watcher tick {id} fix-approved",
        spared=_ended,
    ),
    Step(
        name="deployed-verified",
        asks="deploy, and see that it holds",
        minute=_on(rollback=45, hotfix=95),
        there=attained.verified,
        command="watcher deployed {id}",
        spared=lambda state: state.response.passed is None,
    ),
    Step(
        name="smoke-tested",
        asks="try what was repaired, and two or three things beside it",
        minute=_on(hotfix=100),
        there=lambda state: "smoke-test" in state.response.ticked,
        command="watcher tick {id} smoke-test",
        spared=lambda state: state.response.deployed is None,
    ),
    Step(
        name="announced",
        asks="announce the fix",
        minute=_on(),
        there=attained.announced,
        command="watcher tick {id} announced",
    ),
    Step(
        name="complete",
        asks="announced, and clean for five minutes",
        minute=_always(120),
        there=attained.complete,
        command="watcher tick {id} announced",
        early=False,
    ),
)
BY_NAME = {step.name: step for step in STEPS}
