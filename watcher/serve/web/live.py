"""Live pages: a stream of server-sent events that says that something changed. What changed, the page fetches again.

1. A listener hears the version of its stream at once, and again whenever it has changed; changes within SETTLE are one.
2. It lasts LASTS and is begun anew by the browser: a connection is not for ever, and a phone that is gone is forgotten.
3. When the daemon stops, every stream ends at once: a stop waits for nobody who only listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from watcher.inbox import Committed
from watcher.incident.machines import kind_of
from watcher.incident.surroundings import DaemonStopped
from watcher.serve.asking import named
from watcher.serve.desk import Desk

LISTENERS_MAX = 60
"""Each holds one of the web's 150 connections; who comes later looks every few seconds."""
LASTS = timedelta(seconds=40)
"""Shorter than the life of a connection."""
BREATH = timedelta(seconds=15)
"""Proxies end what is silent for longer; a browser that is gone is noticed by it."""
SETTLE = timedelta(milliseconds=300)
AGAIN_MS = 1000
"""When the browser begins anew."""
SHOWN = frozenset({"incident", "suspicion", "source", "silences", "overrides"})
"""Streams whose changes the overview shows."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. `stream`: its own; None: the overview."""

    stream: str | None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """A follower of the engine, and the streams of those who listen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._listeners: set[Listener] = set()
        self._ending = False
        self._turns = 0

    def turned(self, committed: Committed) -> None:
        """A turn was committed."""
        touched = {row.stream for row in committed.rows}
        shown = any(kind_of(stream) in SHOWN for stream in touched)
        self._turns += shown
        self._ending = self._ending or any(isinstance(row.event, DaemonStopped) for row in committed.rows)
        for listener in self._listeners:
            if self._ending or (shown if listener.stream is None else listener.stream in touched):
                listener.news.set()

    def version(self, stream: str | None) -> int:
        """What a page compares: whether it is as old as it was made."""
        if stream is None:
            return self._turns
        state = self._desk.engine.streams.get(stream)
        return state.version if state is not None else 0

    @property
    def listening(self) -> int:
        return len(self._listeners)

    def routes(self) -> list[Route]:
        async def of_one(request: Request) -> Response:
            stream = named(request.path_params["id"], "incident", "suspicion")
            return self._answer(stream, request.method)

        async def of_all(request: Request) -> Response:
            return self._answer(None, request.method)

        return [
            Route("/incidents/{id}/events", of_one, methods=["GET"]),
            Route("/events", of_all, methods=["GET"]),
        ]

    def _answer(self, stream: str | None, method: str) -> Response:
        if len(self._listeners) >= LISTENERS_MAX or self._ending or method != "GET":
            return Response(status_code=204)  # a browser asks no more, and the page looks by itself
        listener = Listener(stream)
        listener.news.set()
        self._listeners.add(listener)
        kind, headers = "text/event-stream", {"connection": "close", "x-accel-buffering": "no"}
        return StreamingResponse(self._tell(listener), media_type=kind, headers=headers)

    async def _tell(self, listener: Listener) -> AsyncIterator[str]:
        clock = self._desk.clock
        ends = clock.now() + LASTS
        try:
            yield f"retry: {AGAIN_MS}\n\n"
            while not self._ending and clock.now() < ends:
                woken = await clock.wait(min(ends, clock.now() + BREATH), listener.news)
                listener.news.clear()
                yield f"data: {self.version(listener.stream)}\n\n" if woken else ": here\n\n"
                await clock.sleep(SETTLE)
        finally:
            self._listeners.discard(listener)
