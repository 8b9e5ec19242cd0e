"""The whole daemon in virtual time: an application and a reference that answer as told, and phones that remember when."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx2

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from rules import load as rulebooks
from tests.theatre import CONFIG, governing, world
from watcher.daemon import daemon
from watcher.incident.event import Event
from watcher.log.memory import MemoryLog

WITH_REFERENCE = CONFIG + "blind: {reference: ['https://reference.example/']}\n"
SIGN_IN = b"<!doctype html><title>Sign in</title><form><input type=password></form>"

Answer = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


def well(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"status": "up", "version": "2.41.0"})


def fails(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(503, json={"status": "down"})


def asks_to_sign_in(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=SIGN_IN, headers={"content-type": "text/html"})


def nowhere(request: httpx2.Request) -> httpx2.Response:
    """Our own network is away: the system says so at once."""
    raise httpx2.ConnectError("no network", request=request) from OSError(101, "Network is unreachable")


async def swallows(_: httpx2.Request) -> httpx2.Response:
    """It is never answered, nor refused, not even once all is well again."""
    await asyncio.Event().wait()
    raise AssertionError


@dataclass(frozen=True)
class Rang:
    """One page that was taken: when, where, and what."""

    at: datetime
    target: str
    page: Page


class Phones(MemorySender):
    """Remembers when each page was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime]
        self.rang: list[Rang] = []
        self.reachable = True

    async def send(self, page: Page, destination: Destination) -> Receipt:
        if not self.reachable:
            return Receipt(outcome="refused", reason="unreachable", detail="no connection")
        receipt = await super().send(page, destination)
        self.rang.append(Rang(self.now(), destination.name, page))
        return receipt

    def wakes(self, target: str | None = None) -> list[Rang]:
        """The pages that ring."""
        return [r for r in self.rang if r.page.kind == "wake" and target in (None, r.target)]


@dataclass
class Ways(httpx2.AsyncBaseTransport):
    """To the tracker, or to everything else."""

    usual: httpx2.AsyncBaseTransport
    tracker: httpx2.AsyncBaseTransport | None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        way = self.tracker if request.url.host == "sentry.example" else None
        return await (way or self.usual).handle_async_request(request)


@dataclass
class Shop:
    """What is watched. `app` and `reference` may be exchanged at any moment."""

    text: str = WITH_REFERENCE
    app: Answer = well
    reference: Answer = well
    tracker: httpx2.AsyncBaseTransport | None = None  # where a Sentry at sentry.example answers
    phones: Phones = field(default_factory=Phones)
    log: MemoryLog = field(default_factory=MemoryLog)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        said = (self.reference if request.url.host == "reference.example" else self.app)(request)
        return said if isinstance(said, httpx2.Response) else await said

    def transport(self) -> httpx2.AsyncBaseTransport:
        return Ways(httpx2.MockTransport(self.answer), self.tracker)

    @asynccontextmanager
    async def watched(self, seed: int = 1) -> AsyncIterator[None]:
        """Inside, the daemon runs with the usual intervals and the shipped rules."""
        here = replace(world(self.log, self.phones, seed=seed), http=self.transport, listen=self._listening)
        self.now = self.phones.now = here.clock.now
        shipped, stop = replace(governing(self.text), rulebook=rulebooks.load()), asyncio.Event()
        living = asyncio.create_task(daemon(lambda: shipped, here, stop=stop))
        yield
        stop.set()
        assert await living == 0

    @asynccontextmanager
    async def _listening(self, app: Any, address: str) -> AsyncIterator[str]:
        self.face = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1")
        yield address

    async def acknowledge(self, incident: str) -> None:
        """Ann has it."""
        answer = await self.face.post(f"/api/v1/incidents/{incident}/ack", json={"as": "ann"})
        assert answer.status_code == 200, answer.text

    def facts(self, stream: str = "incident/1") -> list[Event]:
        return [row.event for row in self.log.read(stream)]

    def names(self, stream: str = "incident/1") -> Counter[str]:
        """How often each kind of fact is in the stream."""
        return Counter(type(fact).__name__ for fact in self.facts(stream))


async def passes(**span: float) -> None:
    await asyncio.sleep(timedelta(**span).total_seconds())
