"""Stalls: a source that hangs says nothing of it; what it saw last must stop counting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from watcher.clock import Clock
from watcher.observation import Blind

LISTEN_EVERY = timedelta(seconds=15)
SILENT_AFTER = timedelta(minutes=1)
"""A source that has said nothing for so long, and for three of its rounds, does not see."""


class Stalls:
    """Knows when each source last said anything."""

    def __init__(self, clock: Clock, rounds: Callable[[], Mapping[str, timedelta]]) -> None:
        self._clock = clock
        self._rounds = rounds  # the running sources, and how often each looks
        self._spoke: dict[str, datetime] = {}

    def heard(self, source: str) -> None:
        self._spoke[source] = self._clock.now()

    async def listen(self, submit: Callable[[Blind], Awaitable[None]]) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(LISTEN_EVERY)
            for blind in self._silent(self._clock.now()):
                await submit(blind)

    def _silent(self, now: datetime) -> list[Blind]:
        found = []
        for name, every in self._rounds().items():
            spoke = self._spoke.setdefault(name, now)  # a new one is given its time
            if now - spoke > max(SILENT_AFTER, 3 * every):
                found.append(Blind(source=name, at=spoke, reason="silent", detail="no word for too long"))
        return found
