"""A whole daemon in virtual time on a shop of ours, with the command line and HTTP as the only hands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from notifiers.memory import MemorySender
from rules import load as rulebooks
from rules.yaml import compose
from tests.protocol.bridge import Terminal, terminal
from tests.protocol.town import Town, town_app
from tests.support import T0
from tests.theatre import clock, world
from tests.virtual import run
from watcher.config import Config
from watcher.daemon import daemon
from watcher.demo.sentry import sentry_app
from watcher.incident.event import Event
from watcher.log import Log
from watcher.log.memory import MemoryLog
from watcher.log.sqlite import SqliteLog
from watcher.opening import Governing

TOKEN = "sntryu_" + "5" * 64
CONFIG = """\
version: 1
service: {name: shop, public_url: "https://watcher.shop.example"}
contacts:
  ann: {targets: [ann-phone]}
  bob: {role: backup, targets: [bob-phone]}
  cara: {role: cto, targets: [cara-phone]}
targets:
  ann-phone: {apprise: "memory://127.0.0.1", wakes: true}
  bob-phone: {apprise: "memory://127.0.0.1", wakes: true}
  cara-phone: {apprise: "memory://127.0.0.1", wakes: true}
  status: {apprise: "memory://127.0.0.1", for: [publish]}
on_call: {default: ann}
stakeholders: {targets: [status], every: 30m}
health:
  defaults: {every: 30s, timeout: 5s}
  endpoints:
    - {name: api, url: "http://shop.example/api/health", system: api, critical: true}
"""
PROBE = """\
    - name: sign-in
      url: http://shop.example/api/auth/login
      system: auth
      category: authentication
      critical: true
      request: {method: POST, json: {email: probe}, expect: [200]}
"""
"""It covers what breaks."""
SENTRY = """\
sentry:
  - {name: shop, url: "http://sentry.example", organization: acme, token: "${PLAYED_TOKEN}", every: 60s}
"""


def governing(*, probe: bool = True, sentry: bool = True, more: str = "") -> Governing:
    os.environ["PLAYED_TOKEN"] = TOKEN
    text = CONFIG + (PROBE if probe else "") + (SENTRY if sentry else "") + more
    return Governing(config=compose(text, "watcher.yaml").check(Config), rulebook=rulebooks.load())


@dataclass
class _Ways(httpx2.AsyncBaseTransport):
    """To the shop, or to its Sentry."""

    town: Town
    shop: httpx2.ASGITransport
    sentry: httpx2.ASGITransport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "shop.example":
            return await self.shop.handle_async_request(request)
        if self.town.away:
            return httpx2.Response(503, json={"detail": "down for maintenance"})
        return await self.sentry.handle_async_request(request)


class Night:
    """One night of one shop. `watcher(...)` types a command; `phone` and `status` are what arrived there."""

    def __init__(self, governs: Governing, path: Path | None = None) -> None:
        self.governs = governs
        self.clock = clock()
        self._path, self._kept = path, MemoryLog()
        self.sender = MemorySender()
        self.town = Town(self.clock)
        self.face: httpx2.AsyncClient | None = None
        self.watcher: Terminal
        self._life: asyncio.Task[int] | None = None
        self._stop = asyncio.Event()

    # -- lives of the daemon

    async def begin(self) -> None:
        """The daemon starts, and has looked once."""
        plain = world(self._kept, self.sender)
        made = replace(plain, clock=self.clock, http=self._transport, listen=self._listen)
        if self._path is not None:
            made = replace(made, open_log=lambda _: SqliteLog(self._path), read_log=lambda _: self._reader())
        self._stop = asyncio.Event()
        self._life = asyncio.create_task(daemon(lambda: self.governs, made, stop=self._stop), name="daemon")
        await self.passes(seconds=2)
        assert self.face is not None

    async def dies(self) -> None:
        """Everything in memory is gone, at once."""
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life
        self._life = None

    async def restarts(self) -> None:
        await self.dies()
        await self.begin()

    def _transport(self) -> httpx2.AsyncBaseTransport:
        sentry = sentry_app(self.town, token=TOKEN, clock=self.clock)
        return _Ways(self.town, httpx2.ASGITransport(town_app(self.town)), httpx2.ASGITransport(sentry))

    @asynccontextmanager
    async def _listen(self, app: Any, address: str) -> AsyncIterator[str]:
        self.face = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")
        try:
            yield address
        finally:
            self.face = None

    # -- time

    async def passes(self, **span: float) -> None:
        await self.clock.sleep(timedelta(**span))

    async def at(self, minute: float) -> None:
        """Until so many minutes after the first signal."""
        await self.clock.wait(self.detected + timedelta(minutes=minute))

    @property
    def detected(self) -> datetime:
        return min(sign.seen_at for event in self.events("Opened") for sign in event.signs)

    # -- what can be read

    def _reader(self) -> Log:
        return SqliteLog(self._path, lease=False) if self._path is not None else self._kept

    def events(self, *kinds: str, number: int = 1) -> list[Any]:
        """The facts of an incident; all where no kind is named."""
        log = self._reader()
        rows = log.read(f"incident/{number}")
        log.close()
        return [row.event for row in rows if not kinds or type(row.event).__name__ in kinds]

    def minute(self, event: Event) -> float:
        return (event.at - self.detected) / timedelta(minutes=1)

    @property
    def phone(self) -> list[str]:
        """The titles on the phone of the one on call."""
        return self.titles("ann-phone")

    @property
    def status(self) -> list[str]:
        """What the stakeholders were sent, without the incident's name."""
        return [title.partition(": ")[2] for title in self.titles("status")]

    def titles(self, target: str) -> list[str]:
        return [page.title for page in self.sender.pages(target)]

    async def get(self, path: str) -> httpx2.Response:
        """What a browser sees."""
        assert self.face is not None
        return await self.face.get(path)

    async def shown(self, number: int = 1) -> dict[str, Any]:
        """The incident as the API shows it."""
        return dict((await self.get(f"/api/v1/incidents/INC-{number}")).json())

    async def clock_shown(self) -> dict[str, str]:
        """Each checkpoint by how it stands."""
        return {c["checkpoint"]: c["standing"] for c in (await self.shown())["checkpoints"]}

    async def breaks(self, release: str = "2.41.1") -> None:
        """A release goes out; minutes later sign-in breaks in it, and somebody is paged."""
        self.town.deploys(release)
        await self.passes(minutes=4)
        self.town.breaks()
        for _ in range(40):
            await self.passes(seconds=15)
            if self.events():
                return
        raise AssertionError("nothing opened an incident")


def played(scene: Callable[[Night], Awaitable[None]], *, path: Path | None = None, **governs: Any) -> None:
    """One night, from its evening to the end of the scene."""

    async def main() -> None:
        night = Night(governing(**governs), path)
        with terminal(lambda: night.face) as night.watcher:
            try:
                await night.begin()
                await scene(night)
            finally:
                await night.dies()

    run(main())


__all__ = ["T0", "Night", "played"]
