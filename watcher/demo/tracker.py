"""What a simulated error tracker holds: projects, releases, and issues made of single occurrences.

Every count that it answers is counted from the occurrences, so a window means what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    id: str
    slug: str
    name: str
    platform: str = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    id: str
    finished_at: datetime
    environment: str = "production"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    id: str
    message: str
    at: datetime
    author: str = "Jane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session (or, of a server, one request), counted at its start. A server sends no user along."""

    at: datetime
    user: str | None = None
    status: Literal["healthy", "errored", "crashed", "abnormal"] = "healthy"
    project: str = "2"
    environment: str = "production"
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`version` is whole ("shop@2.41.0"), as the application sends it."""

    id: int
    version: str
    created_at: datetime
    projects: tuple[Project, ...]
    deploys: tuple[Deploy, ...] = ()
    commits: tuple[Commit, ...] = ()  # newest first
    released_at: datetime | None = None

    @property
    def short(self) -> str:
        return self.version.rpartition("@")[2]

    @property
    def last_deploy(self) -> Deploy | None:
        return max(self.deploys, key=lambda deploy: deploy.finished_at, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One event of an issue. `user` is None where the application sent none."""

    at: datetime
    user: str | None = None
    environment: str = "production"
    release: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)  # before those of the issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    id: str
    project: Project
    title: str
    occurrences: tuple[Occurrence, ...] = ()
    short_id: str = "SHOP-1"
    error_type: str = ""  # empty for a captured message
    value: str = ""
    message: str = ""
    culprit: str = ""
    url: str = ""
    level: str = "error"
    status: str = "unresolved"
    substatus: str | None = "ongoing"
    priority: str | None = "high"
    category: str = "error"
    handled: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    suspects: tuple[Commit, ...] = ()

    def within(self, environments: frozenset[str]) -> list[Occurrence]:
        """The occurrences in these environments; in any where none is named."""
        return [row for row in self.occurrences if not environments or row.environment in environments]

    def event_id(self, occurrence: Occurrence) -> str:
        """Thirty-two hexadecimal digits, the same at every asking."""
        text = f"{self.id}/{occurrence.at.isoformat()}/{occurrence.user}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    events: int
    users: int
    first: datetime | None
    last: datetime | None


@dataclass(slots=True, kw_only=True)
class State:
    """Everything that the tracker holds. A test sets the fields; what is set stays until it is set again."""

    projects: tuple[Project, ...]
    organization: str = "acme"
    environments: tuple[str, ...] = ("production",)
    releases: tuple[Release, ...] = ()
    issues: tuple[Issue, ...] = ()
    sessions: tuple[Session, ...] = ()

    def at(self, now: datetime) -> State:  # noqa: ARG002 - a state set by hand is the same at any time
        return self


def past(state: State, now: datetime) -> State:
    """The state without the events and sessions that are still to come."""
    issues = tuple(
        replace(issue, occurrences=tuple(row for row in issue.occurrences if row.at <= now))
        for issue in state.issues
    )
    sessions = tuple(session for session in state.sessions if session.at <= now)
    return replace(state, issues=issues, sessions=sessions)


class Timeline(Protocol):
    """What the tracker holds at a moment; State itself is the simplest one."""

    def at(self, now: datetime) -> State: ...


def count(occurrences: Iterable[Occurrence]) -> Counts:
    """Events, distinct known users, first and last."""
    rows = list(occurrences)
    times = [row.at for row in rows]
    users = {row.user for row in rows if row.user is not None}
    return Counts(
        events=len(rows), users=len(users), first=min(times, default=None), last=max(times, default=None)
    )


def spread(
    *,
    events: int,
    users: int,
    since: datetime,
    until: datetime,
    environment: str = "production",
    release: str | None = None,
) -> tuple[Occurrence, ...]:
    """`events` occurrences at even distances in since..until, taking `users` users in turn (0: none is known)."""
    step = (until - since) / max(events, 1)
    return tuple(
        Occurrence(
            at=since + step * n,
            user=f"{n % users + 1}" if users else None,
            environment=environment,
            release=release,
        )
        for n in range(events)
    )


def buckets(
    occurrences: Iterable[Occurrence], *, since: datetime, until: datetime, number: int
) -> list[list[int]]:
    """A sparkline: [epoch seconds, events], oldest first."""
    width = max((until - since) / number, timedelta(seconds=1))
    sums = [0] * number
    for row in occurrences:
        place = (row.at - since) // width
        if 0 <= place < number:
            sums[place] += 1
    return [[int((since + width * n).timestamp()), events] for n, events in enumerate(sums)]
