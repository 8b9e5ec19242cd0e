"""Darkness: nothing that watches an environment sees. The machine of `eyes/…`. It wakes, and again while it lasts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.compose import clock, spell
from watcher.incident.event import Event, PageRequested
from watcher.incident.outbox import Outbox
from watcher.incident.receipts import record
from watcher.incident.surroundings import SightLost, SightRegained

AGAIN_EVERY = timedelta(minutes=30)
"""There is nothing to acknowledge: somebody gives us our eyes back, or is reminded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseSight:
    """Every source of the environment is blind."""

    service: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class RegainSight:
    """One sees again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkness:
    environment: str
    version: int = 0
    lost: SightLost | None = None
    woke_at: datetime | None = None
    outbox: Outbox = field(default_factory=Outbox)


def evolve(state: Darkness, event: Event) -> Darkness:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, SightLost):
        return replace(state, lost=event, woke_at=None)
    if isinstance(event, SightRegained):
        return replace(state, lost=None, woke_at=None, outbox=box.withdraw(state.outbox))
    if isinstance(event, PageRequested) and event.kind == "wake":
        return replace(state, woke_at=event.at)
    return state


def decide(state: Darkness, command: object, now: datetime) -> list[Event]:
    """The events that follow, with what time brings."""
    if isinstance(command, ask.Record):
        return record(state.outbox, command, now)
    if isinstance(command, LoseSight) and state.lost is None:
        return [SightLost(at=now, service=command.service, after=command.after)]
    if isinstance(command, RegainSight) and state.lost is not None:
        return _regained(state, state.lost, now)
    return _due(state, now)


def _regained(state: Darkness, lost: SightLost, now: datetime) -> list[Event]:
    regained = SightRegained(at=now)
    to = tuple(f"@{target}" for target in sorted(state.outbox.reached)) if state.woke_at else ()
    if not to:
        return [regained]
    title = f"{lost.service}: {state.environment} is seen again, after {spell(now - lost.at)}"
    return [regained, PageRequested(at=now, kind="tell", purpose="blind", to=to, title=title, lines=())]


def _due(state: Darkness, now: datetime) -> list[Event]:
    at = _wake_at(state)
    if state.lost is None or at is None or at > now:
        return []
    lines = (
        f"Since {clock(state.lost.at)} nothing that watches {state.environment} can see: not Sentry, not the probes.",
        "The service may be well, or not: look for yourself. Then: watcher status",
    )
    title = f"{state.lost.service}: nobody is watching {state.environment} ({spell(now - state.lost.at)})"
    return [PageRequested(at=now, kind="wake", purpose="blind", to=("on-call",), title=title, lines=lines)]


def _wake_at(state: Darkness) -> datetime | None:
    if state.lost is None:
        return None
    return state.lost.at + state.lost.after if state.woke_at is None else state.woke_at + AGAIN_EVERY


def deadline(state: Darkness) -> datetime | None:
    moments = (box.deadline(state.outbox), _wake_at(state))
    return min((at for at in moments if at is not None), default=None)
