"""The vigil: whether each source sees. The machine of `source/…`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import Event
from watcher.incident.outbox import Outbox
from watcher.incident.surroundings import SourceBlinded, SourceSighted


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBlind:
    """The source says that it cannot see."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class See:
    """The source looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """One source: seeing, or blind since then for that reason."""

    name: str
    version: int = 0
    blind_since: datetime | None = None
    reason: str = ""
    detail: str = ""
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Eye, event: Event) -> Eye:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, SourceBlinded):
        since = state.blind_since or event.at
        return replace(state, blind_since=since, reason=event.reason, detail=event.detail)
    if isinstance(event, SourceSighted):
        return replace(state, blind_since=None, reason="", detail="")
    return state


def decide(state: Eye, command: object, now: datetime) -> list[Event]:
    if isinstance(command, ask.Record):
        return box.record(state.outbox, command.page, command.target, command.attempt, command.receipt, now)
    if isinstance(command, GoBlind) and (state.blind_since is None or state.reason != command.reason):
        return [SourceBlinded(at=now, reason=command.reason, detail=command.detail[:200])]
    if isinstance(command, See) and state.blind_since is not None:
        return [SourceSighted(at=now, blind_for=now - state.blind_since)]
    return []


def deadline(state: Eye) -> datetime | None:
    return box.deadline(state.outbox)
