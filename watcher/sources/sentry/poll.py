"""One poll: find out whom we talk to and what we may see, walk the lists, fetch the latest events that matter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from rules.rulebook import silent
from rules.signal import IssueSignal
from watcher.observation import BlindReason, Sweep
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.activity import Found, signal
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.counting import Counting, Questions
from watcher.sources.sentry.dialects import (
    SETTINGS_PATH,
    Dialect,
    GlitchTip,
    Look,
    Read,
    Sentry,
    Walk,
    says_glitchtip,
    title,
)
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.latest import Shelf, read_latest
from watcher.sources.sentry.row import WORD_MAX, mapping, read_rows
from watcher.sources.sentry.survey import SURVEY_AGAIN_AFTER, SURVEY_EVERY, Survey, access_lost, survey
from watcher.sources.sentry.text import word
from watcher.world import World

logger = logging.getLogger(__name__)

EVENTS_WITHIN = timedelta(seconds=10)
"""What the latest events may cost a poll; an issue without one is judged all the same."""
ASIDE_NAMED_MAX = 50
"""Unreadable rows that get a log line of their own; the rest is only counted."""
SILENCE: frozenset[BlindReason] = frozenset({"unreachable", "timeout", "rate_limited"})
"""Reasons for which asking the same server another question is no use now."""
PASSING: frozenset[BlindReason] = frozenset({"server_error", "timeout", "too_large"})
"""Reasons that may hit one window and spare another: what the others show is used."""


class Poll:
    """What is kept between the polls of one source. `look` raises Failure where nothing can be seen."""

    def __init__(
        self,
        settings: SentrySettings,
        world: World,
        windows: Sequence[timedelta],
        memory: Mapping[str, Any],
        non_production: tuple[str, ...],
        questions: Questions,
    ) -> None:
        self.name = f"sentry:{settings.name}"
        self.rows_aside = 0
        self._settings = settings
        self._world = world
        self._clock = world.clock
        self._windows = tuple(windows)
        self._memory = memory
        self._non_production = non_production
        self._dialect: Dialect = Sentry(settings, windows)
        self._told = False  # whether the dialect is known, not assumed
        self._apart = False
        self._survey: Survey | None = None
        self._listed = True  # whether the last look listed anything
        self._shelf = Shelf()
        self._counting = Counting(settings, world.clock, questions)
        self._named: set[str] = set()
        self._partly = False

    async def look(self, client: SentryClient) -> Sweep:
        """One poll. Raises Failure."""
        try:
            await self._tell(client)
            await self._visit(client, SURVEY_EVERY)
            look = await self._walk(client)
            if self._listed and not look.found:
                await self._visit(client, SURVEY_AGAIN_AFTER)
        except Failure:
            self._survey = None  # the next poll asks anew what may be seen
            raise
        self._listed = bool(look.found)
        await self._fetch(client, look.found)
        now = self._clock.now()
        signals = tuple(self._signal(row, now) for row in look.found)
        counted = await self._counting.count(client, signals)
        return Sweep(
            source=self.name,
            at=now,
            signals=(*signals, *counted.answers),
            complete=look.complete,
            unseen=tuple(f"{self.name} {key}" for key in counted.unknown),
            memory=look.memory,
        )

    def _signal(self, found: Found, now: datetime) -> IssueSignal:
        link = self._dialect.link(found.row.id)
        latest = self._shelf.of(found.key)
        return signal(found, latest, self._settings, link, now, believed=self._believed)

    def _believed(self, environment: str) -> bool:
        """One event may be anybody's: it can say that the rest pages, but not that it pages nobody.

        Unless there is no other environment from which the rest could be.
        """
        there = self._settings.environments or (self._survey.environments if self._survey else ())
        return there == (environment,) or not silent(environment, self._non_production)

    async def _tell(self, client: SentryClient) -> None:
        """Find out once whom we talk to; where it cannot be told, take it for Sentry until the next poll."""
        if self._told:
            return
        try:
            answer = (await client.read(SETTINGS_PATH, token=False)).value
        except Failure as failure:
            if failure.reason in SILENCE:
                raise
            self._told = failure.reason != "server_error"
            answer = None
        if says_glitchtip(answer):
            self._turn_to_glitchtip()
        elif answer is not None:
            self._told = True
        if self._told:
            logger.info(
                "%s is %s", self.name, title(self._dialect, self._windows), extra={"event": "dialect"}
            )

    def _turn_to_glitchtip(self) -> None:
        self._dialect = GlitchTip(self._settings, self._windows, self._memory)
        self._told = True

    async def _visit(self, client: SentryClient, after: timedelta) -> None:
        """See what the token can see, when the last time is so long ago. Raises Failure where access was lost."""
        now = self._clock.now()
        if self._survey is not None and now - self._survey.at < after:
            return
        environments = self._dialect.lists_environments and not self._settings.environments
        self._survey = await survey(client, self._settings, now, environments=environments)
        missing = self._survey.missing(self._settings)
        if missing:
            raise access_lost(missing)

    async def _walk(self, client: SentryClient) -> Look:
        """Read all lists; once more where the first answers show that we took the server for another."""
        try:
            return await self._read_all(client)
        except Failure as failure:
            if failure.status == HTTPStatus.UNPROCESSABLE_ENTITY and self._dialect.name == "sentry":
                self._turn_to_glitchtip()
            elif failure.one_project_only and not self._apart:
                self._apart = True
            else:
                raise
        return await self._read_all(client)

    async def _read_all(self, client: SentryClient) -> Look:
        now = self._clock.now()
        walks = self._dialect.walks(self._environments(), apart=self._apart, now=now)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._read(client, walk), name=f"{self.name} list") for walk in walks]
        results = [task.result() for task in tasks]
        reads = [result for result in results if isinstance(result, Read)]
        failures = [result for result in results if isinstance(result, Failure)]
        for failure in failures:
            if not reads or failure.reason not in PASSING:
                raise failure
        look = self._dialect.look(reads, now)
        self._tell_gaps(
            failures[0].detail if failures else "" if look.complete else "more issues than are read"
        )
        return Look(found=look.found, complete=look.complete and not failures, memory=look.memory)

    def _environments(self) -> Sequence[str]:
        if self._survey is None or not self._dialect.lists_environments:
            return self._settings.environments
        return self._survey.apart(self._settings)

    def _tell_gaps(self, gap: str) -> None:
        """Say when we begin to see in part only, and when that is over."""
        if bool(gap) != self._partly:
            self._partly = bool(gap)
            said = f"sees only in part: {gap}" if gap else "sees everything again"
            logger.warning("%s %s", self.name, said, extra={"event": "sentry_partial", "id": self.name})

    async def _read(self, client: SentryClient, walk: Walk) -> Read | Failure:
        try:
            walked = await client.walk(walk.path, walk.parameters, walk.enough)
        except Failure as failure:
            return failure
        if walked.glitchtip and self._dialect.name == "sentry":
            return Failure(
                "client_error", "answered like a GlitchTip", status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
        rows, bad = await self._world.offload(read_rows, walked.rows)  # masking a full list may take a while
        for raw, reason in bad:
            self._set_aside(raw, reason)
        rows = tuple(row for row in rows if not row.project_id or self._settings.watches(row.project_id))
        return Read(walk=walk, rows=rows, cut=walked.cut)

    def _set_aside(self, raw: Any, reason: str) -> None:
        """A row that cannot be read is counted, and named once."""
        self.rows_aside += 1
        key = mapping(raw).get("id")
        name = word(str(key), WORD_MAX) if isinstance(key, str | int) else "?"
        if name not in self._named and len(self._named) < ASIDE_NAMED_MAX:
            self._named.add(name)
            extra = {"event": "row_set_aside", "id": self.name}
            logger.warning(
                "%s: issue %r cannot be read and is set aside: %s", self.name, name, reason, extra=extra
            )

    async def _fetch(self, client: SentryClient, found: Sequence[Found]) -> None:
        """Fetch the latest events that are due, as far as EVENTS_WITHIN lasts."""
        by_key = {row.key: row for row in found}
        now = self._clock.now()
        due = self._shelf.due((row.candidate for row in found), now)
        for row in due:  # one that does not come in time counts as tried: it must not slow down every poll
            self._shelf.keep(row.key, None, row.events, now)
        with suppress(TimeoutError):
            async with asyncio.timeout(EVENTS_WITHIN.total_seconds()), asyncio.TaskGroup() as group:
                for row in due:
                    group.create_task(
                        self._fetch_one(client, by_key[row.key], row.events), name=f"{self.name} event"
                    )

    async def _fetch_one(self, client: SentryClient, found: Found, events: int) -> None:
        place = found.environment
        parameters = [("environment", place)] if place and self._dialect.lists_environments else []
        try:
            answer = await client.read(self._dialect.latest_event(found.row.id), parameters)
            latest = read_latest(answer.value)
        except Failure as failure:
            logger.debug("%s: no latest event: %s", self.name, failure.detail, extra={"event": "no_event"})
            latest = None
        self._shelf.keep(found.key, latest, events, self._clock.now())
