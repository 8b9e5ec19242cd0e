"""What the Sentry tests need: settings, a world that reaches one server, one poll, and raw answers on a real socket."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx2
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from rules.signal import IssueSignal
from watcher.clock import Clock
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Issue, Project, Release, State, spread
from watcher.observation import Blind, Observation, Sweep
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.source import SentrySource
from watcher.world import World

TOKEN = "sntryi_0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
FIVE, HOUR = timedelta(minutes=5), timedelta(hours=1)
SHOP = Project(id="2", slug="shop", name="Shop")


def still() -> Clock:
    """A clock that stands at NOW: for one poll. The tracker's stands there too, so that both agree on the windows."""
    return Clock(wall=NOW.timestamp, monotonic=lambda: 0.0)


def moving() -> Clock:
    """A clock that begins at NOW and moves with the running loop: for several polls in virtual time."""
    loop = asyncio.get_running_loop()
    return Clock(wall=lambda: NOW.timestamp() + loop.time(), monotonic=loop.time)


def settings(url: str = "http://sentry.example", **changes: Any) -> SentrySettings:
    plain = {
        "name": "shop",
        "url": url,
        "organization": "acme",
        "token": SecretStr(TOKEN),
        "projects": [{"id": 2, "system": "web"}],
    }
    return SentrySettings.model_validate(plain | changes)


async def inline(call: Callable[..., Any], *arguments: Any) -> Any:
    return call(*arguments)


def world(
    transport: Callable[[], httpx2.AsyncBaseTransport] | None = None, clock: Clock | None = None
) -> World:
    """A world of which this source touches the clock, the network and chance."""
    untouched = cast("Any", None)
    return World(
        clock=clock or Clock(),
        http=transport or (lambda: httpx2.AsyncHTTPTransport(trust_env=False)),
        offload=inline,
        open_log=untouched,
        read_log=untouched,
        senders={},
        listen=untouched,
        notify=untouched,
        chance=random.Random(7),
        reached=lambda _: None,
    )


class Looking:
    """One source that polls when told: `once` brings the next observation."""

    def __init__(self, source: SentrySource) -> None:
        self.source = source
        self.nudge = asyncio.Event()
        self._seen: asyncio.Queue[Observation] = asyncio.Queue()
        self._go = asyncio.Semaphore(0)
        self._task = asyncio.create_task(source.run(self._submit, self.nudge))

    async def _submit(self, observation: Observation) -> None:
        self._seen.put_nowait(observation)

    async def once(self) -> Observation:
        getting = asyncio.ensure_future(self._seen.get())
        await asyncio.wait({getting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done():
            getting.cancel()
            self._task.result()
        return getting.result()

    async def end(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def looking(source: SentrySource) -> AsyncIterator[Looking]:
    look = Looking(source)
    try:
        yield look
    finally:
        await look.end()


async def poll(
    chosen: SentrySettings,
    world_: World,
    windows: tuple[timedelta, ...] = (FIVE,),
    memory: Mapping[str, Any] | None = None,
) -> Observation:
    """The first observation of a fresh source."""
    async with looking(SentrySource(chosen, world_, windows, memory or {})) as look:
        return await look.once()


def seen(observation: Observation) -> Sweep:
    assert isinstance(observation, Sweep), observation
    return observation


def blind(observation: Observation) -> Blind:
    assert isinstance(observation, Blind), observation
    return observation


def only(observation: Observation) -> IssueSignal:
    (signal,) = seen(observation).signals
    assert isinstance(signal, IssueSignal)
    return signal


def issue(key: str = "7", *, events: int = 90, users: int = 40, minutes: int = 4, **changes: Any) -> Issue:
    """A failing sign-in: so many events, spread over the minutes before NOW."""
    plain = {
        "id": key,
        "project": SHOP,
        "title": "CallbackRouteError: sign in failed",
        "error_type": "CallbackRouteError",
        "value": "sign in failed",
        "culprit": "/api/auth/callback",
        "url": "https://shop.example/api/auth/callback",
        "occurrences": spread(
            events=events,
            users=users,
            since=NOW - timedelta(minutes=minutes),
            until=NOW,
            release="shop@2.41.1",
        ),
    }
    return Issue(**(plain | changes))


def state(*issues: Issue, **changes: Any) -> State:
    release = Release(id=1, version="shop@2.41.1", created_at=NOW - HOUR, projects=(SHOP,))
    plain: dict[str, Any] = {"projects": (SHOP,), "releases": (release,), "issues": issues}
    return State(**(plain | changes))


@asynccontextmanager
async def server(
    answer: Callable[[str, dict[str, str], asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A real socket: `answer` gets the target, the headers, and writes what it likes."""
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:] if line)}
            await answer(head[0].split(" ")[1], headers, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def packed(status: int, body: Any, kind: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP answer. A body that is no bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        f"content-type: {kind}",
        f"content-length: {len(data)}",
        "connection: close",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


def always(raw: bytes) -> Callable[[str, dict[str, str], asyncio.StreamWriter], Awaitable[None]]:
    """Every request gets this."""

    async def answer(_: str, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    return answer


def row(key: str = "1", **changes: Any) -> dict[str, Any]:
    """A list row as small as servers send them."""
    plain = {
        "id": key,
        "count": "40",
        "userCount": 12,
        "title": "sign in failed",
        "level": "error",
        "firstSeen": "2026-11-25T02:58:00Z",
        "lastSeen": "2026-11-25T02:59:00Z",
        "project": {"id": "2", "slug": "shop"},
        "metadata": {"type": "CallbackRouteError", "value": "sign in failed"},
    }
    return plain | changes


class Noting:
    """Passes requests on, and notes their targets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.targets: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.targets.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await self.app(scope, receive, send)


def at_sentry(held: State, clock: Callable[[], Clock] = still, **changes: Any) -> tuple[World, Noting]:
    """A world that reaches the simulated tracker."""
    app = Noting(sentry_app(held, token=TOKEN, clock=clock(), **changes))
    return world(lambda: httpx2.ASGITransport(app=app), clock()), app


def scripted(answers: dict[str, tuple[int, Any]], clock: Callable[[], Clock] = still) -> World:
    """A world whose server answers by the end of the path; everything else is 404."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = [answers[end] for end in answers if request.url.path.endswith(end)]
        status, body = found[0] if found else (404, {"detail": "no such place"})
        return httpx2.Response(status, json=body)

    return world(lambda: httpx2.MockTransport(answer), clock())
