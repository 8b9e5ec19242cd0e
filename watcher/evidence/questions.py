"""The questions that are put to one Sentry for one incident. Each answers, or raises Failure in good time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from watcher.evidence.span import Span
from watcher.evidence.tables import SESSIONS
from watcher.observation import BlindReason
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry import table
from watcher.sources.sentry.client import Parameters, SentryClient
from watcher.sources.sentry.dialects import SETTINGS_PATH, says_glitchtip
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.row import mapping
from watcher.sources.sentry.table import EVENTS, USERS

ASK_WITHIN = timedelta(seconds=10)
"""For one answer. Evidence that comes later is asked for again a minute later."""
UNLISTED: frozenset[BlindReason] = frozenset({"auth", "not_found", "client_error", "not_json"})
"""Reasons for which the environments cannot be known: the token may lack the scope, the server the list."""
RELEASES_PAGE = "100"
GROUP_PAGE = "20"


@dataclass(frozen=True, slots=True)
class Place:
    """The environment that both sides of a share are narrowed to; None: neither side is."""

    environment: str | None

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return [] if self.environment is None else [("environment", self.environment)]


class Questions:
    """Asks one server."""

    def __init__(self, client: SentryClient, settings: SentrySettings) -> None:
        self._client = client
        self._settings = settings
        self._organization = f"/api/0/organizations/{settings.organization}/"
        self._projects = [("project", str(row.id)) for row in settings.projects]

    async def glitchtip(self) -> bool:
        """Whether it is a GlitchTip, which has no release health and no tables of events."""
        try:
            answer = await self._read(SETTINGS_PATH, token=False)
        except Failure as failure:
            if failure.status is None and failure.reason != "not_json":
                raise
            return False
        return says_glitchtip(answer)

    async def place(self, environment: str) -> Place:
        """The environment, where the server knows it by this name; otherwise nothing is narrowed, on no side."""
        if environment in self._settings.environments:
            return Place(environment)
        try:
            rows = await self._read(f"{self._organization}environments/")
        except Failure as failure:
            if failure.reason not in UNLISTED:
                raise
            return Place(None)
        names = [mapping(row).get("name") for row in rows] if isinstance(rows, list) else []
        return Place(environment if environment in names else None)

    async def users(self, span: Span, place: Place) -> Any:
        """Distinct users of all sessions."""
        return await self._sessions(span, place, [("field", USERS)])

    async def statuses(self, span: Span, place: Place) -> Any:
        """Sessions by how they ended."""
        return await self._sessions(span, place, [("field", SESSIONS), ("groupBy", "session.status")])

    async def _sessions(self, span: Span, place: Place, fields: Parameters) -> Any:
        where = [*self._projects, *place.parameters, *span.parameters]
        return await self._read(
            f"{self._organization}sessions/", [*fields, *where, ("interval", "1h"), ("includeSeries", "0")]
        )

    async def met(self, issues: Sequence[str], span: Span, place: Place) -> Any:
        """Distinct users over all these issues, in one question: users of single issues overlap."""
        return await self._table([EVENTS, USERS], issues, span, place, [("per_page", "1")])

    async def met_by(self, tag: str, issues: Sequence[str], span: Span, place: Place) -> Any:
        """The same for each value of a tag, the largest first."""
        more = [("sort", f"-{USERS}"), ("per_page", GROUP_PAGE)]
        return await self._table([tag, EVENTS, USERS], issues, span, place, more)

    async def all(self, span: Span, place: Place) -> Any:
        """Distinct users over all errors: not those of an incident, but whether errors name users at all."""
        return await self._whole([EVENTS, USERS], [*place.parameters, *span.parameters, ("per_page", "1")])

    async def all_by(self, tag: str, place: Place) -> Any:
        """The commonest values of a tag over the errors of the last day."""
        more = [("statsPeriod", "24h"), ("sort", f"-{EVENTS}"), ("per_page", GROUP_PAGE)]
        return await self._whole([tag, EVENTS], [*place.parameters, *more])

    async def events_by_release(self, span: Span, place: Place) -> Any:
        """Events of any kind by the release that they name: which releases are in use."""
        more = [("sort", f"-{EVENTS}"), ("per_page", GROUP_PAGE)]
        return await self._whole(["release", EVENTS], [*place.parameters, *span.parameters, *more])

    async def sessions_by_release(self, span: Span, place: Place) -> Any:
        """Sessions by release, in whole hours."""
        return await self._sessions(span, place, [("field", SESSIONS), ("groupBy", "release")])

    async def _whole(self, fields: Sequence[str], asked: Parameters) -> Any:
        columns = [("field", field) for field in fields]
        return await self._read(
            f"{self._organization}events/", [("dataset", "errors"), *columns, *self._projects, *asked]
        )

    async def _table(
        self, fields: Sequence[str], issues: Sequence[str], span: Span, place: Place, more: Parameters
    ) -> Any:
        asked = [*self._projects, *place.parameters, *span.parameters, *more]
        return await table.ask(self._read, self._settings.organization, issues, fields, asked)

    async def releases(self, place: Place) -> Any:
        """The newest releases, whole page."""
        where = [*self._projects, *place.parameters]
        return await self._read(f"{self._organization}releases/", [*where, ("per_page", RELEASES_PAGE)])

    async def deploys(self, version: str) -> Any:
        return await self._read(f"{self._organization}releases/{quote(version, safe='')}/deploys/")

    async def commits(self, version: str) -> Any:
        return await self._read(f"{self._organization}releases/{quote(version, safe='')}/commits/")

    async def issue(self, issue: str) -> Any:
        """One issue with its first release, its place and its project."""
        narrow = [("collapse", "stats"), ("collapse", "tags")]
        return await self._read(f"{self._organization}issues/{issue}/", narrow)

    async def latest(self, issue: str) -> Any:
        return await self._read(f"{self._organization}issues/{issue}/events/latest/")

    async def committers(self, project: str, event: str) -> Any:
        """The suspect commits of one event; None where there are none."""
        organization = self._settings.organization
        path = f"/api/0/projects/{organization}/{quote(project, safe='')}/events/{quote(event, safe='')}/committers/"
        try:
            return await self._read(path)
        except Failure as failure:
            if failure.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def _read(self, path: str, parameters: Parameters = (), *, token: bool = True) -> Any:
        try:
            async with asyncio.timeout(ASK_WITHIN.total_seconds()):
                return (await self._client.read(path, parameters, token=token)).value
        except TimeoutError:
            raise Failure("timeout", f"no whole answer within {ASK_WITHIN.total_seconds():g} s") from None
