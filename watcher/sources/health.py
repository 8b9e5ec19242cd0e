"""Health endpoints: each is asked on a fixed grid of time, and what it is taken for is told.

`HealthSource` is the shell: it waits, probes, and submits. What an answer means is in rules.health and
`expectation`, when it counts in `hysteresis`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

from rules.mask import clean, mask
from rules.signal import HealthSignal, HealthState
from watcher.observation import Submit, Sweep
from watcher.settings.endpoint import Endpoint
from watcher.sources.hysteresis import Limits, Standing, observe
from watcher.sources.probe import Looked, probe, request_of
from watcher.world import World

ALIVE_EVERY = timedelta(seconds=10)
"""An unchanged state is told again so often: proof that somebody looks."""

CLIENT_AGE_MAX = timedelta(minutes=10)
"""A connection kept for ever never sees a certificate expire or an address move."""

REASONS_MAX = 3
DETAIL_MAX = 300
DETAIL_READ_MAX = 8000
"""Masked before it is cut, so that no secret is halved into something that looks like none."""


class HealthSource:
    """Watches one endpoint through its own client and connection."""

    def __init__(self, endpoint: Endpoint, world: World) -> None:
        self.name = f"health:{endpoint.name}"
        self._endpoint = endpoint
        self._world = world
        self._clock = world.clock
        self._standing = Standing()
        self._told_at: datetime | None = None
        self._limits = Limits(
            fail_after=endpoint.fail_after,
            pass_after=endpoint.pass_after,
            unknown_after=endpoint.unknown_after,
        )

    def __repr__(self) -> str:
        return f"HealthSource({self.name!r})"

    async def run(self, submit: Submit, nudge: asyncio.Event) -> None:
        """Ask at once, then on the grid, until cancelled. The grid has a phase by chance, so that many do not beat in step."""
        phase = self._world.chance.random() * self._endpoint.every
        grid = self._clock.now() + phase
        while True:
            opened = self._clock.now()
            async with self._client() as client:
                request = request_of(client, self._endpoint, self._endpoint.url)
                while self._clock.now() - opened < CLIENT_AGE_MAX:
                    await self._look(client, request, submit)
                    await self._clock.wait(self._next(grid, self._clock.now()), nudge)
                    nudge.clear()

    async def glance(self) -> Looked:
        """Ask once, for a check-up; nothing is told."""
        async with self._client() as client:
            request = request_of(client, self._endpoint, self._endpoint.url)
            return await probe(client, request, self._endpoint, self._clock)

    def _client(self) -> httpx2.AsyncClient:
        """One connection, no proxy, no cookies: yesterday's session must not carry today's sign-in probe."""
        none = CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
        return httpx2.AsyncClient(
            transport=self._world.http(), trust_env=False, follow_redirects=False, timeout=None, cookies=none
        )

    def _next(self, grid: datetime, now: datetime) -> datetime:
        """The next look: soon while a failure is suspected, else at the next point of the grid."""
        every = self._endpoint.every
        if self._standing.suspected:
            return now + min(every, self._endpoint.retry_every)
        return grid if now < grid else grid + ((now - grid) // every + 1) * every

    async def _look(self, client: httpx2.AsyncClient, request: httpx2.Request, submit: Submit) -> None:
        looked = await probe(client, request, self._endpoint, self._clock)
        now, state = self._clock.now(), looked.reading.state
        before, self._standing = self._standing, observe(self._standing, state, now, self._limits)
        if self._worth_telling(before, now):
            await submit(Sweep(source=self.name, at=now, signals=(self._signal(looked, now),)))
            self._told_at = now
        elif not self._standing.settled and (state == "down" or state != before.last or self._silent(now)):
            await submit(self._doubt(state, now))
            self._told_at = now

    def _worth_telling(self, before: Standing, now: datetime) -> bool:
        """A change at once; what goes on, now and then. In doubt it is neither failing nor clean."""
        if not self._standing.settled:
            return False
        return before.judged != self._standing.judged or self._silent(now)

    def _silent(self, now: datetime) -> bool:
        return self._told_at is None or now - self._told_at >= ALIVE_EVERY

    def _doubt(self, state: HealthState, now: datetime) -> Sweep:
        """It looked, and cannot say: a bad answer that is not yet a failure breaks off what was clean."""
        ref = (f"{self.name} {self._endpoint.name}",)
        doubtful, unseen = (ref, ()) if state == "down" else ((), ref)
        return Sweep(source=self.name, at=now, signals=(), complete=False, doubtful=doubtful, unseen=unseen)

    def _signal(self, looked: Looked, now: datetime) -> HealthSignal:
        endpoint, reading = self._endpoint, looked.reading
        return HealthSignal(
            source=self.name,
            key=endpoint.name,
            at=now,
            started_at=self._standing.started_at,
            state=reading.state,
            reason="; ".join(reading.because[:REASONS_MAX]),
            detail="" if reading.state == "up" else _excerpt(looked.body),
            failed_components=reading.failed_components,
            critical=endpoint.critical,
            category=endpoint.category,
            system=endpoint.system,
            environment=endpoint.environment,
            version=reading.version,
            url=endpoint.shown_url,
            announced=reading.announced,
            on_the_way=looked.on_the_way,
        )


def _excerpt(body: bytes) -> str:
    """The beginning of a bad answer, masked; one line."""
    text = mask(body[:DETAIL_READ_MAX].decode("utf-8", "replace"))
    return clean(" ".join(text.split()), DETAIL_MAX)
