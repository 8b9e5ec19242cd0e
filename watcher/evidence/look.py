"""One look at one incident: what a Sentry is asked, in which order, and what is made of the answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.evidence import life, tables
from watcher.evidence.cause import Clues, cause, read_commits, read_suspects
from watcher.evidence.changes import (
    Released,
    Trouble,
    changes_of,
    nothing_deployed,
    read_releases,
    with_deploys,
)
from watcher.evidence.impact import EVERYWHERE, Gathered
from watcher.evidence.questions import Place, Questions
from watcher.evidence.span import Span, covered, last_hour, own_hours
from watcher.incident.command import FindCause, SeeChange, SeeLife, SeeNoChange
from watcher.incident.event import ChangeSeen
from watcher.incident.responding import Deployed
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.row import mapping
from watcher.sources.sentry.table import ISSUES_MAX
from watcher.sources.sentry.text import word
from watcher.world import World

logger = logging.getLogger(__name__)

COUNTRY = "geo.country_code"
EXAMINED_MAX = 3
"""Issues whose commits and first release are asked for: the first ones, that opened the incident."""
REDEPLOYED_MAX = 3
"""Releases that were deployed more than once, of which all deploys are read."""
NAME_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a look is about."""

    settings: SentrySettings
    issues: tuple[str, ...]  # numbers of the incident's issues at this server
    environment: str
    onset: datetime
    window: timedelta  # deploys so long before the onset matter
    releases: frozenset[str]  # that the first errors name
    known: tuple[ChangeSeen, ...]
    tier_tag: str | None
    by_the_hour: bool  # the operator says how many users are active in an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What one server is, found out once a look."""

    glitchtip: bool
    place: Place


