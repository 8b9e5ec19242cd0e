"""The health source against real servers on loopback: each way to be down, to be unknown, and to come back."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import httpx2
import pytest

from rules.signal import HealthSignal
from tests.virtual import run
from watcher.clock import Clock
from watcher.observation import Observation, Sweep
from watcher.settings.endpoint import Endpoint
from watcher.sources.health import ALIVE_EVERY, HealthSource
from watcher.world import World

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SHORT = {"every": "50ms", "retry_every": "20ms", "timeout": "300ms", "unknown_after": "200ms"}


def world(clock: Clock | None = None, transport: Callable[[], Any] | None = None) -> World:
    """A world of which the health source touches three things."""
    live = transport or (lambda: httpx2.AsyncHTTPTransport(trust_env=False))
    untouched = cast("Any", None)
    return World(
        clock=clock or Clock(),
        http=live,
        offload=untouched,
        open_log=untouched,
        read_log=untouched,
        senders={},
        listen=untouched,
        notify=untouched,
        chance=random.Random(7),
        reached=lambda _: None,
    )


def says(*parts: bytes) -> Answer:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def page(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.close()
        listening.close()


class Server:
    """Reads a request's head, then does what it was told; what it does can be exchanged while it runs."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.port = answer, 0
        self.heads: list[bytes] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await self.answer(reader, writer)
        writer.close()

    def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()


class Watched:
    """A source that runs, and what it told."""

    def __init__(self, url: str, *, in_world: World | None = None, **settings: Any) -> None:
        endpoint = Endpoint.model_validate({"name": "api", "url": url, "critical": True, **SHORT, **settings})
        self.source = HealthSource(endpoint, in_world or world())
        self.told: list[Sweep] = []
        self.nudge = asyncio.Event()
        self._heard = asyncio.Event()

    async def submit(self, observation: Observation) -> None:
        assert isinstance(observation, Sweep)
        self.told.append(observation)
        self._heard.set()

    async def until(self, state: str) -> HealthSignal:
        """The first signal of this state, awaited."""
        async with asyncio.timeout(10):
            while not (found := [s for s in self.signals if s.state == state]):
                self._heard.clear()
                await self._heard.wait()
        return found[0]

    @property
    def signals(self) -> list[HealthSignal]:
        return [cast("HealthSignal", signal) for sweep in self.told for signal in sweep.signals]


@asynccontextmanager
async def watching(url: str, **settings: Any) -> AsyncIterator[Watched]:
    watched = Watched(url, **settings)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(watched.source.run(watched.submit, watched.nudge))
        try:
            yield watched
        finally:
            running.cancel()


async def first(answer: Answer, state: str, **settings: Any) -> HealthSignal:
    async with (
        serving(answer) as server,
        watching(f"http://127.0.0.1:{server.port}/health", **settings) as watched,
    ):
        return await watched.until(state)


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
    for _ in range(100):
        writer.write(b" " * 2**20)
        await writer.drain()


