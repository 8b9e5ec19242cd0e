"""Supervision: the one loop that starts a part again when it failed."""

from __future__ import annotations

import asyncio
import logging
import random  # noqa: TID251 - the type alone
from collections.abc import Awaitable, Callable
from datetime import timedelta

from watcher.clock import Clock

logger = logging.getLogger(__name__)

DELAY_FIRST = timedelta(seconds=1)
DELAY_MAX = timedelta(seconds=60)
GOOD_AFTER = timedelta(minutes=5)
"""A part that ran for so long was well: its next failure is a first one."""

Start = Callable[[], Awaitable[None]]
Supervise = Callable[[str, Start], object]


def delay_after(failures: int, chance: random.Random) -> timedelta:
    """How long to wait after the n-th failure in a row: full jitter, so that parts do not return in step."""
    return chance.random() * min(DELAY_FIRST * (1 << min(failures - 1, 10)), DELAY_MAX)


async def supervised(
    name: str,
    start: Start,
    clock: Clock,
    chance: random.Random,
    failed: Callable[[str], Awaitable[None]] | None = None,
) -> None:
    """Run a part for ever; when it ends or fails, start it again. `failed` is told each time."""
    failures = 0
    while True:
        began = clock.now()
        try:
            await start()
            logger.warning("%s ended; starting it again", name, extra={"event": "part_ended"})
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            logger.error(  # noqa: TRY400 - there is nothing to trace
                "%s was cancelled by itself; starting it again", name, extra={"event": "part_failed"}
            )
        except Exception:
            logger.exception("%s failed; starting it again", name, extra={"event": "part_failed"})
        failures = 1 if clock.now() - began >= GOOD_AFTER else failures + 1
        if failed is not None:
            await failed(name)
        await clock.sleep(delay_after(failures, chance))
