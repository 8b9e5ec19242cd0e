"""The window that users are counted in: hours as release health has them, the same on both sides of a share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.sources.sentry.row import moment

HOUR = timedelta(hours=1)
LAG = timedelta(minutes=1)
"""A reply may end at the last whole minute, or at the next."""


@dataclass(frozen=True, slots=True)
class Span:
    """since <= event < until."""

    since: datetime
    until: datetime

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return [("start", _written(self.since)), ("end", _written(self.until))]

    def younger(self, onset: datetime) -> bool:
        """Whether the trouble is younger than the window: a share of it is a lower bound then."""
        return onset > self.since


def around(now: datetime) -> Span:
    """The last whole hour and what runs of this one: between one and two hours."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Span(hour - HOUR, now.replace(microsecond=0) + timedelta(seconds=1))


def own_hours(deployed_at: datetime, now: datetime) -> Span | None:
    """The whole hours that began after a deployment: sessions of a release that ran before are not in them."""
    hour = deployed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    return Span(hour, now.replace(microsecond=0) + timedelta(seconds=1)) if hour < now else None


def last_hour(now: datetime) -> Span:
    """The hour before now, to the second."""
    until = now.replace(microsecond=0) + timedelta(seconds=1)
    return Span(until - HOUR, until)


def covered(body: Mapping[str, Any], asked: Span) -> Span | None:
    """What a reply says it covers, widened by less than an hour; None where that is another window."""
    since, until = moment(body.get("start")), moment(body.get("end"))
    if since is None or until is None:
        return None
    fits = asked.since - HOUR <= since <= asked.since and asked.until - LAG <= until <= asked.until + HOUR
    return Span(since, until) if fits else None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
