"""Serves the simulated world's applications on loopback, in the running event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp

from watcher.clock import Clock

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 1
"""Connections still open after this are cut: a demo does not wait for a client that keeps its own alive."""


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def live(app: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """The application's address, as long as the block lasts. Port 0 takes a free one."""
    listener = socket.create_server((HOST, port))
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name=f"demo {port}")
    try:
        await _started(server, task)
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def _started(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    clock = Clock()
    while not server.started and not task.done():
        await clock.sleep(timedelta(milliseconds=2))
