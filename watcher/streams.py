"""The live streams: their states in memory, what metrics need beside them, and the next moment of each.

A finished stream is let go of, and read again from the log where somebody asks about it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from watcher.incident.machines import MACHINES, fold, kind_of
from watcher.log import Append, Log, LogBroken

logger = logging.getLogger(__name__)

Offload = Callable[..., Awaitable[Any]]


class Streams:
    """`live` holds the state of every stream that is not finished."""

    def __init__(self, log: Log, offload: Offload) -> None:
        self.live: dict[str, Any] = {}
        self._log = log
        self._offload = offload
        self._columns: dict[str, dict[str, Any]] = {}
        self._visited: dict[str, Any] = {}
        self._deadlines: dict[str, tuple[Any, datetime | None]] = {}  # by stream, with the state they are of

    async def open(self, *always: str) -> None:
        """Read what is open, and what is always there."""
        for stream in [*await self._offload(self._log.open_streams), *always]:
            self.live[stream] = await self._read(stream)

    async def visit(self, asked: Iterable[str]) -> None:
        """Read the finished ones among those that somebody asks about: a late receipt, a second `resolve`."""
        for stream in set(asked) - self.live.keys():
            try:
                state = await self._read(stream)
            except Exception as error:  # one file that cannot be read must not end the watch over the others
                if isinstance(error, LogBroken):
                    raise
                words = "a stream cannot be read, and is answered as if there were none"
                logger.exception(words, extra={"event": "stream_unreadable", "id": stream})
                continue
            if state is not None:
                self._visited[stream] = state

    def leave(self) -> None:
        """What was only visited is let go of."""
        for stream in self._visited.keys() - self.live.keys():
            self._columns.pop(stream, None)
        self._visited.clear()

    async def _read(self, stream: str) -> Any:
        """The stream's state, its milestones beside it."""
        rows = await self._offload(self._log.read, stream)
        found = await self._offload(self._log.milestones, "incident", stream) if rows else ()
        for row in found:
            self._columns[stream] = dict(row)
        return fold(stream, [row.event for row in rows], after=rows[0].version - 1 if rows else 0)

    def load(self, stream: str) -> tuple[Any, dict[str, Any]]:
        """State and milestones of a stream that is live, visited, or has no events yet."""
        state = self.live.get(stream) or self._visited.get(stream) or MACHINES[kind_of(stream)].blank(stream)
        return state, self._columns.get(stream, {})

    def deadline(self, stream: str, state: Any) -> datetime | None:
        """The stream's next moment; read anew only where the state has changed."""
        known = self._deadlines.get(stream)
        if known is None or known[0] is not state:
            known = (state, MACHINES[kind_of(stream)].deadline(state))
            self._deadlines[stream] = known
        return known[1]

    def moments(self) -> list[datetime]:
        """The next moment of each live stream that waits for one."""
        found = (self.deadline(stream, state) for stream, state in self.live.items())
        return [at for at in found if at is not None]

    def committed(self, batch: Iterable[Append]) -> None:
        """The milestones as they are on disk now."""
        for item in batch:
            if item.columns:
                self._columns[item.stream] = dict(item.columns)

    def keep(self, stream: str, state: Any) -> None:
        """The state after a turn; a finished stream is no longer live."""
        if MACHINES[kind_of(stream)].finished(state):
            for kept in (self.live, self._deadlines, self._columns):
                kept.pop(stream, None)
        else:
            self.live[stream] = state
