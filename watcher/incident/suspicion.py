"""A suspicion: something that a person should look at. Told at once, quietly; a person confirms or dismisses it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.compose import clock
from watcher.incident.event import Event, PageRequested
from watcher.incident.outbox import Outbox
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

Status = Literal["suspected", "confirmed", "dismissed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    number: int
    version: int
    suspected: Suspected
    status: Status = "suspected"
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def id(self) -> str:
        return f"SUS-{self.number}"


def suspect(number: int, suspected: Suspected, service: str) -> list[Event]:
    """The first facts: what is suspected, and that the on-call is told."""
    sign = suspected.sign
    lines = (
        f"Suspected: {sign.category}. A person should look.",
        f"What: {sign.title}",
        f"Why: {'; '.join(sign.because)}",
        f"watcher confirm SUS-{number}   or   watcher not-p0 SUS-{number}",
    )
    title = f"SUS-{number} {service}: is this {sign.category}? {sign.title}"[:120]
    told = PageRequested(
        at=suspected.at, kind="tell", purpose="suspicion", to=("on-call",), title=title, lines=lines
    )
    return [suspected, told]


def begin(number: int, event: Suspected) -> Suspicion:
    return Suspicion(number=number, version=1, suspected=event)


def evolve(state: Suspicion, event: Event) -> Suspicion:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, Confirmed):
        return replace(state, status="confirmed")
    if isinstance(event, Dismissed):
        return replace(state, status="dismissed")
    return state


def decide(state: Suspicion, command: object, now: datetime) -> list[Event]:
    if isinstance(command, ask.Record):
        return box.record(state.outbox, command.page, command.target, command.attempt, command.receipt, now)
    if isinstance(command, (ask.Confirm, ask.Dismiss)):
        if state.status != "suspected":
            raise ask.Refused(f"{state.id} was already {state.status} (raised {clock(state.suspected.at)})")
        if isinstance(command, ask.Confirm):
            return [Confirmed(at=now, by=command.by)]
        return [Dismissed(at=now, by=command.by, text=command.text)]
    return []


def deadline(state: Suspicion) -> datetime | None:
    return box.deadline(state.outbox)
