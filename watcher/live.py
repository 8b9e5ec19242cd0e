"""The live World: real time, real sockets, real threads. Only here and in tests is a World built."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import gc
import logging
import random  # noqa: TID251 - chance is built here and handed on
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from notifiers.apprise import AppriseSender, warm
from notifiers.console import ConsoleSender
from notifiers.send import scheme_of
from watcher.broker import Broker, Will
from watcher.care.sd_notify import notify
from watcher.clock import Clock
from watcher.loading import load
from watcher.log.sqlite import SqliteLog
from watcher.opening import Governing
from watcher.settings.care import Errors
from watcher.settings.mqtt import MqttSettings
from watcher.world import CheckIn, World

logger = logging.getLogger(__name__)

T = TypeVar("T")

THREADS = 4
"""For the log's writer, its readers and what else blocks; sends have their own pool."""
READY_AFTER_SECONDS = 0.5
"""The first look has left by then; a page for it takes seconds more."""
SHUTDOWN_SECONDS = 2
"""An open page may finish; a stop takes at most five seconds in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What connections to the web may take of us, in number and in seconds.

    Each holds a file descriptor, of which a process has a thousand, and pages need some. `silence` is for a first
    request, whole but for its body; `life` is longer than any answer, and ends also what trickles on.
    """

    connections: int = 150
    silence: float = 10
    life: float = 60


class _Bounded(H11Protocol):
    """The usual protocol, with an end to connections that are too many, too silent or too old."""

    def __init__(self, bounds: Bounds, **given: Any) -> None:
        super().__init__(**given)
        self._bounds = bounds
        self._ends: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self._bounds.connections:
            self.transport = transport
            transport.abort()
            return
        super().connection_made(transport)
        self._ends = [
            self.loop.call_later(self._bounds.silence, self._end_silence),
            self.loop.call_later(self._bounds.life, transport.abort),
        ]

    def connection_lost(self, exc: Exception | None) -> None:
        for end in self._ends:  # each would hold on to a connection that is gone
            end.cancel()
        super().connection_lost(exc)

    def _end_silence(self) -> None:
        if self.cycle is None:
            self.transport.abort()


def live_world() -> World:
    """A World that touches the real one."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="offload")
    tls = ssl.create_default_context()  # one for all: making it costs 20 ms

    def offload(call: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(threads, partial(call, *arguments))

    def transport() -> httpx2.AsyncBaseTransport:
        limits = httpx2.Limits(max_connections=2, max_keepalive_connections=1)
        return httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)

    return World(
        clock=Clock(),
        http=transport,
        offload=offload,
        open_log=SqliteLog,
        read_log=partial(SqliteLog, lease=False),
        senders={"": AppriseSender(), "console": ConsoleSender()},
        listen=listen,
        notify=notify,
        chance=random.Random(),  # noqa: S311 - jitter, no secret
        reached=lambda _: None,
        mqtt=_mqtt,
        own_errors=_own_errors,
    )


def _mqtt(settings: MqttSettings, will: Will) -> AbstractAsyncContextManager[Broker]:
    """The library is imported by those who have a broker."""
    from watcher.serve.mqtt.client import connect

    return connect(settings, will)


def _own_errors(settings: Errors, version: str) -> CheckIn | None:
    """An extra that is not installed must not keep anybody from being paged."""
    from watcher.care import errors

    try:
        return errors.begin(settings, version)
    except ImportError:
        words = "own errors are not sent: sentry-sdk is not installed; it is the extra called sentry"
        logger.critical(words, extra={"event": "own_errors_off"})
        return None


def live_load(path: Path) -> Governing:
    """What governs. The senders it names are made ready: a page must not wait for an import.

    At a start they are made ready a moment later, in a thread: the first look goes first. A page that is owed by then
    loads what it needs by itself.
    """
    governing = load(path)
    schemes = {scheme_of(target.apprise.get_secret_value()) for target in governing.config.targets.values()}
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a thread of a reload, or a command
        _make_ready(schemes)
    else:
        loop.call_later(READY_AFTER_SECONDS, loop.run_in_executor, None, _make_ready, schemes)
    return governing


def _make_ready(schemes: set[str]) -> None:
    try:
        warm(schemes)
    except Exception:  # whoever sends meets it again, and says so of its page
        logger.exception("a sender could not be made ready", extra={"event": "warm_failed"})
    _give_back()


def _give_back() -> None:
    """Reading the rules leaves some 13 MB free that the C library would keep; elsewhere than with glibc it is a wish.

    What stays is set apart from the collector: with ten thousand incidents behind us it would stop everything for 35 ms
    each time it looks through all of it, and pages that are loaded make it look often. A reload thaws it first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


async def _demand_free(host: str, port: int, address: str) -> None:
    """The server would end the process, with a word of its own. Raises OSError with one sentence."""
    try:
        tried = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "another program listens there" if taken else error.strerror or type(error).__name__
        raise OSError(f"cannot listen on {address}: {why}") from None
    tried.close()
    await tried.wait_closed()


@asynccontextmanager
async def listen(app: Any, address: str, bounds: Bounds = Bounds()) -> AsyncIterator[str]:
    """Serve an ASGI application at "host:port" (port 0 chooses one); yields the address that answers.

    Raises OSError where the address cannot be used. Ends with the server: whoever holds it open sees it fail.
    """
    host, _, port = address.rpartition(":")
    config = uvicorn.Config(
        app,
        host=host.strip("[]"),
        port=int(port),
        http=partial(_Bounded, bounds),  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
        h11_max_incomplete_event_size=64 * 1024,
        limit_concurrency=200,
    )
    config.load()
    await _demand_free(host.strip("[]"), int(port), address)
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    try:
        await server.startup()
    except SystemExit:
        raise OSError(f"cannot listen on {address}: is another program using it?") from None
    ticking = asyncio.ensure_future(server.main_loop())
    try:
        bound = server.servers[0].sockets[0].getsockname()
        yield f"{bound[0]}:{bound[1]}"
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()
