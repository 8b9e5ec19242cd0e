"""Every way in which an application can be down rings; what does not speak of health is unknown, and rings later.

With real processes and short intervals, and in virtual time with the intervals that hold where nothing is said.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx2
import pytest

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from rules import load as rulebooks
from tests.crash.stage import free_port
from tests.outside import App, Pager, Served, reply
from tests.theatre import governing, world
from tests.virtual import run
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings
from watcher.daemon import daemon
from watcher.log.memory import MemoryLog

LOGIN = b"<!doctype html><title>Sign in</title><form><input type=password></form>"
LOOKS = 6
"""Answers after which a good endpoint has long been called well: twice in a row is enough."""
WELL = {"status": "up", "version": "2.41.0"}

Answer = Callable[[httpx2.Request], Awaitable[httpx2.Response]]


@contextmanager
def silent(*, reset: bool) -> Iterator[str]:
    """A server that takes connections and never answers; or resets them."""
    linger = struct.pack("ii", 1, 0)  # closing sends RST
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return
                if reset:
                    taken[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    taken.pop().close()

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    for connection in taken:
        connection.close()


def test_refused_silent_reset_and_503_each_ring(tmp_path: Path) -> None:
    """Each endpoint is an incident of its own here, and each page says what its endpoint did."""
    with (
        App() as app,
        Pager() as pager,
        silent(reset=False) as hanging,
        silent(reset=True) as resetting,
    ):
        app.broken = True
        addresses = {
            "refused": f"127.0.0.1:{free_port()}",
            "timed out": hanging,
            "reset": resetting,
            "database": app.address,
        }
        endpoints = [
            endpoint(f"e{n}", f"http://{address}/api/health", timeout="300ms")
            for n, address in enumerate(addresses.values())
        ]
        config = settings(pager.address, health={"endpoints": endpoints}, rules={"group_by": ["source"]})
        with Watcher(tmp_path, config) as watcher:
            assert pager.wait_for(lambda _: len(set(incident_pages(pager))) == len(addresses), 10), (
                watcher.said
            )
            for n, words in enumerate(addresses):
                (page,) = [got for got in pager.got if f"e{n}" in got.title + got.text]
                assert words in (page.title + page.text).lower(), page
            assert len(incident_pages(pager)) == len(addresses)


class Front(Served):
    """A health endpoint with something before it: 503 at first, then a login page with 200, then well."""

    def __init__(self) -> None:
        super().__init__()
        self.show(503, b'{"status":"down"}', "application/json")

    def show(self, status: int, body: bytes, kind: str) -> None:
        self.status, self.body, self.kind = status, body, kind
        self.shown = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.shown += 1
        reply(request, self.status, self.body, self.kind)


def test_a_login_page_heals_nothing(tmp_path: Path) -> None:
    """A 200 that is a page to sign in is unknown: the incident goes on failing until health itself is heard again."""
    with Front() as front, Pager() as pager:
        endpoints = [endpoint("api", f"http://{front.address}/api/health", unknown_after="500ms")]
        config = settings(pager.address, health={"endpoints": endpoints})
        with Watcher(tmp_path, config) as watcher:
            assert pager.wait_for(bool, 5), watcher.said
            front.show(200, LOGIN, "text/html")
            assert holds(lambda: front.shown > LOOKS), watcher.said
            (signal,) = watcher.api("/incidents/INC-1")["signals"]
            assert (signal["failing"], signal["clean_since"]) == (True, None)
            assert holds(lambda: watcher.source("health:api")["health"] == "unknown"), watcher.said
            assert "health:api  unknown, looked" in watcher.command("status").stdout
            front.show(200, b'{"status":"up"}', "application/json")
            assert holds(lambda: not watcher.api("/incidents/INC-1")["signals"][0]["failing"]), watcher.said


async def refused(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


async def hangs(_: httpx2.Request) -> httpx2.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def resets(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadError("reset by peer", request=request)


async def fails(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(503, json={"status": "down"})


async def asks_to_sign_in(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, content=LOGIN, headers={"content-type": "text/html"})


class Phones(MemorySender):
    """Remembers what is sent, and when a phone first rang."""

    def __init__(self) -> None:
        super().__init__()
        self.rang = asyncio.Event()

    async def send(self, page: Page, destination: Destination) -> Receipt:
        receipt = await super().send(page, destination)
        if page.kind == "wake" and destination.name == "ann-phone":
            self.rang.set()
        return receipt


class Life:
    """The whole daemon in virtual time, with the intervals that hold where nothing is said and the shipped rules."""

    def __init__(self) -> None:
        self.sender = Phones()
        self.answer: Answer | None = None  # None: well
        self.now: Callable[[], datetime]

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=WELL) if self.answer is None else await self.answer(request)

    @asynccontextmanager
    async def watched(self, seed: int) -> AsyncIterator[None]:
        here = world(MemoryLog(), self.sender, seed=seed)
        here = replace(here, http=lambda: httpx2.MockTransport(self._answer))
        self.now, stop = here.clock.now, asyncio.Event()
        shipped = replace(governing(), rulebook=rulebooks.load())
        living = asyncio.create_task(daemon(lambda: shipped, here, stop=stop))
        yield
        stop.set()
        assert await living == 0

    async def rings_within(self, answer: Answer, limit: timedelta) -> timedelta:
        """From the moment at which it breaks until a phone rings."""
        broke, self.answer = self.now(), answer
        with suppress(TimeoutError):
            async with asyncio.timeout(limit.total_seconds() + 1):
                await self.sender.rang.wait()
        return self.now() - broke


@pytest.mark.parametrize("answer", [refused, hangs, resets, fails])
@pytest.mark.parametrize("moment", [0, 3, 7, 9.9])
def test_a_dead_application_rings_within_a_minute(answer: Answer, moment: float) -> None:
    """With the default intervals, wherever between two looks it dies and however it is dead."""

    async def main() -> None:
        life = Life()
        async with life.watched(seed=int(10 * moment)):
            await asyncio.sleep(120 + moment)
            assert life.sender.pages("ann-phone") == []
            assert await life.rings_within(answer, timedelta(seconds=60)) <= timedelta(seconds=60)

    run(main())


@pytest.mark.parametrize("moment", [0, 3, 7, 9.9])
def test_an_endpoint_that_asks_to_sign_in_rings_within_four_minutes(moment: float) -> None:
    """A 200 with a page to sign in is not up; it is unknown, and a critical endpoint may not be so for long."""

    async def main() -> None:
        life = Life()
        async with life.watched(seed=int(10 * moment)):
            await asyncio.sleep(120 + moment)
            after = await life.rings_within(asks_to_sign_in, timedelta(minutes=4))
            assert timedelta(minutes=3) <= after <= timedelta(minutes=4)
            (page,) = life.sender.pages("ann-phone")
            assert "no longer speaks of its health" in "\n".join(page.lines)

    run(main())
