"""Facts of what surrounds incidents: suspicions, sources, deploys, silences, and the daemon's own life."""

from __future__ import annotations

from datetime import timedelta

from pydantic import AwareDatetime

from watcher.incident.event import Event
from watcher.incident.record import Sign


class Suspected(Event):
    """Something that a person should look at."""

    sign: Sign
    environment: str
    group: str = ""  # of the incident that it becomes when it is confirmed
    service: str = ""


class Confirmed(Event):
    """A person says that the suspicion is a P0."""

    by: str
    incident: str = ""  # what people call the one that it became, or that covered it


class Dismissed(Event):
    """A person says that it is not."""

    by: str
    text: str = ""


class SourceBlinded(Event):
    """A source cannot see."""

    reason: str
    detail: str = ""
    service: str = ""
    tell_after: timedelta = timedelta(minutes=3)


class SourceSighted(Event):
    """It sees again."""

    blind_for: timedelta


class SightLost(Event):
    """Nothing that watches an environment sees any more."""

    service: str
    after: timedelta  # it wakes when it has lasted so long


class SightRegained(Event):
    """Something sees again."""


class DeployReported(Event):
    """Somebody told us of a deploy."""

    version: str
    previous: str | None = None
    system: str | None = None
    environment: str
    deployed_at: AwareDatetime
    migration: bool | None = None
    told_by: str
    commit: str | None = None  # what the version was made from


class Silenced(Event):
    """Signals that match open nothing until then; they are judged all the same."""

    silence: int
    match: dict[str, str]
    until: AwareDatetime
    by: str
    because: str


class SilenceEnded(Event):
    """A silence was taken back, or ran out."""

    silence: int
    by: str


class Overridden(Event):
    """Somebody arranged that this person is on call from then to then."""

    override: int
    person: str
    begins: AwareDatetime
    until: AwareDatetime
    by: str
    because: str


class OverrideEnded(Event):
    """An override was taken back, or ran out."""

    override: int
    by: str


class DaemonStarted(Event):
    """The daemon began to watch; `down_since` is the last moment at which it is known to have watched."""

    version: str
    down_since: AwareDatetime | None = None


class DaemonStopped(Event):
    """It was told to stop."""

    because: str


class CarePlanned(Event):
    """How the daemon proves its own paths from now on: a canary to a quiet target, and in turn to those that wake."""

    service: str
    canary: str | None = None  # the quiet target
    in_turn: tuple[str, ...] = ()
    every: timedelta | None = None


class PageProven(Event):
    """A person answered a test page."""

    page: int
    by: str
    via: str


class AuditFailed(Event):
    """The watcher's own promises do not hold."""

    complaints: tuple[str, ...]
    also: tuple[str, ...] = ()  # targets that stand in for others: paged as well when it goes on


class AuditPassed(Event):
    """They hold again."""

    failed_for: timedelta


class DrillAnswered(Event):
    """A person acknowledged a drill."""

    incident: int
    by: str
    took: timedelta


class SignalSetAside(Event):
    """Judging a signal failed twice; it was put aside so that it cannot stop the rest."""

    source: str
    key: str
    error: str
