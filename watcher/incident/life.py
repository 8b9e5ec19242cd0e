"""The daemon's own life: when it watched and when not, and how it proves that it could page. The machine of `daemon`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident import proof
from watcher.incident.event import Event, PageRequested
from watcher.incident.outbox import Outbox, Owed
from watcher.incident.receipts import record
from watcher.incident.surroundings import (
    AuditFailed,
    AuditPassed,
    CarePlanned,
    DaemonStarted,
    DrillAnswered,
    PageProven,
)
from watcher.incident.tending import (
    AnswerProof,
    FailAudit,
    NoteDrill,
    NoteWeakness,
    PassAudit,
    PlanCare,
    ProvePage,
)

PROVEN_KEPT = 32
"""Answers to test pages that are remembered; whoever waits for one waits for the newest."""
COMPLAIN_EVERY = timedelta(minutes=10)
"""What is new in a complaint is told at most so often."""
NOTE_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Illness:
    """What the audit complains of."""

    since: datetime
    complaints: tuple[str, ...]
    also: tuple[str, ...]
    told_at: datetime
    woke_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The daemon's own history."""

    version: int = 0
    began_at: datetime | None = None  # the first start ever
    started_at: datetime | None = None
    plan: CarePlanned | None = None
    canary_page: int = 0
    canary_sent_at: datetime | None = None
    canaries: int = 0  # that every target took
    canary_at: datetime | None = None  # when the last of them was taken
    proven: Mapping[int, PageProven] = field(default_factory=dict)  # by page
    illness: Illness | None = None
    drill: int = 0  # the newest that was answered
    drilled_at: datetime | None = None
    urged_at: datetime | None = None  # to practise
    noted_at: datetime | None = None  # the last weekly note
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def service(self) -> str:
        return self.plan.service if self.plan is not None else "watcher"

    @property
    def canary(self) -> Owed | None:
        """The newest one."""
        return self.outbox.pages.get(self.canary_page)


def evolve(state: Daemon, event: Event) -> Daemon:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    step = _STEPS.get(type(event))
    return _sung(step(state, event) if step else state, event)


def _started(state: Daemon, event: DaemonStarted) -> Daemon:
    return replace(state, began_at=state.began_at or event.at, started_at=event.at)


def _requested(state: Daemon, event: PageRequested) -> Daemon:
    match event.purpose:
        case "canary":
            return replace(state, canary_page=state.version, canary_sent_at=event.at)
        case "audit" if event.kind == "wake" and state.illness is not None:
            return replace(state, illness=replace(state.illness, woke_at=event.at))
        case "care":
            return replace(state, noted_at=event.at)
        case "practice":
            return replace(state, urged_at=event.at)
    return state


def _sung(state: Daemon, event: Event) -> Daemon:
    """The newest canary has been taken by all whom it was for."""
    canary = state.canary
    if canary is None or not canary.attempts or getattr(event, "page", None) != state.canary_page:
        return state
    owing = [a for a in canary.attempts.values() if not a.accepted]
    return state if owing else replace(state, canaries=state.canaries + 1, canary_at=event.at)


def _proven(state: Daemon, event: PageProven) -> Daemon:
    kept = dict(list({**state.proven, event.page: event}.items())[-PROVEN_KEPT:])
    return replace(state, proven=kept, outbox=_without(state.outbox, lambda v, _: v == event.page))


def _without(outbox: Outbox, chosen: Callable[[int, Owed], bool]) -> Outbox:
    """The outbox with these pages withdrawn."""
    pages = {v: replace(o, withdrawn=True) if chosen(v, o) else o for v, o in outbox.pages.items()}
    return replace(outbox, pages=pages)


def _well(state: Daemon, _: AuditPassed) -> Daemon:
    """A page that still tries to say that we are not well would say what is no longer true."""
    return replace(
        state, illness=None, outbox=_without(state.outbox, lambda _, o: o.request.purpose == "audit")
    )


def _complained(state: Daemon, event: AuditFailed) -> Daemon:
    before = state.illness
    fresh = Illness(
        since=before.since if before else event.at,
        complaints=event.complaints,
        also=event.also,
        told_at=event.at,
        woke_at=before.woke_at if before else None,
    )
    return replace(state, illness=fresh)


