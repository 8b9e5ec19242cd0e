"""From single answers to a state that holds: one bad answer rings nobody, one good one ends nothing. Pure.

1. `fail_after` answers in a row that are down make it down; as many that are at best degraded make it degraded.
2. `pass_after` answers in a row that are better make it better again; the very first answer may be believed when good.
3. An answer that does not speak of health changes nothing and breaks a row of good ones; when nothing else comes for
   `unknown_after`, it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.signal import HealthState


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    fail_after: int
    pass_after: int
    unknown_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an endpoint is taken for, and the rows of answers that may change it."""

    judged: HealthState | None = None  # None: nothing can be said yet
    last: HealthState | None = None  # the last single answer
    downs: int = 0  # answers in a row that are down
    bads: int = 0  # ... down or degraded
    goods: int = 0  # ... up or degraded
    ups: int = 0  # ... up
    bad_since: datetime | None = None  # the first answer of this failure
    unknown_since: datetime | None = None  # the first of the answers that do not speak of health

    @property
    def settled(self) -> bool:
        """Whether the last answer says what the endpoint is taken for: only then it may be told as a fresh look."""
        return self.judged is not None and self.last == self.judged

    @property
    def suspected(self) -> bool:
        """Whether bad answers came that have not made it bad yet: time to look more often."""
        return self.last in {"down", "degraded"} and self.last != self.judged

    @property
    def started_at(self) -> datetime | None:
        """When the state began that it is taken for; None for a good one."""
        if self.judged == "unknown":
            return self.unknown_since
        return self.bad_since if self.judged in {"down", "degraded"} else None


def observe(standing: Standing, state: HealthState, at: datetime, limits: Limits) -> Standing:
    """The standing after one more answer."""
    if state == "unknown":
        return _unheard(standing, at, limits)
    counted = _count(standing, state, at)
    judged = _judge(counted, state, limits)
    over = judged == state == "up"
    return replace(counted, judged=judged, bad_since=None if over else counted.bad_since)


def _unheard(standing: Standing, at: datetime, limits: Limits) -> Standing:
    since = standing.unknown_since or at
    lasting = at - since >= limits.unknown_after
    return replace(
        standing,
        last="unknown",
        goods=0,
        ups=0,
        unknown_since=since,
        judged="unknown" if lasting else standing.judged,
    )


def _count(standing: Standing, state: HealthState, at: datetime) -> Standing:
    return replace(
        standing,
        last=state,
        downs=standing.downs + 1 if state == "down" else 0,
        bads=standing.bads + 1 if state != "up" else 0,
        goods=standing.goods + 1 if state != "down" else 0,
        ups=standing.ups + 1 if state == "up" else 0,
        bad_since=standing.bad_since or (at if state != "up" else None),
        unknown_since=None,
    )


def _judge(standing: Standing, state: HealthState, limits: Limits) -> HealthState | None:
    if standing.downs >= limits.fail_after:
        return "down"
    if standing.judged in {"down", "unknown"}:
        return state if standing.goods >= limits.pass_after else standing.judged
    if state == "degraded" and standing.bads >= limits.fail_after:
        return "degraded"
    if state == "up" and (standing.judged is None or standing.ups >= limits.pass_after):
        return "up"
    return standing.judged
