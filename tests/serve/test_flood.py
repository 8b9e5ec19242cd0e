"""Connections to the web on real sockets: how many, how silent and how old they may be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from watcher.live import Bounds, listen

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
PATIENT = Bounds(connections=5, silence=60, life=60)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Web:
    """An application that answers "well" as soon as it may, and somebody who connects to it."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.may.set()
        self.asked = asyncio.Event()
        self.address = ""
        self._open: list[asyncio.StreamWriter] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        await self.may.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"well"})

    async def connect(self) -> Connection:
        host, _, port = self.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self._open.append(writer)
        return reader, writer

    async def answered(self) -> bool:
        """Whether somebody new is answered now."""
        reader, writer = await self.connect()
        writer.write(ASK)
        try:
            return b"well" in await within(reader.readuntil(b"well"))
        except (asyncio.IncompleteReadError, ConnectionError):
            return False

    def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()


async def within(what: Awaitable[bytes]) -> bytes:
    return await asyncio.wait_for(what, 10)


async def ended(connection: Connection) -> bool:
    """It ends without an answer."""
    try:
        return await within(connection[0].read()) == b""
    except ConnectionError:
        return True


@asynccontextmanager
async def web(bounds: Bounds) -> AsyncIterator[Web]:
    app = Web()
    async with listen(app, "127.0.0.1:0", bounds) as app.address:
        try:
            yield app
        finally:
            app.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            pass


async def test_more_connections_than_may_be_are_ended_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """A flood takes no more than its share of the descriptors; when it ebbs, others are answered again."""
    with caplog.at_level(logging.DEBUG):
        async with web(PATIENT) as app:
            held = [await app.connect() for _ in range(5)]
            assert [await ended(await app.connect()) for _ in range(20)] == [True] * 20
            assert not any(reader.at_eof() for reader, _ in held)
            held[0][1].close()
            await until(app.answered)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_whoever_says_nothing_or_trickles_is_ended() -> None:
    """A connection that never comes to a whole request holds nothing for long."""
    async with web(Bounds(silence=0.2)) as app:
        silent, trickling = await app.connect(), await app.connect()
        trickling[1].write(ASK[:-2])
        assert await ended(silent)
        assert await ended(trickling)
        assert not app.asked.is_set()


async def test_whoever_has_asked_is_answered_however_long_it_takes() -> None:
    """The end of the silent ones is no end for a request that is being answered."""
    async with web(Bounds(silence=0.2)) as app:
        app.may.clear()
        asking = await app.connect()
        asking[1].write(ASK)
        await app.asked.wait()
        assert await ended(await app.connect())  # began later, so the other's time is over as well
        app.may.set()
        assert b"well" in await within(asking[0].readuntil(b"well"))


async def test_a_connection_that_lives_on_is_ended() -> None:
    """Trickling a second request is no way to stay either."""
    async with web(Bounds(life=0.4)) as app:
        reader, writer = await app.connect()
        writer.write(ASK)
        await within(reader.readuntil(b"well"))
        writer.write(ASK[:-2])
        assert await ended((reader, writer))
