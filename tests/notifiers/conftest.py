"""A real HTTP receiver on loopback that answers as its path says, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from notifiers.page import Page

ANSWERS = {
    "ok": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "401": b"HTTP/1.1 401 no\r\nContent-Length: 0\r\n\r\n",
    "403": b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n",
    "404": b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 wait\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
    "429-date": b"HTTP/1.1 429 wait\r\nDate: Wed, 25 Nov 2026 03:00:00 GMT\r\n"
    b"Retry-After: Wed, 25 Nov 2026 03:00:30 GMT\r\nContent-Length: 0\r\n\r\n",
    "429-json": b'HTTP/1.1 429 wait\r\nContent-Length: 19\r\n\r\n{"retry_after":1.5}',
    "429-telegram": b'HTTP/1.1 429 wait\r\nContent-Length: 34\r\n\r\n{"parameters":{"retry_after": 12}}',
    "429-nonsense": b"HTTP/1.1 429 wait\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 oh\r\nContent-Length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 302 go\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    "broken": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf",
    "500-broken": b"HTTP/1.1 500 oh\r\nContent-Length: 500\r\n\r\nhalf",
    "garbage": b"SSH-2.0-OpenSSH\r\n",
}


@dataclass(slots=True)
class Receiver:
    """`bodies` are what was posted, by path."""

    port: int = 0
    bodies: list[tuple[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    bytes_sent: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The writer is closed at the client's end: else the task and its connection are garbage while they are in use."""
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(x[15:]) for x in head.split("\r\n") if x.lower().startswith("content-length:")), 0)
        path = head.split(" ")[1].partition("?")[0]
        self.bodies.append((path, (await reader.readexactly(length)).decode()))
        self.arrived.set()
        word = path.split("/")[1]
        if word == "reset":
            writer.transport.abort()
            return
        if word == "drip":
            await self._drip(writer)
        elif word != "hang":
            writer.write(ANSWERS.get(word, ANSWERS["ok"]))
            await writer.drain()
            if word in ("broken", "500-broken", "garbage"):
                return
        while await reader.read(65_536):
            pass

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        """An answer without an end."""
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            self.bytes_sent += 0x2000
            await writer.drain()


Receive = Callable[..., Awaitable[Receiver]]


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
def page() -> Page:
    return Page(
        id="INC-1042/3@ann-phone",
        kind="wake",
        title="INC-1042 shop: P0 authentication: @everyone [look](https://evil.example) <!channel>",
        lines=("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)", "What: <i>x</i> & `y` <@U1>"),
        link="https://watcher.shop.example/ack/abc",
        command="watcher ack INC-1042",
    )