class Look:
    """Asks one server about one incident. What fails is missing, and said to `missing`; it never raises Failure."""

    def __init__(self, matter: Matter, world: World, missing: Callable[[str, Failure], None]) -> None:
        self._matter = matter
        self._world = world
        self._missing = missing
        self._releases: frozenset[str | None] = frozenset()  # that the errors occur in, once measured

    @property
    def at(self) -> tuple[str, str]:
        """The server and the environment: what `server` depends on."""
        return self._matter.settings.name, self._matter.environment

    async def server(self) -> Server | None:
        """Whom we talk to, and where the incident is; None where nobody answers."""
        async with SentryClient(self._matter.settings, self._world) as client:
            ask = Questions(client, self._matter.settings)
            try:
                if await ask.glitchtip():
                    return Server(glitchtip=True, place=Place(None))
                return Server(glitchtip=False, place=await ask.place(self._matter.environment))
            except Failure as failure:
                self._missing("evidence", failure)
                return None

    async def impact(self, server: Server, gathered: Gathered) -> Gathered:
        """Both sides of the share: release health first, then the users in the very window that it covered."""
        known = replace(gathered, sentry=True, glitchtip=server.glitchtip)
        if server.glitchtip:
            return known
        matter, place = self._matter, server.place
        async with SentryClient(matter.settings, self._world) as client:
            ask = Questions(client, matter.settings)
            health = await self._health(ask, known.span, place)
            span = health.span if health else known.span
            known = replace(known, health=health, mark=known.mark + ("" if place.environment else EVERYWHERE))
            if not matter.issues:
                return known
            met, lately, groups = await asyncio.gather(
                self._try("users", ask.met, matter.issues, span, place),
                self._lately(ask, known.now, place),
                self._groups(ask, span, place),
            )
            cut = len(matter.issues) > ISSUES_MAX
            return replace(
                known, met=tables.met_of(met), lately=tables.met_of(lately), cut=cut, groups=groups
            )

    async def _lately(self, ask: Questions, now: datetime, place: Place) -> Any:
        """What the operator's number is compared with, where there is one."""
        if not self._matter.by_the_hour:
            return None
        return await self._try("users", ask.met, self._matter.issues, last_hour(now), place)

    async def _health(self, ask: Questions, asked: Span, place: Place) -> tables.Health | None:
        users, statuses = await asyncio.gather(
            self._try("release health", ask.users, asked, place),
            self._try("sessions", ask.statuses, asked, place),
        )
        spans = [covered(mapping(body), asked) for body in (users, statuses) if body is not None]
        first = spans[0] if spans else None
        if spans and (first is None or any(span != first for span in spans)):
            self._missing(
                "release health", Failure("not_json", "it counted in another window than was asked")
            )
            return None
        return tables.health_of(users, statuses, first) if first else None

    async def _groups(self, ask: Questions, span: Span, place: Place) -> tuple[tuple[str, int], ...]:
        """By tier, release and country, where tags carry them."""
        tier = [(self._matter.tier_tag,) * 2] if self._matter.tier_tag else []
        tags = [*tier, ("release", "release"), (COUNTRY, "country")]
        issues = self._matter.issues
        bodies = await asyncio.gather(
            *(self._try(called, ask.met_by, tag, issues, span, place) for tag, called in tags)
        )
        by_tag = {tag: body for (tag, _), body in zip(tags, bodies, strict=True)}
        self._releases = tables.releases_of(by_tag["release"])
        found = (tables.groups_of(by_tag[tag], tag, called) for tag, called in tags)
        return tuple(group for groups in found for group in groups)

    async def changes(self, server: Server, now: datetime) -> tuple[SeeChange | SeeNoChange, ...]:
        """What was deployed before the trouble, or that nothing was."""
        matter = self._matter
        async with SentryClient(matter.settings, self._world) as client:
            ask = Questions(client, matter.settings)
            rows = await self._try("releases", ask.releases, server.place)
            if not isinstance(rows, list):
                return ()
            releases = read_releases(rows, server.place.environment)
            if not server.glitchtip:
                releases = await self._redeployed(ask, releases, server.place)
        trouble = Trouble(
            onset=matter.onset, now=now, window=matter.window, releases=matter.releases, known=matter.known
        )
        unknown = (
            "" if server.glitchtip or server.place.environment else EVERYWHERE
        )  # the server has no such name
        source, system = f"sentry:{matter.settings.name}{unknown}", matter.settings.system_of
        if nothing_deployed(releases, trouble):
            return (SeeNoChange(told_by=source),)
        found = changes_of(releases, trouble, source=source, system=system)
        return tuple(SeeChange(change=change) for change in found)

    async def _redeployed(
        self, ask: Questions, releases: Sequence[Released], place: Place
    ) -> tuple[Released, ...]:
        """A release that went out again, as after a rollback, stands in the list once."""
        often = [release for release in releases if release.deploys > 1][:REDEPLOYED_MAX]
        bodies = await asyncio.gather(*(self._try("deploys", ask.deploys, one.version) for one in often))
        rows = {one.version: body for one, body in zip(often, bodies, strict=True) if isinstance(body, list)}
        return tuple(
            deployed
            for release in releases
            for deployed in with_deploys(release, rows.get(release.version, ()), place.environment)
        )

    async def life(self, server: Server, deployed: Deployed, now: datetime) -> SeeLife | None:
        """Whether what was deployed is in use: an event since, else sessions in an hour that is its own."""
        if deployed.version is None or server.glitchtip:
            return None
        since = Span(deployed.deployed_at, now.replace(microsecond=0) + timedelta(seconds=1))
        hours = own_hours(deployed.deployed_at, now)
        async with SentryClient(self._matter.settings, self._world) as client:
            ask = Questions(client, self._matter.settings)
            events = await self._try("events by release", ask.events_by_release, since, server.place)
            found = life.of_events(events, deployed.version)
            if found is None and hours is not None:
                body = await self._try("sessions by release", ask.sessions_by_release, hours, server.place)
                covers = covered(mapping(body), hours) if body is not None else None
                same_hours = covers is not None and covers.since >= deployed.deployed_at
                found = life.of_sessions(body, deployed.version) if same_hours else None
        return SeeLife(version=deployed.version, what=found) if found else None

    async def cause(self, server: Server) -> FindCause | None:
        """Why, as far as Sentry can say; ask after the impact, which tells the releases that the errors are in."""
        issues = self._matter.issues[:EXAMINED_MAX]
        if server.glitchtip or not issues:
            return None
        async with SentryClient(self._matter.settings, self._world) as client:
            ask = Questions(client, self._matter.settings)
            return cause(await self._clues(ask, issues))

    async def _clues(self, ask: Questions, issues: Sequence[str]) -> Clues:
        details = [mapping(await self._try("the issue", ask.issue, issue)) for issue in issues]
        first = (mapping(detail.get("firstRelease")).get("version") for detail in details)
        culprits = (word(detail.get("culprit"), NAME_MAX) for detail in details)
        suspects = await self._suspects(ask, issues, details)
        only = next(iter(self._releases)) if len(self._releases) == 1 else None
        commits = await self._try("commits", ask.commits, only) if only and suspects else None
        settings = self._matter.settings
        return Clues(
            suspects=suspects,
            releases=self._releases,
            commits=read_commits(commits) if isinstance(commits, list) else frozenset(),
            first_releases=tuple(word(version, NAME_MAX) or None for version in first),
            culprits=tuple(culprit for culprit in culprits if culprit),
            issues=len(self._matter.issues),
            url=f"{settings.url}/organizations/{settings.organization}/issues/{issues[0]}/",
        )

    async def _suspects(
        self, ask: Questions, issues: Sequence[str], details: Sequence[dict[str, Any]]
    ) -> tuple[Any, ...]:
        for issue, detail in zip(issues, details, strict=True):
            project = word(mapping(detail.get("project")).get("slug"), NAME_MAX)
            event = mapping(await self._try("the latest event", ask.latest, issue)) if project else {}
            identity = word(event.get("eventID"), NAME_MAX)
            body = await self._try("commits", ask.committers, project, identity) if identity else None
            if found := read_suspects(body):
                return found
        return ()

    async def _try(self, what: str, ask: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """The answer, or None where it is missing."""
        try:
            return await ask(*arguments)
        except Failure as failure:
            self._missing(what, failure)
            return None
