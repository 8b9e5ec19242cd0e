"""What was deployed, as far as anybody told us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watcher.incident import outbox as box
from watcher.incident.event import ChangeSeen, Event
from watcher.incident.outbox import Outbox
from watcher.incident.release import beside, same
from watcher.incident.surroundings import DeployReported

REMEMBERED = 200
"""Deploys held in memory; a decision looks back a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploys:
    """The last deploys, oldest first."""

    version: int = 0
    recent: tuple[DeployReported, ...] = ()
    outbox: Outbox = field(default_factory=Outbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDeploy:
    """A deploy, as told by a CI job or a person."""

    version: str
    previous: str | None
    system: str | None
    environment: str
    deployed_at: datetime | None  # None: now
    migration: bool | None
    told_by: str
    commit: str | None = None  # forty hexadecimal digits


def evolve(state: Deploys, event: Event) -> Deploys:
    version = state.version + 1
    state = replace(state, version=version, outbox=box.evolve(state.outbox, event, version))
    if isinstance(event, DeployReported):
        return replace(state, recent=(*state.recent, event)[-REMEMBERED:])
    return state


def decide(state: Deploys, command: object, now: datetime) -> list[Event]:
    if not isinstance(command, ReportDeploy):
        return []
    previous = command.previous or _running(state, command.environment, command.system)
    return [
        DeployReported(
            at=now,
            version=command.version,
            previous=None if previous is None or same(previous, command.version) else previous,
            system=command.system,
            environment=command.environment,
            deployed_at=min(command.deployed_at or now, now),
            migration=command.migration,
            told_by=command.told_by,
            commit=command.commit,
        )
    ]


def _running(state: Deploys, environment: str, system: str | None) -> str | None:
    """The version that ran before, as far as it was told."""
    same = [d for d in state.recent if d.environment == environment and d.system == system]
    return same[-1].version if same else None


def before(state: Deploys, environment: str, onset: datetime, window: timedelta) -> tuple[ChangeSeen, ...]:
    """What was deployed to an environment within the window before now, newest first (`at` is to be set by who records it)."""
    found = [d for d in state.recent if d.environment == environment and d.deployed_at >= onset - window]
    newest_first = sorted(found, key=lambda d: d.deployed_at)[::-1]  # of one moment: the last told
    return tuple(change_of(d) for d in newest_first)


def change_of(told: DeployReported) -> ChangeSeen:
    """A deploy as an incident records it (`at` is to be set by who records it)."""
    return ChangeSeen(
        at=told.at,
        version=told.version,
        previous=told.previous,
        system=told.system,
        deployed_at=told.deployed_at,
        migration=told.migration,
        told_by=told.told_by,
        commit=told.commit,
    )


def goes_back(known: ChangeSeen, change: ChangeSeen, told: Iterable[ChangeSeen]) -> bool:
    """Whether a release that is known is deployed again, and not only told of again: another went out in between."""
    between = (c for c in told if known.deployed_at < c.deployed_at < change.deployed_at)
    return any(not same(c.version, change.version) and not beside(c.system, change.system) for c in between)


def deadline(state: Deploys) -> datetime | None:
    return box.deadline(state.outbox)
