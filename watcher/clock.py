"""Time: one effective clock, one interruptible wait. Nothing else in the program reads the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

WAIT_MAX = timedelta(seconds=15)
"""No wait is armed for longer: after a suspend or a clock change the remaining time is computed anew."""


class Clock:
    """Effective time: the later of the wall clock and (last reading + monotonic time since it).

    It never goes back and never stands still, whatever happens to the wall clock.
    Monotonic time is the running event loop's, so that a loop of virtual time moves everything together.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - this is the one place
        monotonic: Callable[[], float] = time.monotonic,  # noqa: TID251 - this is the one place
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._last = wall()
        self._last_monotonic = monotonic()

    def now(self) -> datetime:
        """The effective time, aware, in UTC."""
        monotonic = self._monotonic()
        self._last = max(self._wall(), self._last + (monotonic - self._last_monotonic))
        self._last_monotonic = monotonic
        return datetime.fromtimestamp(self._last, UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow; for measuring, not for dating."""
        return self._monotonic()

    def not_before(self, at: datetime) -> None:
        """Never again answer a time before `at` (the log's last fact)."""
        self.now()
        self._last = max(self._last, at.timestamp())

    async def wait(self, until: datetime | None, *wake: asyncio.Event) -> bool:
        """Wait until a moment, or until one of `wake` is set. True when woken by an event.

        Without a moment, it waits for the events alone. Each stretch is at most WAIT_MAX.
        """
        while not any(event.is_set() for event in wake):
            left = WAIT_MAX if until is None else min(until - self.now(), WAIT_MAX)
            if left <= timedelta(0):
                return False
            await _first_of(left.total_seconds(), wake)
        return True

    async def sleep(self, delay: timedelta, *wake: asyncio.Event) -> bool:
        """Wait for a while; True when woken by an event."""
        return await self.wait(self.now() + delay, *wake)


async def _first_of(seconds: float, events: tuple[asyncio.Event, ...]) -> None:
    if len(events) == 1:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await events[0].wait()
        return
    if not events:
        await asyncio.sleep(seconds)  # noqa: TID251 - this is the one place
        return
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
