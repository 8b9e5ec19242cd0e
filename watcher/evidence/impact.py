"""Who is affected: the ways of counting, in their order, each named in its result. Pure.

1. distinct users that met the errors, of those that release health saw in the same window; 2. the same, of the active
users that the operator names; 3. failed sessions or requests, called that; 4. no probe of any critical endpoint passes:
everyone; 5. unknown. The search ends at the first that decides: one that proves "over a half", or is no lower bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.evidence.span import HOUR, Span
from watcher.evidence.tables import Health, Met
from watcher.incident.findings import ImpactMeasured
from watcher.incident.knowledge import share

RELEASE_HEALTH = "users by release health"
SESSIONS_FAILED = "sessions, counted as failed"
REQUESTS_FAILED = "requests, counted as failed"
PROBES = "users, as every critical endpoint fails"
UNKNOWN = "unknown: nothing here counts users"
GLITCHTIP = "unknown: GlitchTip counts no users"
EVERYWHERE = ", in all environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The critical endpoints of one environment, how many of them fail, and how many answered since we began to look."""

    failing: int
    critical: int
    seen: int = 0

    @property
    def all_fail(self) -> bool:
        return 0 < self.critical == self.failing

    @property
    def one_passes(self) -> bool:
        """After a start nothing was seen yet, which is no word that one of them is well."""
        return self.seen == self.critical and not self.all_fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """How many users are active, and by whose word."""

    users: int
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was learned, as far as it was. `sentry`: one was asked; `mark` tells what its counts are of."""

    onset: datetime
    now: datetime
    span: Span
    sentry: bool = False
    glitchtip: bool = False
    crowded: bool = False  # another incident failed within the window, before this one
    met: Met | None = None
    lately: Met | None = None  # within the last hour, as operators count who is active
    health: Health | None = None
    active: Active | None = None
    probes: Probes = Probes(failing=0, critical=0)
    groups: tuple[tuple[str, int], ...] = ()
    cut: bool = False  # not every issue was asked about
    mark: str = ""


def measures(known: Gathered) -> tuple[ImpactMeasured, ...]:
    """What each way says, until one decides; at least one, which may say that it is unknown."""
    found: list[ImpactMeasured] = []
    for way in WAYS:
        impact = way(known)
        if impact is not None:
            found.append(impact)
            if decides(impact):
                break
    if not any(_has_share(impact) for impact in found):
        found.append(_unknown(known))
    return tuple(found)


def decides(impact: ImpactMeasured) -> bool:
    """Whether no other way need be asked: it proves a majority, or disproves one among enough users."""
    part = share(impact)
    return part.over_half is not None and not part.tiny


def by_release_health(known: Gathered) -> ImpactMeasured | None:
    """Both sides in the same window, projects and environment; the number alone where one side is missing."""
    if not known.sentry or known.glitchtip or (known.met is None and known.health is None):
        return None
    active = known.health.users if known.health else None
    return _of_users(known, RELEASE_HEALTH + known.mark, active, known.met)


def by_operator(known: Gathered) -> ImpactMeasured | None:
    """Of the active users that the operator names: those of an hour, so the last hour's errors are counted."""
    if known.active is None or known.lately is None or known.lately.users is None:
        return None
    whole = _of_users(known, f"users by {known.active.told_by}{known.mark}", known.active.users, known.lately)
    young = known.cut or known.onset > known.now - HOUR
    return whole.model_copy(update={"window": HOUR, "lower_bound": young})


def _of_users(known: Gathered, measure: str, active: int | None, met: Met | None) -> ImpactMeasured:
    users = met.users if met else None
    return ImpactMeasured(
        at=known.now,
        measure=measure,
        affected=users,
        active=active,
        window=_window(known),
        lower_bound=known.cut or _span(known).younger(known.onset),
        clamped=users is not None and active is not None and users > active,
        groups=known.groups,
        error_rate=known.health.error_rate if known.health else None,
    )


def by_sessions(known: Gathered) -> ImpactMeasured | None:
    """Sessions that failed, whatever failed in them; where sessions name no users they are a server's requests.

    None that failed beside errors that happen: they do not count these, which says nothing of who is affected. Nor where
    another incident failed within the window before this one began: its sessions are in the count.
    """
    health, young = known.health, _span(known).younger(known.onset)
    if health is None or not health.failed or (young and known.crowded):
        return None
    return ImpactMeasured(
        at=known.now,
        measure=(REQUESTS_FAILED if health.users is None else SESSIONS_FAILED) + known.mark,
        affected=health.failed,
        active=health.sessions,
        window=_window(known),
        lower_bound=young,
        error_rate=health.error_rate,
    )


def by_probes(known: Gathered) -> ImpactMeasured | None:
    """Nothing critical answers: that is everyone. Where one still does, the probes count nobody."""
    if not known.probes.all_fail:
        return None
    return ImpactMeasured(
        at=known.now,
        measure=PROBES,
        affected=known.probes.failing,
        active=known.probes.critical,
        everyone=True,
    )


WAYS: tuple[Callable[[Gathered], ImpactMeasured | None], ...] = (
    by_release_health,
    by_operator,
    by_sessions,
    by_probes,
)


def passed(known: Gathered) -> ImpactMeasured:
    """A critical endpoint answers again: the probes say nothing any more."""
    return ImpactMeasured(at=known.now, measure=PROBES)


def _unknown(known: Gathered) -> ImpactMeasured:
    return ImpactMeasured(at=known.now, measure=GLITCHTIP if known.glitchtip else UNKNOWN)


def _has_share(impact: ImpactMeasured) -> bool:
    return impact.everyone or (impact.affected is not None and bool(impact.active))


def _span(known: Gathered) -> Span:
    return known.health.span if known.health else known.span


def _window(known: Gathered) -> timedelta:
    span = _span(known)
    return span.until - span.since
