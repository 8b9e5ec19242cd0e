"""Overrides: somebody else is on call for a while. They have a beginning, an end, an author and a reason, always.

The machine of `overrides`. Whoever is put on call, or relieved, is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import Event, PageRequested
from watcher.incident.outbox import Outbox
from watcher.incident.receipts import record
from watcher.incident.surroundings import Overridden, OverrideEnded

OVERRIDE_MAX = timedelta(days=62)
"""Whoever is away for longer is taken off the list."""
AHEAD_MAX = timedelta(days=366)
ACTIVE_MAX = 100
"""Overrides that hold or are to come; each is looked through for every page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`person` is on call from then to then. `span` says both in people's own zone; `instead` are the relieved."""

    person: str
    begins: datetime
    until: datetime
    by: str
    because: str
    span: str = ""
    instead: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOverride:
    override: int
    by: str
    instead: tuple[str, ...] = ()  # who has it again
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Those that hold or are to come, by number."""

    version: int = 0
    made: int = 0  # the highest number so far
    active: Mapping[int, Overridden] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Overrides, event: Event) -> Overrides:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, Overridden):
        made = max(state.made, event.override)
        return replace(state, made=made, active={**state.active, event.override: event})
    if isinstance(event, OverrideEnded):
        return replace(state, active={n: o for n, o in state.active.items() if n != event.override})
    return state


def decide(state: Overrides, command: object, now: datetime) -> list[Event]:
    """The events that follow, with what time brings."""
    if isinstance(command, ask.Record):
        return record(state.outbox, command, now)
    ended: list[Event] = [
        OverrideEnded(at=now, override=n, by="time") for n, o in state.active.items() if o.until <= now
    ]
    if isinstance(command, Override):
        return [*ended, *_overridden(state, command, now)]
    if isinstance(command, EndOverride):
        return [*ended, *_ended(state, command, now)]
    return ended


def _overridden(state: Overrides, command: Override, now: datetime) -> list[Event]:
    begins = max(command.begins, now)
    if not begins < command.until:
        raise ask.Refused("an override ends after it begins, and in the future")
    if command.until - begins > OVERRIDE_MAX:
        raise ask.Refused(f"an override lasts {OVERRIDE_MAX.days} days at most; change the list instead")
    if begins - now > AHEAD_MAX:
        raise ask.Refused("an override begins within a year")
    if len(state.active) >= ACTIVE_MAX:
        raise ask.Refused(f"there are {ACTIVE_MAX} overrides; change the list instead")
    said = Overridden(
        at=now,
        override=state.made + 1,
        person=command.person,
        begins=begins,
        until=command.until,
        by=command.by,
        because=command.because,
    )
    title = f"{command.service}: {command.person} is on call {command.span}"
    lines = (f"Arranged by {command.by}: {command.because}", *_instead(command.instead))
    return [said, *_told((command.person, *command.instead), command.by, title, lines, now)]


def _ended(state: Overrides, command: EndOverride, now: datetime) -> list[Event]:
    known = state.active.get(command.override)
    if known is None or known.until <= now:
        raise ask.Refused(f"there is no override {command.override}")
    ended = OverrideEnded(at=now, override=command.override, by=command.by)
    title = f"{command.service}: {known.person}'s override has ended early"
    lines = (f"Ended by {command.by}. It was: {known.because}", *_again(command.instead))
    return [ended, *_told((known.person, *command.instead), command.by, title, lines, now)]


def _instead(people: tuple[str, ...]) -> tuple[str, ...]:
    return (f"Instead of {', '.join(people)}.",) if people else ()


def _again(people: tuple[str, ...]) -> tuple[str, ...]:
    return (f"On call now: {', '.join(people)}.",) if people else ()


def _told(
    people: tuple[str, ...], by: str, title: str, lines: tuple[str, ...], now: datetime
) -> list[PageRequested]:
    """Whoever arranged it knows."""
    to = tuple(who for who in dict.fromkeys(people) if who.casefold() != by.casefold())
    page = PageRequested(at=now, kind="tell", purpose="override", to=to, title=title, lines=lines)
    return [page] if to else []


def deadline(state: Overrides) -> datetime | None:
    return min((o.until for o in state.active.values()), default=None)
