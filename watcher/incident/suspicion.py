"""A suspicion: something that a person should look at.

Told at once, quietly, and reminded; unanswered for ten minutes it becomes a page that repeats. A person confirms it (then
it is an incident) or dismisses it (then it goes to the normal process, and is no false alarm).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from notifiers.page import Kind
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.climb import Fired
from watcher.incident.compose import clock, spell
from watcher.incident.event import Acknowledged, Event, Noted, PageRequested, SignalsJoined
from watcher.incident.outbox import Outbox
from watcher.incident.receipts import record
from watcher.incident.record import Sign
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

REMIND_AFTER = timedelta(minutes=5)
RING_AFTER = timedelta(minutes=10)
RING_EVERY = timedelta(minutes=3)
BACKUP_AFTER = timedelta(minutes=20)
HELD_FOR = timedelta(minutes=30)
"""Somebody looks at it: nothing rings for so long."""

Status = Literal["suspected", "confirmed", "dismissed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The state of one suspicion. `number` is the N of SUS-N."""

    number: int
    version: int
    suspected: Suspected
    status: Status = "suspected"
    held_by: str | None = None
    held_until: datetime | None = None
    messages: int = 0  # that did not ring
    rang: Fired | None = None
    answered: Confirmed | Dismissed | None = None
    also: tuple[str, ...] = ()  # further signals of its kind that were noted here, by their refs
    joined: tuple[Sign, ...] = ()  # those of them that are known whole: they join what it becomes
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def refs(self) -> tuple[str, ...]:
        """The signals that it asks about."""
        return (self.suspected.sign.ref, *self.also)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What an incident begins with when it is confirmed; the first is the one that was suspected."""
        return (self.suspected.sign, *self.joined)

    @property
    def id(self) -> str:
        return f"SUS-{self.number}"

    @property
    def to(self) -> tuple[str, ...]:
        """Security stays among few."""
        return ("on-call", "cto") if self.suspected.sign.category == "security" else ("on-call",)


def suspect(number: int, suspected: Suspected, now: datetime) -> list[Event]:
    """The first facts: what is suspected, and that the on-call is told."""
    state = begin(number, suspected)
    return [suspected, _page(state, "tell", "is this", now)]


def begin(number: int, event: Suspected) -> Suspicion:
    return Suspicion(number=number, version=1, suspected=event)


def evolve(state: Suspicion, event: Event) -> Suspicion:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, PageRequested) and event.kind == "wake":
        return replace(state, rang=Fired(event.at, version))
    if isinstance(event, PageRequested):
        return replace(state, messages=state.messages + 1)
    if isinstance(event, SignalsJoined):
        refs = (sign.ref for sign in event.signs)
        return replace(state, also=(*state.also, *refs), joined=(*state.joined, *event.signs))
    if isinstance(event, Noted) and event.ref:  # as earlier versions wrote it
        return replace(state, also=(*state.also, event.ref))
    if isinstance(event, Acknowledged):
        return replace(state, held_by=event.by, held_until=event.until, outbox=box.withdraw(state.outbox))
    if isinstance(event, Confirmed | Dismissed):
        status: Status = "confirmed" if isinstance(event, Confirmed) else "dismissed"
        return replace(state, status=status, answered=event, outbox=box.withdraw(state.outbox))
    return state


def decide(state: Suspicion, command: object, now: datetime) -> list[Event]:
    """The events that follow, with what time brings."""
    if isinstance(command, ask.Record):
        return _record(state, command, now) or _due(state, now)
    if isinstance(command, ask.Observe):
        return _join(state, command.failing, now)
    if isinstance(command, ask.Note):
        return [Noted(at=now, by=command.by, text=command.text, ref=command.ref)]
    if isinstance(command, ask.Acknowledge | ask.Confirm | ask.Dismiss):
        return _answer(state, command, now)
    return _due(state, now)


def _join(state: Suspicion, signs: tuple[Sign, ...], now: datetime) -> list[Event]:
    """Further signals of its kind; what is known is not news."""
    new = tuple(sign for sign in signs if sign.ref not in state.refs)
    return [SignalsJoined(at=now, signs=new)] if new and state.status == "suspected" else []


def _record(state: Suspicion, command: ask.Record, now: datetime) -> list[Event]:
    """Whoever is reached only after the end hears of the end as well."""
    events = record(state.outbox, command, now)
    after = state
    for event in events:
        after = evolve(after, event)
    late = after.outbox.reached - state.outbox.reached
    if not late or state.status == "suspected":
        return events
    lines, to = (f"What: {state.suspected.sign.title}",), tuple(f"@{target}" for target in sorted(late))
    title = f"{_head(state)}: answered meanwhile: {_outcome(state.answered)}"
    return [*events, PageRequested(at=now, kind="tell", purpose="closed", to=to, title=title, lines=lines)]


def _answer(
    state: Suspicion, command: ask.Acknowledge | ask.Confirm | ask.Dismiss, now: datetime
) -> list[Event]:
    demand_open(state)
    if isinstance(command, ask.Acknowledge):
        return [Acknowledged(at=now, by=command.by, via=command.via, until=now + HELD_FOR)]
    if isinstance(command, ask.Confirm):
        return _end(state, Confirmed(at=now, by=command.by, incident=command.incident), now)
    return _end(state, Dismissed(at=now, by=command.by, text=command.text), now)


def demand_open(state: Suspicion) -> None:
    """Raises Refused where somebody has answered it."""
    if state.status != "suspected":
        said = f" by {state.answered.by} at {clock(state.answered.at)}" if state.answered else ""
        raise ask.Refused(f"{state.id} was already {state.status}{said}")


def _end(state: Suspicion, answer: Confirmed | Dismissed, now: datetime) -> list[Event]:
    """Whoever heard of it hears of its end, and of what it became."""
    to = tuple(f"@{target}" for target in sorted(state.outbox.reached))
    lines = (f"What: {state.suspected.sign.title}",)
    title = f"{_head(state)}: {answer.by} says that {_outcome(answer)}"
    page = PageRequested(at=now, kind="tell", purpose="closed", to=to, title=title, lines=lines)
    return [answer, *([page] if to else [])]


def _outcome(answer: Confirmed | Dismissed | None) -> str:
    if not isinstance(answer, Confirmed):
        return "it is no P0"
    return f"it is a P0, now {answer.incident}" if answer.incident else "it is a P0"


def _head(state: Suspicion) -> str:
    """How its titles begin; a suspicion of an early version does not know its service."""
    return f"{state.id} {state.suspected.service}".rstrip()


def _due(state: Suspicion, now: datetime) -> list[Event]:
    ring = _ring_at(state)
    if ring is not None and ring <= now:
        return [_page(state, "wake", f"unanswered for {spell(now - state.suspected.at)}: is this", now)]
    remind = _remind_at(state)
    if remind is not None and remind <= now:
        return [_page(state, "tell", "still unanswered: is this", now)]
    return []


def _remind_at(state: Suspicion) -> datetime | None:
    if state.status != "suspected" or state.messages > 1 or state.held_until or state.rang:
        return None
    return state.suspected.at + REMIND_AFTER


def _ring_at(state: Suspicion) -> datetime | None:
    """The next page; it waits for the one before while that is still being tried."""
    if state.status != "suspected":
        return None
    first = state.suspected.at + RING_AFTER
    if state.rang is None:
        return max(first, state.held_until or first)
    owed = state.outbox.pages.get(state.rang.page)
    if owed is not None and not box.woke(owed):
        return None
    return max(state.rang.at + RING_EVERY, state.held_until or first)


def _page(state: Suspicion, kind: Kind, what: str, now: datetime) -> PageRequested:
    sign, again = state.suspected.sign, state.rang is not None
    late = now - state.suspected.at >= BACKUP_AFTER
    lines = (
        f"Suspected: {sign.category}. A person should look.",
        f"What: {sign.title}",
        f"Why: {'; '.join(sign.because)}",
        f"Answer: watcher confirm {state.id}   or   watcher not-p0 {state.id}",
    )
    return PageRequested(
        at=now,
        kind=kind,
        purpose="suspicion",
        to=(*state.to, "backup") if late and len(state.to) == 1 else state.to,
        title=f"{_head(state)}: {what} {sign.category}? {sign.title}"[:120],
        lines=lines,
        loudest=again and kind == "wake",
    )


def deadline(state: Suspicion) -> datetime | None:
    moments = (box.deadline(state.outbox), _ring_at(state), _remind_at(state))
    return min((at for at in moments if at is not None), default=None)
