"""Sentry and GlitchTip answer on the same paths and mean different things. Each dialect says what to ask, and what a count means.

The query names no status on purpose: an issue that somebody resolved, archived or ignored and that fires again is
judged like any other. The windows keep the old ones out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from rules.duration import words
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.activity import Found, Windowed, counted, windowed
from watcher.sources.sentry.client import Parameters
from watcher.sources.sentry.history import History
from watcher.sources.sentry.row import Row, moment

QUERY = "issue.category:error"
"""Performance, outage and feedback issues share the list with errors; with a query of ours no default applies."""
PAGE = "100"
"""Rows a page, the most that both allow."""
SKEW_MAX = timedelta(minutes=5)
"""How far a GlitchTip's clock may be from ours before a row counts as old."""

Name = Literal["sentry", "glitchtip"]
SETTINGS_PATH = "/api/settings/"
"""GlitchTip tells about itself here, without a token; Sentry has no such place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One list to read: in this window and place where the dialect has such, until `enough` says that the rest is old."""

    path: str
    parameters: Parameters
    window: timedelta
    environment: str | None = None
    enough: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one walk brought: readable rows, and whether pages were left."""

    walk: Walk
    rows: tuple[Row, ...]
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a whole poll found, and what must be remembered of it."""

    found: tuple[Found, ...]
    complete: bool
    memory: Mapping[str, Any]


class Dialect(Protocol):
    """How one kind of server is read."""

    name: Name
    lists_environments: bool

    def walks(self, environments: Sequence[str], *, apart: bool, now: datetime) -> tuple[Walk, ...]:
        """What to read. `apart`: this server takes one project a request."""

    def look(self, reads: Sequence[Read], now: datetime) -> Look:
        """What was read, in terms of windows."""

    def latest_event(self, issue: str) -> str:
        """The path of an issue's latest event."""

    def link(self, issue: str) -> str:
        """Where a person looks at the issue."""


def _issues(settings: SentrySettings) -> str:
    return f"/api/0/organizations/{settings.organization}/issues/"


def _projects(settings: SentrySettings, *, apart: bool) -> list[list[tuple[str, str]]]:
    """The project parameters of each request: all in one, or one each."""
    chosen = [("project", str(row.id)) for row in settings.projects]
    return [[row] for row in chosen] if apart and chosen else [chosen]


class Sentry:
    """Counts inside the asked window and environment are the server's own: exact, and replaced by each poll.

    The window is a period and not two times, so that the server's clock rules, which also stamped the events.
    `sort=freq` is answered by the event store; `sort=date` may take its first page from a table that lags.
    """

    name: Name = "sentry"
    lists_environments = True

    def __init__(self, settings: SentrySettings, windows: Sequence[timedelta]) -> None:
        self._settings = settings
        self._windows = tuple(sorted(windows))

    def walks(self, environments: Sequence[str], *, apart: bool, now: datetime) -> tuple[Walk, ...]:  # noqa: ARG002 - no time
        """One walk for each window and environment; unnarrowed where no environment is known."""
        places: Sequence[str | None] = environments or (None,)
        return tuple(
            Walk(
                path=_issues(self._settings),
                parameters=(*projects, *self._parameters(window, place)),
                window=window,
                environment=place,
            )
            for window in self._windows
            for place in places
            for projects in _projects(self._settings, apart=apart)
        )

    def _parameters(self, window: timedelta, place: str | None) -> Parameters:
        environment = [] if place is None else [("environment", place)]
        return [
            *environment,
            ("query", QUERY),
            ("statsPeriod", period(window)),
            ("sort", "freq"),
            ("limit", PAGE),
            ("groupStatsPeriod", ""),  # no sparkline: one query less for their event store
        ]

    def look(self, reads: Sequence[Read], now: datetime) -> Look:  # noqa: ARG002 - the server's clock rules
        walks = [
            Windowed(
                window=read.walk.window, environment=read.walk.environment, rows=read.rows, whole=not read.cut
            )
            for read in reads
        ]
        return Look(found=windowed(walks), complete=not any(read.cut for read in reads), memory={})

    def latest_event(self, issue: str) -> str:
        return f"{_issues(self._settings)}{issue}/events/latest/"

    def link(self, issue: str) -> str:
        return f"{self._settings.url}/organizations/{self._settings.organization}/issues/{issue}/"


