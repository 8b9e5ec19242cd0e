"""The source: polls one Sentry or GlitchTip again and again, and says what it sees, or that it cannot see."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rules.rulebook import NON_PRODUCTION
from watcher.observation import Blind, Submit, Sweep
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry import pace
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.counting import Questions
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.poll import Poll
from watcher.world import World

logger = logging.getLogger(__name__)

WINDOWS_DEFAULT = (timedelta(minutes=5),)
"""Looked at where no rule names a window."""


class SentrySource:
    """Looks at once, then every `every`, at once when nudged, and sooner after a failure.

    `windows` and `non_production` are those of the rulebook; `memory` is what former sweeps asked to remember;
    `questions` tells what the rules must know of a look before they can say more.
    """

    def __init__(
        self,
        settings: SentrySettings,
        world: World,
        windows: tuple[timedelta, ...],
        memory: Mapping[str, Any],
        non_production: tuple[str, ...] = NON_PRODUCTION,
        questions: Questions = lambda _: (),
    ) -> None:
        self.name = f"sentry:{settings.name}"
        self._settings = settings
        self._world = world
        self._clock = world.clock
        self._poll = Poll(settings, world, windows or WINDOWS_DEFAULT, memory, non_production, questions)
        self._failures = 0
        self._first: datetime | None = None
        self._not_before: datetime | None = None  # the server asked us to stay away until then

    @property
    def rows_aside(self) -> int:
        """How many rows could not be read so far."""
        return self._poll.rows_aside

    async def run(self, submit: Submit, nudge: asyncio.Event) -> None:
        """Look until cancelled."""
        async with SentryClient(self._settings, self._world) as client:
            while True:
                nudge.clear()
                began = self._clock.now()
                seen, again = await self._look(client)
                await submit(seen)
                await self._rest(began, again, nudge)

    async def _look(self, client: SentryClient) -> tuple[Sweep | Blind, datetime]:
        """One poll, and when the next is due."""
        every = self._settings.every
        self._first = self._first or self._clock.now()
        try:
            sweep = await self._poll.look(client)
        except Failure as failure:
            self._failures += 1
            now = self._clock.now()
            chance = self._world.chance.random()
            again = pace.after_failure(self._failures, every, now, chance=chance, asked=failure.wait)
            self._not_before = again if failure.wait is not None else None
            self._log_blind(failure)
            return Blind(source=self.name, at=now, reason=failure.reason, detail=failure.detail), again
        self._failures, self._not_before = 0, None
        return sweep, pace.on_grid(self._first, every, self._clock.now())

    def _log_blind(self, failure: Failure) -> None:
        """The first failure of a row is a warning; its repetitions are detail."""
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        extra = {"event": "blind", "id": self.name}
        logger.log(level, "%s cannot see: %s: %s", self.name, failure.reason, failure.detail, extra=extra)

    async def _rest(self, began: datetime, again: datetime, nudge: asyncio.Event) -> None:
        """Until the next look is due. A nudge brings it forward, but neither below NUDGE_APART nor into an asked wait."""
        if await self._clock.wait(again, nudge):
            earliest = max(began + pace.NUDGE_APART, self._not_before or began)
            await self._clock.wait(earliest)
