"""Notes on the issues of an incident in Sentry: what became of it, with the way to it. Only where the configuration asks.

A follower that answers with a command: once the note stands, "the bug report was updated" is ticked in our name. A note
that is posted twice within an hour is refused there as a duplicate: that is success. What fails is tried a few times, and
then left to people, who see the item open.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from watcher.config import Config
from watcher.evidence.matter import issues_by_source
from watcher.inbox import Committed
from watcher.incident import command as say
from watcher.incident.attained import unspoken
from watcher.incident.compose import clock
from watcher.incident.machines import kind_of
from watcher.incident.responding import WATCHER
from watcher.incident.state import Incident
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.client import SentryClient
from watcher.sources.sentry.failure import Failure
from watcher.supervision import Start
from watcher.world import World

logger = logging.getLogger(__name__)

ISSUES_MAX = 5
"""Issues noted at one server: whoever opens another finds these."""
TRIES_MAX = 5
AGAIN_AFTER = timedelta(minutes=2)


Ask = Callable[[str, object], Awaitable[object]]


class Noting:
    """One for each life of the daemon."""

    def __init__(self, world: World, ask: Ask, config: Callable[[], Config]) -> None:
        self._world = world
        self._ask = ask
        self._config = config
        self._stirred = asyncio.Event()
        self._owed: dict[str, Incident] = {}
        self._tries: dict[str, int] = {}
        self.parts: Mapping[str, Start] = {"notes": self.run}

    def turned(self, committed: Committed) -> None:
        """Follow the engine. Where no server is to be noted at, nothing is owed."""
        asked = any(sentry.notes for sentry in self._config().sentry)
        owed = {
            stream: state
            for stream, state in committed.streams.items()
            if asked and kind_of(stream) == "incident" and noteworthy(state)
        }
        fresh = owed.keys() - self._owed.keys()
        self._owed = owed
        self._tries = {stream: tries for stream, tries in self._tries.items() if stream in owed}
        if fresh:
            self._stirred.set()

    async def run(self) -> None:
        """Note what is owed until cancelled."""
        while True:
            self._stirred.clear()
            due = [stream for stream in self._owed if self._tries.get(stream, 0) < TRIES_MAX]
            for stream in due:
                self._tries[stream] = self._tries.get(stream, 0) + 1
                await self._note(stream, self._owed[stream])
            left = any(self._tries.get(stream, 0) < TRIES_MAX for stream in self._owed)
            await self._world.clock.wait(self._next() if left else None, self._stirred)

    def _next(self) -> datetime:
        return self._world.clock.now() + AGAIN_AFTER

    async def _note(self, stream: str, state: Incident) -> None:
        config = self._config()
        asked = [(s, issues) for s, issues in issues_by_source(config, state) if s.notes and issues]
        noted = [await self._post(settings, issues[:ISSUES_MAX], state) for settings, issues in asked]
        if noted and all(noted):
            item = say.TickItem(by=WATCHER, item="bug-report", text=f"noted at {len(noted)} Sentry")
            with suppress(say.Refused, LookupError):
                await self._ask(stream, item)

    async def _post(self, settings: SentrySettings, issues: tuple[str, ...], state: Incident) -> bool:
        """Whether the note stands at each of these issues."""
        text = words(state, self._config().service.public_url)
        async with SentryClient(settings, self._world) as client:
            try:
                for issue in issues:
                    await client.note(issue, text)
            except Failure as failure:
                extra = {"event": "note_failed", "id": state.id}
                logger.info("no note at sentry:%s: %s", settings.name, failure.detail, extra=extra)
                return False
        return True


def noteworthy(state: Incident) -> bool:
    """It is mitigated, it may be spoken of, and no bug report says so yet."""
    if state.mitigated_at is None or state.opened.drill or unspoken(state):
        return False
    return "bug-report" not in state.response.ticked and state.status != "false_alarm"


def words(state: Incident, public_url: str | None) -> str:
    """What the note says: our own words, no text from outside."""
    deployed, mitigated = state.response.deployed, state.mitigated_at
    way = {"rollback": "rolled back", "hotfix": "fixed by a deployment", "other": "repaired"}
    how = way[deployed.path] if deployed else "over without a deployment"
    at = f" at {clock(mitigated)}" if mitigated else ""
    link = f" {public_url.rstrip('/')}/incidents/{state.id}" if public_url else ""
    return f"{state.id} (P0, {' + '.join(state.categories)}): {how}{at}, and watched since.{link}"
