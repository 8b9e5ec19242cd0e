"""The vigil: whether each source sees. The machine of `source/…`. Blindness is told, quietly, once it lasts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.blindness import NETWORK, back, doubt, lost, next_step
from watcher.incident.compose import clock, spell
from watcher.incident.event import Event, PageRequested
from watcher.incident.outbox import Outbox
from watcher.incident.receipts import record
from watcher.incident.surroundings import SourceBlinded, SourceSighted


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBlind:
    """The source says that it cannot see; it is told when that has lasted for `tell_after`."""

    reason: str
    detail: str = ""
    service: str = ""
    tell_after: timedelta = timedelta(minutes=3)


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
    service: str = ""
    tell_at: datetime | None = None
    told: bool = False  # of this blindness
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Eye, event: Event) -> Eye:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, SourceBlinded):
        since = state.blind_since or event.at
        return replace(
            state,
            blind_since=since,
            reason=event.reason,
            detail=event.detail,
            service=event.service,
            tell_at=since + event.tell_after,
        )
    if isinstance(event, SourceSighted):
        return replace(
            state,
            blind_since=None,
            reason="",
            detail="",
            tell_at=None,
            told=False,
            outbox=box.withdraw_all(state.outbox),
        )
    if isinstance(event, PageRequested) and state.blind_since is not None:
        return replace(state, told=True)
    return state


def decide(state: Eye, command: object, now: datetime) -> list[Event]:
    """The events that follow, with what time brings."""
    if isinstance(command, ask.Record):
        return record(state.outbox, command, now)
    if isinstance(command, GoBlind):
        return _blinded(state, command, now)
    if isinstance(command, See) and state.blind_since is not None:
        return _sighted(state, state.blind_since, now)
    return _due(state, now)


def _blinded(state: Eye, command: GoBlind, now: datetime) -> list[Event]:
    if state.blind_since is not None and state.reason == command.reason:
        return _due(state, now)
    blinded = SourceBlinded(
        at=now,
        reason=command.reason,
        detail=command.detail[:200],
        service=command.service,
        tell_after=command.tell_after,
    )
    return [blinded, *_due(evolve(state, blinded), now)]


def _sighted(state: Eye, since: datetime, now: datetime) -> list[Event]:
    sighted = SourceSighted(at=now, blind_for=now - since)
    title = f"{state.service}: {back(state.name)}, after {spell(now - since)}"
    return (
        [sighted, _tell(title, ("What happened meanwhile may be seen only now.",), now)]
        if state.told
        else [sighted]
    )


def _due(state: Eye, now: datetime) -> list[Event]:
    since, at = state.blind_since, _tell_at(state)
    if since is None or at is None or at > now:
        return []
    lines = (
        f"Since {clock(since)}: {state.reason}{': ' if state.detail else ''}{state.detail}",
        doubt(state.name),
        next_step(state.reason),
    )
    return [_tell(f"{state.service}: {lost(state.name)}", lines, now)]


def _tell(title: str, lines: tuple[str, ...], now: datetime) -> PageRequested:
    return PageRequested(at=now, kind="tell", purpose="blind", to=("on-call",), title=title, lines=lines)


def _tell_at(state: Eye) -> datetime | None:
    """Our own network's loss is told once, by the network itself."""
    ours = state.reason == "offline" and state.name != NETWORK
    return None if state.told or state.blind_since is None or ours else state.tell_at


def deadline(state: Eye) -> datetime | None:
    moments = (box.deadline(state.outbox), _tell_at(state))
    return min((at for at in moments if at is not None), default=None)
