"""Readings of the log beside its writer: one at a time, each on a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from watcher.log import Log
from watcher.world import World

READERS_MAX = 1
"""They share the threads and the processor with the writer, and a page must not wait."""

T = TypeVar("T")


class Readers:
    """Whoever wants to read waits in line."""

    def __init__(self, world: World, path: Callable[[], Path]) -> None:
        self._world = world
        self._path = path
        self._line = asyncio.Semaphore(READERS_MAX)

    async def read(self, reading: Callable[[Log], T]) -> T:
        """Answer a reading. Raises LogBroken where the log cannot be read."""
        async with self._line:
            return await self._world.offload(self._now, reading)

    def _now(self, reading: Callable[[Log], T]) -> T:
        log = self._world.read_log(self._path())
        try:
            return reading(log)
        finally:
            log.close()
