"""Retention: the events of incidents that closed long ago go, their milestones stay.

One closed stream a transaction, with a pause behind each: the writer never waits longer than for one of them. What is
open keeps every word, however old.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from watcher.config import Config
from watcher.log import Log
from watcher.world import World

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_AFTER = timedelta(minutes=5)
"""A start has better things to do."""
EVERY = timedelta(hours=12)
PAUSE = timedelta(milliseconds=50)
"""Between two streams: the disk belongs to the writer, and ten thousand streams are done in minutes."""


class Read(Protocol):
    """A reading beside the writer."""

    def __call__(self, reading: Callable[[Log], T]) -> Awaitable[T]: ...


class Forget(Protocol):
    """A deletion that the writer knows of: `Engine.forget`."""

    def __call__(self, stream: str, before: datetime) -> Awaitable[int]: ...


class Retention:
    """A part to be run under supervision. `config` is asked each time: a reload may change what is kept."""

    def __init__(self, world: World, forget: Forget, read: Read, config: Callable[[], Config]) -> None:
        self._world = world
        self._forget = forget
        self._read = read
        self._config = config

    async def run(self) -> None:
        """Look twice a day, for ever."""
        await self._world.clock.sleep(FIRST_AFTER)
        while True:
            await self.sweep()
            await self._world.clock.sleep(EVERY)

    async def sweep(self) -> int:
        """Forget everything that is old enough now; answers how many streams that were."""
        before = self._world.clock.now() - self._config().log.keep
        streams = await self._read(lambda log: log.expired(before))
        events = 0
        for stream in streams:
            events += await self._forget(stream, before)
            await self._world.clock.sleep(PAUSE)
        if streams:
            words = "forgot %d events of %d streams that ended before %s"
            logger.info(words, events, len(streams), f"{before:%Y-%m-%d}", extra={"event": "forgotten"})
        return len(streams)