async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{")
    await writer.drain()
    await reader.read()


DOWN = [
    ("reset", reset),
    ("timed out after 0.3 s", hang),
    ("timed out after 0.3 s", dribble),
    ("closed without a whole answer", says(b"")),
    ("closed without a whole answer", says(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{")),
    ("it answers 503 without a body", says(page(503, b""))),
    ("it answers 503; it says up", says(page(503, b'{"status":"ok"}'))),
    ("it says down; database fails", says(page(200, b'{"status":"down","database":"down"}'))),
]


@pytest.mark.parametrize(("words", "answer"), DOWN, ids=[f"{n} {row[0]}" for n, row in enumerate(DOWN)])
async def test_each_way_to_be_down_is_told_with_its_reason(words: str, answer: Answer) -> None:
    """Resets, timeouts, torn answers, 5xx and a body that says so: down, in words of ours."""
    signal = await first(answer, "down")
    assert signal.reason == words
    assert (signal.source, signal.key, signal.critical) == ("health:api", "api", True)
    assert signal.started_at is not None
    assert signal.started_at <= signal.at


async def test_a_refused_connection_is_down() -> None:
    """Nobody listens: down."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    async with watching(f"http://127.0.0.1:{port}/") as watched:
        assert (await watched.until("down")).reason == "refused"


UNKNOWN = [
    says(page(200, b"<html><title>Log in</title></html>", "content-type: text/html")),
    says(page(404, b"")),
    says(page(302, b"", "location: https://login.example/")),
    says(page(200, b'{"status":"ok","chec')),
    says(b"220 mail.example ESMTP\r\n\r\n"),
    endless,
]


@pytest.mark.parametrize("answer", UNKNOWN, ids=range(len(UNKNOWN)))
async def test_what_does_not_speak_of_health_is_unknown_after_a_while_and_never_up(answer: Answer) -> None:
    """Sign-in pages, wrong addresses, foreign redirects, torn JSON, other protocols, endless bodies: unknown."""
    async with serving(answer) as server, watching(f"http://127.0.0.1:{server.port}/health") as watched:
        signal = await watched.until("unknown")
        assert signal.started_at is not None
        assert signal.at - signal.started_at >= timedelta(milliseconds=200)
        assert {one.state for one in watched.signals} == {"unknown"}


async def test_a_name_that_does_not_resolve_is_unknown() -> None:
    """A resolver's fault may be our own: unknown, not down."""

    def unresolved(request: httpx2.Request) -> httpx2.Response:
        try:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        except OSError as error:
            raise httpx2.ConnectError("no", request=request) from error

    async with watching(
        "http://shop.invalid/", in_world=world(transport=lambda: httpx2.MockTransport(unresolved))
    ) as watched:
        assert (await watched.until("unknown")).reason == "name not found"


async def test_failing_and_coming_back_are_told_once_each_and_at_once() -> None:
    """Up, down after its row of bad answers, up again after its row of good ones: three sweeps, nothing between."""
    async with serving(says(page(200, b'{"status":"ok","version":"2.41.0"}'))) as server:
        async with watching(f"http://127.0.0.1:{server.port}/health?token=secret") as watched:
            up = await watched.until("up")
            server.answer = says(page(500, b"password=hunter22 broken"))
            down = await watched.until("down")
            server.answer = says(page(200, b"ok"))
            while watched.signals[-1].state != "up":
                await asyncio.wait_for(_heard(watched), 10)
        assert [signal.state for signal in watched.signals] == ["up", "down", "up"]
        assert (up.version, up.url) == ("2.41.0", f"http://127.0.0.1:{server.port}/health")
        assert "hunter22" not in down.detail
        assert "broken" in down.detail
        assert all(sweep.complete == bool(sweep.signals) for sweep in watched.told)


async def _heard(watched: Watched) -> None:
    watched._heard.clear()
    await watched._heard.wait()


async def test_a_redirect_to_the_same_host_is_followed_and_a_loop_is_not() -> None:
    """A trailing slash is no failure; a loop, and another host, are not followed."""

    async def slash(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = server.heads[-1].split()[1] == b"/health/"
        writer.write(
            page(200, b"ok") if last else page(301, b"", "location: /health/", "set-cookie: seen=1; Path=/")
        )

    async def loop(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other = b"/a" if server.heads[-1].split()[1] == b"/b" else b"/b"
        writer.write(page(302, b"", f"location: {other.decode()}"))

    async with serving(slash) as server, watching(f"http://127.0.0.1:{server.port}/health") as watched:
        await watched.until("up")
        assert not any(b"cookie" in head.lower() for head in server.heads)
    async with serving(loop) as server, watching(f"http://127.0.0.1:{server.port}/a") as watched:
        assert (await watched.until("unknown")).reason == "it redirects without end"


async def test_a_probe_sends_what_it_was_told_and_no_cookie_of_the_last_one() -> None:
    """Method, headers and body go out as configured; a session of a former probe never does."""
    bodies: list[bytes] = []
    twice = asyncio.Event()

    async def sign_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(14))
        if len(bodies) > 1:
            twice.set()
        writer.write(page(200, b'{"token":"x"}', "set-cookie: session=1; Path=/"))

    request = {"method": "POST", "headers": {"X-Probe": "1"}, "json": {"name": "ann"}, "expect": [200]}
    async with (
        serving(sign_in) as server,
        watching(f"http://127.0.0.1:{server.port}/login", request=request) as watched,
    ):
        await watched.until("up")
        await asyncio.wait_for(twice.wait(), 10)
    assert bodies[0] == bodies[1] == b'{"name":"ann"}'
    assert server.heads[1].startswith(b"POST /login HTTP/1.1\r\n")
    assert b"x-probe: 1" in server.heads[1].lower()
    assert b"cookie" not in server.heads[1].lower()


async def test_a_packed_body_never_grows_beyond_the_cap() -> None:
    """A small packed answer that unpacks to a gigabyte is too long, not a full memory."""
    bomb = gzip.compress(b" " * 50_000_000)
    signal = await first(says(page(200, bomb, "content-encoding: gzip")), "unknown")
    assert signal.reason == "the answer is longer than 256 KiB"
    packed = gzip.compress(b'{"status":"ok"}')
    assert (await first(says(page(200, packed, "content-encoding: gzip")), "up")).state == "up"


async def test_a_dead_app_is_down_within_a_minute_at_the_default_settings() -> None:
    """Interval, timeouts and retries of the defaults add up to less than a minute, whatever way it dies."""
    defaults = Endpoint.model_validate({"name": "api", "url": "http://127.0.0.1/"})
    worst = (
        defaults.every
        + defaults.fail_after * defaults.timeout
        + (defaults.fail_after - 1) * defaults.retry_every
    )
    assert worst < timedelta(seconds=60)


TAKES = timedelta(milliseconds=137)
"""What each answer takes in virtual time: an interval that is counted from its end would drift by it."""


class Virtual:
    """A source in virtual time: its answers are counted with their moments."""

    def __init__(self, answer: Callable[[], httpx2.Response], **settings: Any) -> None:
        loop = asyncio.get_running_loop()
        self.clock = Clock(wall=lambda: 1_800_000_000 + loop.time(), monotonic=loop.time)
        self.asked: list[float] = []

        async def handle(_: httpx2.Request) -> httpx2.Response:
            self.asked.append(loop.time())
            await self.clock.sleep(TAKES)
            return answer()

        transport = world(self.clock, lambda: httpx2.MockTransport(handle))
        settings = {"every": "10s", "retry_every": "2s", "timeout": "5s", "unknown_after": "3m", **settings}
        self.watched = Watched("http://shop.example/health", in_world=transport, **settings)

    async def run(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.watched.source.run(self.watched.submit, self.watched.nudge)


def virtually(answer: Callable[[], httpx2.Response], seconds: float, **settings: Any) -> Virtual:
    async def main() -> Virtual:
        virtual = Virtual(answer, **settings)
        await virtual.run(seconds)
        return virtual

    return run(main())


def test_the_grid_does_not_drift() -> None:
    """After an hour the looks still stand on the same grid, however long each of them took."""
    asked = virtually(lambda: httpx2.Response(200, text="ok"), 3600).asked
    assert asked[0] == 0
    assert len(asked) in {360, 361, 362}
    phase = asked[1]
    assert all(abs((moment - phase) % 10) < 0.01 or (moment - phase) % 10 > 9.99 for moment in asked[1:])


def test_a_state_that_stays_is_told_every_ten_seconds_at_most() -> None:
    """Proof of life: a healthy endpoint is told once in ten seconds, also where it is asked each second."""
    told = virtually(lambda: httpx2.Response(200, text="ok"), 600, every="1s").watched.told
    assert 55 <= len(told) <= 60
    assert all(after.at - before.at >= ALIVE_EVERY for before, after in pairwise(told))


def test_a_suspected_failure_is_asked_again_soon() -> None:
    """The first bad answer is followed by two more after two seconds each, then it is told, then the grid goes on."""
    failing = virtually(lambda: httpx2.Response(500), 60)
    assert [round(moment, 2) for moment in failing.asked[:3]] == [0, 2.14, 4.27]
    assert failing.watched.signals[0].state == "down"
    assert failing.asked[4] - failing.asked[3] == pytest.approx(10)


def test_unknown_is_silent_for_three_minutes_then_told() -> None:
    """What does not speak of health is neither failing nor clean: nothing is told until it has lasted."""
    silent = virtually(lambda: httpx2.Response(404), 179).watched.told
    assert {(sweep.signals, sweep.complete, sweep.unseen) for sweep in silent} == {
        ((), False, ("health:api api",))
    }
    told = virtually(lambda: httpx2.Response(404), 200).watched.signals
    assert {signal.state for signal in told} == {"unknown"}


def test_nothing_of_a_probe_is_shown_by_its_source() -> None:
    """The source's repr names it and nothing of its request."""
    endpoint = Endpoint.model_validate({"name": "api", "url": "http://127.0.0.1/?key=swordfish"})
    assert repr(HealthSource(endpoint, world())) == "HealthSource('health:api')"


def test_reading_is_quick_enough_for_a_hundred_endpoints_a_second() -> None:
    """A look costs so little that a hundred a second leave the core idle most of the time."""
    began = time.process_time()
    looks = virtually(
        lambda: httpx2.Response(200, text='{"status":"ok","database":"up"}'), 1000, every="1s"
    ).asked
    assert (time.process_time() - began) / len(looks) < 0.005
