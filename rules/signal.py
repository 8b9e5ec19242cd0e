"""Signals: what one source sees now of one thing. Their texts are masked, and still an attacker's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Category = Literal["authentication", "data-loss", "payments", "security", "outage"]
CATEGORIES: tuple[Category, ...] = ("authentication", "data-loss", "payments", "security", "outage")

HealthState = Literal["up", "degraded", "down", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What a source counted for one issue in one window; it replaces its former statement, it never adds to it.

    Users are distinct users, `users_low..users_high`; both None where the source counts none (unknown, never 0).
    `requests` and `active_users` are those of the whole service in the same window, None where unknown;
    `same_requests` are the requests to the place where the issue occurs.
    `exact` is False where the count is a difference of lifetime counts.
    """

    window: timedelta
    events: int
    users_low: int | None = None
    users_high: int | None = None
    requests: int | None = None
    same_requests: int | None = None
    active_users: int | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSignal:
    """One issue of an error tracker as it stands in the current windows."""

    source: str  # "sentry:NAME"
    key: str  # the issue's id within its source
    at: datetime  # when we received it
    started_at: datetime | None  # first event within the window: the estimated start of the harm
    title: str
    last_at: datetime | None = None  # its newest event, by the source's clock
    error_type: str = ""
    value: str = ""
    message: str = ""
    culprit: str = ""
    url: str = ""
    permalink: str = ""
    level: str = "error"
    logger: str = ""
    platform: str = ""
    issue_category: str = "error"  # error, performance, feedback, ...
    project: str = ""
    system: str | None = None
    environment: str | None = None  # None means production
    release: str | None = None
    handled: bool | None = None
    tags: Mapping[str, str] | None = None  # None where the source did not say: unknown, never absent
    activity: tuple[Activity, ...] = ()
    counts_together: tuple[str, ...] = ()  # no issue: the distinct users of these, which a verdict asked for

    kind: Literal["issue"] = field(default="issue", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSignal:
    """One health endpoint as its last probes left it."""

    source: str  # "health:NAME"
    key: str  # the endpoint's name
    at: datetime
    started_at: datetime | None  # first bad answer of this failure
    state: HealthState
    reason: str  # "refused", "timed out after 5 s", "503", "database is down", ...
    detail: str = ""  # masked excerpt of the answer
    failed_components: tuple[str, ...] = ()
    critical: bool = False
    category: Category | None = None  # what breaks when this probe fails, as configured
    system: str | None = None
    environment: str | None = None
    version: str | None = None  # the release that the answer names
    url: str = ""
    announced: bool = False  # the service itself announced the downtime
    on_the_way: bool = False  # no answer came, and our own network could be why

    kind: Literal["health"] = field(default="health", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSignal:
    """What a person says is broken."""

    source: str  # "report:api", "report:cli", ...
    key: str
    at: datetime
    text: str
    author: str = ""
    environment: str | None = None
    system: str | None = None
    started_at: datetime | None = None

    kind: Literal["report"] = field(default="report", init=False)


Signal = IssueSignal | HealthSignal | ReportSignal


def title_of(signal: Signal) -> str:
    """One line that says what failed."""
    if isinstance(signal, IssueSignal):
        return signal.title
    if isinstance(signal, HealthSignal):
        return f"{signal.key}: {signal.reason}"
    return signal.text.partition("\n")[0]
