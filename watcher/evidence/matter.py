"""What of an incident is asked about: its issues at each server, its critical endpoints, its failing components. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rules.signal import HealthState
from watcher.config import Config
from watcher.evidence.cause import third_party
from watcher.evidence.impact import Probes
from watcher.evidence.look import Matter
from watcher.evidence.versions import Bodies
from watcher.incident.command import FindThirdParty
from watcher.incident.state import Incident
from watcher.settings.sentry import SentrySettings

PRODUCTION = "production"
"""Where no environment is named."""


def issues_by_source(config: Config, state: Incident) -> tuple[tuple[SentrySettings, tuple[str, ...]], ...]:
    """Every server with the numbers of the incident's issues there, which may be none: release health counts all the same."""
    return tuple(
        (settings, tuple(dict.fromkeys(_numbers(state, f"sentry:{settings.name}"))))
        for settings in config.sentry
    )


def _numbers(state: Incident, source: str) -> list[str]:
    """A key is the issue's number, with its environment behind an @ where issues are told apart by it."""
    keys = [w.sign.key.partition("@")[0] for w in state.watched.values() if w.sign.source == source]
    return [key for key in keys if key.isascii() and key.isdecimal()]


def matter_of(config: Config, settings: SentrySettings, state: Incident, issues: tuple[str, ...]) -> Matter:
    """What a look at one server is about."""
    return Matter(
        settings=settings,
        issues=issues,
        environment=state.opened.environment,
        onset=state.started_at,
        window=config.evidence.deploy_window,
        releases=frozenset(sign.release for sign in state.opened.signs if sign.release),
        known=state.changes,
        tier_tag=config.evidence.tier_tag,
        by_the_hour=config.evidence.active_users is not None,
    )


def failed_before(other: Incident, state: Incident, since: datetime) -> bool:
    """Whether another incident failed between then and the moment at which this one began.

    Of whatever environment: a server that does not know an environment's name counts all of them.
    """
    ended = other.mitigated_at or (other.closed.at if other.closed else None)
    earlier = other.number != state.number and other.started_at < state.started_at
    return earlier and (ended is None or ended > since)


def probes_of(config: Config, state: Incident, told: Mapping[str, HealthState]) -> Probes:
    """The critical endpoints of the incident's environment, and how many of them were last told to be down."""
    critical = [
        f"health:{endpoint.name}"
        for endpoint in config.health.endpoints
        if endpoint.critical and (endpoint.environment or PRODUCTION) == state.opened.environment
    ]
    failing = {w.sign.source for w in state.watched.values() if not w.clean}
    down = [source for source in critical if told.get(source) == "down"]
    ours = any(source in failing for source in down)
    seen = sum(source in told for source in critical)
    return Probes(failing=len(down) if ours else 0, critical=len(critical), seen=seen)


def third_party_of(config: Config, state: Incident, bodies: Bodies) -> FindThirdParty | None:
    """Whether all that the failing endpoints name as failed is somebody else's; None where nobody names anything."""
    external = config.evidence.external
    if not external:
        return None
    failing = [w.sign.source for w in state.watched.values() if not w.clean]
    named = {source: bodies.failed(source) for source in failing if bodies.failed(source)}
    name = third_party([component for found in named.values() for component in found], external)
    if name is None and state.known.third_party_found is None:
        return None
    return FindThirdParty(name=name, told_by=", ".join(sorted(named)) or "the probes")