class GlitchTip:
    """Counts are over an issue's whole life and users are not counted: windows are differences, users unknown.

    The first walk reads all pages, for a base to take differences from. The next ones end where the rows are too old
    to matter: they come the latest first.
    """

    name: Name = "glitchtip"
    lists_environments = False  # narrowed to one, the counts would still be those of all

    def __init__(
        self, settings: SentrySettings, windows: Sequence[timedelta], memory: Mapping[str, Any]
    ) -> None:
        self._settings = settings
        self._windows = tuple(sorted(windows))
        slack = max(2 * settings.every, timedelta(seconds=30))
        self._history = History(memory, longest=self._windows[-1], slack=slack)
        self._looked = False

    def walks(self, environments: Sequence[str], *, apart: bool, now: datetime) -> tuple[Walk, ...]:
        return tuple(
            Walk(
                path=_issues(self._settings),
                parameters=(
                    *projects,
                    *(("environment", place) for place in environments),
                    ("sort", "-last_seen"),
                    ("limit", PAGE),
                ),
                window=self._windows[-1],
                enough=(lambda raw: self._old(raw, now)) if self._looked else None,
            )
            for projects in _projects(self._settings, apart=apart)
        )

    def _old(self, raw: Any, now: datetime) -> bool:
        """Whether this row, and so all after it, lies before the longest window."""
        seen = moment(raw.get("lastSeen")) if isinstance(raw, dict) else None
        return seen is not None and seen < now - self._windows[-1] - SKEW_MAX

    def look(self, reads: Sequence[Read], now: datetime) -> Look:
        rows = [row for read in reads for row in read.rows]
        memory = self._history.look(rows, now)
        self._looked = True
        counts = {
            row.id: {window: self._history.events_within(row, window, now) for window in self._windows}
            for row in rows
        }
        started = {row.id: at for row in rows if (at := self._started(row, counts[row.id], now)) is not None}
        complete = all(not read.cut or self._reached(read, now) for read in reads)
        return Look(found=counted(rows, counts, started), complete=complete, memory=memory)

    def _started(self, row: Row, counts: Mapping[timedelta, int], now: datetime) -> datetime | None:
        """When the shortest window with an event in it saw the first one."""
        window = next((window for window in self._windows if counts[window]), self._windows[-1])
        if row.first_seen is not None and row.first_seen >= now - window:
            return row.first_seen
        return self._history.grew_at(row, window, now) or row.last_seen

    def _reached(self, read: Read, now: datetime) -> bool:
        """A walk that was cut is still whole where it came to rows that are too old to matter."""
        last = read.rows[-1].last_seen if read.rows else None
        return last is not None and last < now - self._windows[-1] - SKEW_MAX

    def latest_event(self, issue: str) -> str:
        return f"/api/0/issues/{issue}/events/latest/"

    def link(self, issue: str) -> str:
        return f"{self._settings.url}/{self._settings.organization}/issues/{issue}"


def period(window: timedelta) -> str:
    """A window as Sentry writes it: one number, one unit."""
    seconds = max(round(window.total_seconds()), 1)
    unit, size = next(
        (name, size) for name, size in (("h", 3600), ("m", 60), ("s", 1)) if seconds % size == 0
    )
    return f"{seconds // size}{unit}"


def says_glitchtip(answer: Any) -> bool:
    """Whether the answer at SETTINGS_PATH is GlitchTip's."""
    return (
        isinstance(answer, dict)
        and "version" in answer
        and bool({"serverTimeZone", "billingEnabled"} & set(answer))
    )


def title(dialect: Dialect, windows: Sequence[timedelta]) -> str:
    """One line for people: what answers, and how it is counted."""
    spans = ", ".join(words(window) for window in sorted(windows))
    if dialect.name == "sentry":
        return f"Sentry, counting in windows of {spans}"
    return f"GlitchTip, counting by differences in windows of {spans}; it counts no users"
