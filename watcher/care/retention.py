"""Retention: the events of incidents that closed long ago go, their milestones stay; and what endless streams need no more.

One stream a transaction, between two turns of the writer and with a pause behind each: it never waits longer than for one of
them. What is open keeps every word, however old; of a source, whose stream has no end, those go that came before it last saw
again, for they change nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from watcher.config import Config
from watcher.incident.machines import MACHINES, kind_of, spent
from watcher.log import Log
from watcher.world import World

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_AFTER = timedelta(minutes=5)
"""A start has better things to do."""
EVERY = timedelta(hours=12)
PAUSE = timedelta(milliseconds=50)
"""Between two streams: the disk belongs to the writer, and ten thousand streams are done in minutes."""
ENDLESS_KEEP = timedelta(days=30)
"""When a source could not see is of interest while its incidents are fresh. One that fails every five minutes adds nine
thousand events in that time, which a start reads in a quarter of a second."""


class Read(Protocol):
    """A reading beside the writer."""

    def __call__(self, reading: Callable[[Log], T]) -> Awaitable[T]: ...


Between = Callable[[Callable[[Log], int]], Awaitable[int]]
"""A deletion between two turns of the writer: `Engine.between`."""


class Retention:
    """A part to be run under supervision. `config` is asked each time: a reload may change what is kept."""

    def __init__(self, world: World, between: Between, read: Read, config: Callable[[], Config]) -> None:
        self._world = world
        self._between = between
        self._read = read
        self._config = config

    async def run(self) -> None:
        """Look twice a day, for ever."""
        await self._world.clock.sleep(FIRST_AFTER)
        while True:
            await self.sweep()
            await self.shorten()
            await self._world.clock.sleep(EVERY)

    async def sweep(self) -> int:
        """Forget everything that is old enough now; answers how many streams that were."""
        before = self._world.clock.now() - self._config().log.keep
        streams = await self._read(lambda log: log.expired(before))
        events = 0
        for stream in streams:
            events += await self._between(partial(_forget, stream, before))
            await self._world.clock.sleep(PAUSE)
        if streams:
            words = "forgot %d events of %d streams that ended before %s"
            logger.info(words, events, len(streams), f"{before:%Y-%m-%d}", extra={"event": "forgotten"})
        return len(streams)

    async def shorten(self) -> int:
        """Cut off what endless streams need no more; answers how many events that were."""
        before = self._world.clock.now() - min(ENDLESS_KEEP, self._config().log.keep)
        cuts = await self._read(lambda log: _cuts(log, before))
        events = 0
        for stream, upto in cuts.items():
            events += await self._between(partial(_cut, stream, upto))
            await self._world.clock.sleep(PAUSE)
        return events


def _forget(stream: str, before: datetime, log: Log) -> int:
    return log.forget(stream, before)


def _cut(stream: str, upto: int, log: Log) -> int:
    return log.cut(stream, upto)


def _cuts(log: Log, before: datetime) -> dict[str, int]:
    """By stream, the version up to which its events may go."""
    found = {}
    for stream in log.open_streams():
        if MACHINES[kind_of(stream)].rests is None:
            continue
        rows = log.read(stream)
        upto = spent(stream, [row.event for row in rows], before, after=rows[0].version - 1) if rows else 0
        if upto:
            found[stream] = upto
    return found
