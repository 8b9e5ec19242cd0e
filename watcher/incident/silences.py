"""Silences: signals that match open nothing until then. They have an end and an author, always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import command as ask
from watcher.incident.event import Event
from watcher.incident.outbox import Outbox
from watcher.incident.surroundings import Silenced, SilenceEnded

SILENCE_MAX = timedelta(days=7)
"""A silence that lasts is a rule; write one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    match: Mapping[str, str]  # any of source, key, system, environment, category, rule
    until: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSilence:
    silence: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silences:
    """The silences that hold, by number."""

    version: int = 0
    active: Mapping[int, Silenced] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Silences, event: Event) -> Silences:
    state = replace(state, version=state.version + 1)
    if isinstance(event, Silenced):
        return replace(state, active={**state.active, event.silence: event})
    if isinstance(event, SilenceEnded):
        return replace(state, active={n: s for n, s in state.active.items() if n != event.silence})
    return state


def decide(state: Silences, command: object, now: datetime) -> list[Event]:
    ended: list[Event] = [
        SilenceEnded(at=now, silence=n, by="time") for n, s in state.active.items() if s.until <= now
    ]
    if isinstance(command, Silence):
        return [*ended, _silence(state, command, now)]
    if isinstance(command, EndSilence):
        if command.silence not in state.active:
            raise ask.Refused(f"there is no silence {command.silence}")
        return [*ended, SilenceEnded(at=now, silence=command.silence, by=command.by)]
    return ended


def _silence(state: Silences, command: Silence, now: datetime) -> Silenced:
    if not command.match:
        raise ask.Refused(
            "a silence needs something to match; silencing everything is switching the pager off"
        )
    if not now < command.until <= now + SILENCE_MAX:
        raise ask.Refused("a silence ends in the future, within 7 days")
    return Silenced(
        at=now,
        silence=state.version + 1,
        match=dict(command.match),
        until=command.until,
        by=command.by,
        because=command.because,
    )


def deadline(state: Silences) -> datetime | None:
    return min((s.until for s in state.active.values()), default=None)


def silenced(state: Silences, facts: Mapping[str, str], now: datetime) -> Silenced | None:
    """The silence that covers a signal with these facts, if one does."""
    return next(
        (s for s in state.active.values() if s.until > now and s.match.items() <= facts.items()), None
    )
