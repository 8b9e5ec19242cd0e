"""The inquiry: asks for each open incident who is affected, what changed and why; at once, then every minute until mitigated.

A follower of the engine that answers with commands. It appends nothing, and no page waits for it: what it asks is asked
in tasks of its own, each with a deadline, a few at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from rules.signal import HealthState
from watcher.config import Config
from watcher.evidence import active
from watcher.evidence.impact import PROBES, Active, Gathered, decides, measures, passed
from watcher.evidence.look import Look, Server
from watcher.evidence.matter import failed_before, issues_by_source, matter_of, probes_of, third_party_of
from watcher.evidence.span import around
from watcher.evidence.versions import Bodies, told_already
from watcher.inbox import Committed
from watcher.incident import command as say
from watcher.incident.deploys import change_of
from watcher.incident.machines import kind_of
from watcher.incident.state import FINAL, Incident
from watcher.incident.surroundings import DeployReported
from watcher.observation import Observation
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.failure import Failure
from watcher.supervision import Start
from watcher.world import World

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
AGAIN_AFTER = timedelta(seconds=10)
"""What joins an incident is asked about no sooner after the last look."""
LOOK_WITHIN = timedelta(seconds=50)
"""A look that takes longer tells of another time; what it has learned by then is said."""
AT_ONCE_MAX = 3
"""Incidents looked at side by side; each asks a server at most four questions at a time."""
SERVER_EVERY = timedelta(minutes=10)
WAITING_MAX = 100
"""Deploys heard of and not passed on yet; more come of nothing but a broken body."""
CAUSE_WITHIN = timedelta(minutes=15)
"""Commits are named within minutes of the first error, or never."""
SAID_MAX = 200
"""Gaps that were named once; then all are forgotten, and named again."""

Ask = Callable[[str, object], Awaitable[object]]


class Inquiry:
    """One for each life of the daemon. `parts` are to be run under supervision."""

    def __init__(
        self,
        world: World,
        ask: Ask,
        config: Callable[[], Config],
        told: Callable[[], Mapping[str, HealthState]],
    ) -> None:
        self._world = world
        self._clock = world.clock
        self._ask = ask
        self._config = config
        self._told = told  # how each health endpoint answered last, by its source
        self._bodies = Bodies()
        self._stirred = asyncio.Event()
        self._all: dict[str, Incident] = {}  # those that ended lately as well
        self._files: dict[str, Incident] = {}  # not closed: a deploy belongs to each of them
        self._open: dict[str, Incident] = {}  # of these, what is asked about
        self._signs: dict[str, int] = {}  # how many signals an incident had when it was last looked at
        self._looked: dict[str, datetime] = {}
        self._looking: set[str] = set()
        self._pending: list[tuple[str, object]] = []  # commands that need no asking
        self._recent: tuple[DeployReported, ...] = ()
        self._away: dict[str, datetime] = {}  # servers that asked us to stay away, until then
        self._servers: dict[tuple[str, str], tuple[datetime, Server]] = {}
        self._said: set[tuple[str, str, str]] = set()
        self.parts: Mapping[str, Start] = {"evidence": self.run}

    def turned(self, committed: Committed) -> None:
        """Follow the engine."""
        self._all = {s: state for s, state in committed.streams.items() if kind_of(s) == "incident"}
        self._files = {s: state for s, state in self._all.items() if state.status not in FINAL}
        self._open = {stream: state for stream, state in self._files.items() if _searches(state)}
        for stream in self._looked.keys() - self._open.keys():
            del self._looked[stream]
        for stream in self._signs.keys() - self._open.keys():
            del self._signs[stream]
        self._recent = getattr(committed.streams.get("deploys"), "recent", ())
        for row in committed.rows:
            if isinstance(row.event, DeployReported):
                self._spread(row.event)
        if self._pending or any(self._due(stream, committed.now) for stream in self._open):
            self._stirred.set()

    def saw(self, observation: Observation) -> None:
        """Hear what the sources see, for what the health bodies tell beside it."""
        for deploy in self._bodies.saw(observation):
            if not told_already(deploy, self._recent):
                self._hold("deploys", deploy)

    def govern(self) -> None:
        """The configuration is another one."""
        self._bodies.forget([f"health:{endpoint.name}" for endpoint in self._config().health.endpoints])
        self._away.clear()
        self._servers.clear()

    def _spread(self, told: DeployReported) -> None:
        """A deploy told while an incident is open belongs to it, too."""
        for stream, state in self._files.items():
            if state.opened.environment == told.environment:
                self._hold(stream, say.SeeChange(change=change_of(told)))

    def _hold(self, stream: str, command: object) -> None:
        if len(self._pending) < WAITING_MAX:
            self._pending.append((stream, command))
            self._stirred.set()

    async def run(self) -> None:
        """Look until cancelled."""
        slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._looking.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                self._stirred.clear()
                await self._pass_on()
                now = self._clock.now()
                for stream in [s for s in self._open if self._due(s, now)]:
                    self._looking.add(stream)
                    group.create_task(self._look(stream, slots), name=f"evidence {stream}")
                await self._clock.wait(self._next(), self._stirred)

    def _due(self, stream: str, now: datetime) -> bool:
        at = self._due_at(stream)
        return stream not in self._looking and (at is None or at <= now)

    def _due_at(self, stream: str) -> datetime | None:
        """When to look again; None: at once."""
        last = self._looked.get(stream)
        if last is None:
            return None
        grew = len(self._open[stream].watched) > self._signs.get(stream, 0)
        return last + (AGAIN_AFTER if grew else EVERY)

    def _next(self) -> datetime | None:
        moments = [self._due_at(stream) for stream in self._open if stream not in self._looking]
        return min((at for at in moments if at is not None), default=None)

    async def _pass_on(self) -> None:
        while self._pending:
            await self._tell(*self._pending.pop(0))

    async def _tell(self, stream: str, command: object) -> None:
        """An incident that is over meanwhile needs it no more."""
        with suppress(say.Refused, LookupError):
            await self._ask(stream, command)

    async def _look(self, stream: str, slots: asyncio.Semaphore) -> None:
        """One look at one incident; a fault of it must not stop the others."""
        began = self._clock.now()
        try:
            if stream in self._open:
                await self._know(stream, self._open[stream])
            async with slots:
                if stream in self._open:
                    await self._look_at(stream, self._open[stream])
        except TimeoutError:
            extra = {"event": "evidence_late", "id": stream}
            logger.info("evidence for %s took too long", stream, extra=extra)
        except Exception:
            logger.exception("a look failed", extra={"event": "evidence_failed", "id": stream})
        finally:
            self._looking.discard(stream)
            if stream in self._open:
                self._looked[stream] = began
            self._stirred.set()

    async def _know(self, stream: str, state: Incident) -> None:
        """What needs no asking waits for nobody's answer: third parties, and probes that all fail."""
        self._signs[stream] = len(state.watched)
        found = third_party_of(self._config(), state, self._bodies)
        if found is not None and found.name != state.known.third_party_found:
            await self._tell(stream, found)
        known = self._gathered(state)
        if known.probes.all_fail or not self._config().sentry:
            await self._measure(stream, state, known)

    def _gathered(self, state: Incident) -> Gathered:
        now = self._clock.now()
        probes = probes_of(self._config(), state, self._told())
        span = around(now)
        crowded = any(failed_before(other, state, span.since) for other in self._all.values())
        return Gathered(onset=state.started_at, now=now, span=span, probes=probes, crowded=crowded)

    async def _look_at(self, stream: str, state: Incident) -> None:
        """The servers side by side; each says what it knows as soon as it knows it."""
        config, known = self._config(), self._gathered(state)
        async with asyncio.timeout(LOOK_WITHIN.total_seconds()), asyncio.TaskGroup() as group:
            for settings, issues in issues_by_source(config, state):
                if self._away.get(settings.name, known.now) > known.now:
                    continue
                look = Look(matter_of(config, settings, state, issues), self._world, self._missing(settings))
                mark = f" at sentry:{settings.name}" if len(config.sentry) > 1 else ""
                asking = self._ask_server(stream, state, look, replace(known, mark=mark))
                group.create_task(asking, name=f"evidence {stream}")

    async def _ask_server(self, stream: str, state: Incident, look: Look, known: Gathered) -> None:
        server = await self._server(look)
        if server is None:
            await self._measure(stream, state, known)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._changes(stream, look, server), name=f"evidence {stream} changes")
            await self._measure(stream, state, await look.impact(server, known))
            if known.now - state.opened.at < CAUSE_WITHIN and state.known.cause[0] != "known":
                found = await look.cause(server)
                if found is not None:
                    await self._tell(stream, found)
            deployed = state.response.deployed
            if deployed is not None and state.response.verifying and state.response.life is None:
                alive = await look.life(server, deployed, known.now)
                if alive is not None:
                    await self._tell(stream, alive)

    async def _server(self, look: Look) -> Server | None:
        """Whom we talk to is found out once in a while."""
        now = self._clock.now()
        known = self._servers.get(look.at)
        if known is not None and now - known[0] < SERVER_EVERY:
            return known[1]
        server = await look.server()
        if server is not None:
            self._servers[look.at] = (now, server)
        return server

    async def _changes(self, stream: str, look: Look, server: Server) -> None:
        for seen in await look.changes(server, self._clock.now()):
            await self._tell(stream, seen)

    async def _measure(self, stream: str, state: Incident, known: Gathered) -> None:
        """Say what each way counts; the operator's number is asked for where no other way has decided."""
        found = measures(known)
        if not any(decides(impact) for impact in found) and known.met is not None and known.active is None:
            counted = await self._active()
            if counted is not None:
                found = measures(replace(known, active=counted))
        before = state.known.impacts.get(PROBES)
        if before is not None and before.everyone and known.probes.one_passes:
            found = (*found, passed(known))
        for impact in found:
            await self._tell(stream, say.Measure(impact=impact))

    async def _active(self) -> Active | None:
        settings = self._config().evidence.active_users
        if settings is None:
            return None
        try:
            return await active.ask(settings, self._world)
        except active.NotTold as failure:
            self._say_missing("active_users", "active users", str(failure))
            return None

    def _missing(self, settings: SentrySettings) -> Callable[[str, Failure], None]:
        def missing(what: str, failure: Failure) -> None:
            if failure.wait is not None:
                self._away[settings.name] = self._clock.now() + failure.wait
            self._say_missing(f"sentry:{settings.name}", what, failure.detail)

        return missing

    def _say_missing(self, source: str, what: str, detail: str) -> None:
        """A gap is named once."""
        if len(self._said) >= SAID_MAX:
            self._said.clear()
        if (source, what, detail) not in self._said:
            self._said.add((source, what, detail))
            extra = {"event": "evidence_missing", "id": source}
            logger.info("%s: no %s: %s", source, what, detail, extra=extra)


def _searches(state: Incident) -> bool:
    """Not mitigated, and real: nothing happened in a drill."""
    return state.status != "watching" and not state.opened.drill
