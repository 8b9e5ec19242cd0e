"""The daemon's own life: when it watched and when not. The machine of `daemon`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import Event
from watcher.incident.outbox import Outbox
from watcher.incident.surroundings import DaemonStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The daemon's own history."""

    version: int = 0
    started_at: datetime | None = None
    down_for: timedelta = timedelta(0)  # before the last start
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Daemon, event: Event) -> Daemon:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, DaemonStarted):
        down = event.at - event.down_since if event.down_since else timedelta(0)
        return replace(state, started_at=event.at, down_for=down)
    return state


def decide(state: Daemon, command: object, now: datetime) -> list[Event]:
    if isinstance(command, ask.Record):
        return box.record(state.outbox, command.page, command.target, command.attempt, command.receipt, now)
    if isinstance(command, Event):  # a plain fact of the daemon's own life
        return [command]
    return []


def deadline(state: Daemon) -> datetime | None:
    return box.deadline(state.outbox)