_STEPS: dict[type[Event], Callable[[Daemon, Any], Daemon]] = {
    DaemonStarted: _started,
    PageRequested: _requested,
    CarePlanned: lambda state, event: replace(state, plan=event),
    PageProven: _proven,
    AuditFailed: _complained,
    AuditPassed: _well,
    DrillAnswered: lambda state, event: replace(state, drill=event.incident, drilled_at=event.at),
}


def decide(state: Daemon, command: object, now: datetime) -> list[Event]:
    """The events that follow from a command. What time brings follows from a tick alone. Raises Refused."""
    if isinstance(command, ask.Record):
        return record(state.outbox, command, now)
    if isinstance(command, Event):  # a plain fact of the daemon's own life
        return [command]
    answer = _ANSWERS.get(type(command))
    return answer(state, command, now) if answer else []


def _plan(state: Daemon, command: PlanCare, now: datetime) -> list[Event]:
    fresh = CarePlanned(
        at=now,
        service=command.service,
        canary=command.canary,
        in_turn=command.in_turn,
        every=command.every,
    )
    known = state.plan is not None and state.plan.model_copy(update={"at": now}) == fresh
    return [] if known else [fresh]


def _prove(state: Daemon, command: ProvePage, now: datetime) -> list[Event]:
    if proof.under_way(state, command.to):
        raise ask.Refused(f"a test page to {command.to} is still under way")
    return [proof.test_page(state, command.to, command.by, now)]


def _answer(state: Daemon, command: AnswerProof, now: datetime) -> list[Event]:
    if command.page in state.proven:
        return []
    owed = state.outbox.pages.get(command.page)
    if owed is None or owed.request.purpose != "test":
        raise ask.Refused(f"there is no test page {proof.id_of_test(command.page)}")
    return [PageProven(at=now, page=command.page, by=command.by, via=command.via)]


def _fail(state: Daemon, command: FailAudit, now: datetime) -> list[Event]:
    ill = state.illness
    if ill is not None:
        known = set(command.complaints) <= set(ill.complaints)
        if known or now - ill.told_at < COMPLAIN_EVERY:
            return []
    failed = AuditFailed(at=now, complaints=command.complaints, also=command.also)
    return [failed, proof.complained(state, command.complaints, now)]


def _pass_audit(state: Daemon, _: PassAudit, now: datetime) -> list[Event]:
    if state.illness is None:
        return []
    return [AuditPassed(at=now, failed_for=now - state.illness.since), *proof.well_again(state, now)]


def _note_weakness(state: Daemon, command: NoteWeakness, now: datetime) -> list[Event]:
    recent = state.noted_at is not None and now - state.noted_at < NOTE_EVERY
    return [] if recent or not command.findings else [proof.weakness(state, command.findings, now)]


def _note_drill(state: Daemon, command: NoteDrill, now: datetime) -> list[Event]:
    if command.incident <= state.drill:
        return []
    return [DrillAnswered(at=now, incident=command.incident, by=command.by, took=command.took)]


def _tick(state: Daemon, _: ask.Tick, now: datetime) -> list[Event]:
    events: list[Event] = [*proof.end_tests(state, now)]
    if _due(proof.canary_at(state), now):
        events += proof.canary(state, now)
    if _due(proof.wake_at(state), now):
        events += proof.wake(state, now)
    if _due(proof.practise_at(state), now):
        events.append(proof.practise(state, now))
    return events


def _due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


_ANSWERS: dict[type, Callable[[Daemon, Any, datetime], list[Event]]] = {
    PlanCare: _plan,
    ProvePage: _prove,
    AnswerProof: _answer,
    FailAudit: _fail,
    PassAudit: _pass_audit,
    NoteWeakness: _note_weakness,
    NoteDrill: _note_drill,
    ask.Tick: _tick,
}


def deadline(state: Daemon) -> datetime | None:
    moments = (
        box.deadline(state.outbox),
        proof.canary_at(state),
        proof.wake_at(state),
        proof.practise_at(state),
        proof.tests_end_at(state),
    )
    return min((at for at in moments if at is not None), default=None)
