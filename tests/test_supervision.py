"""A part that fails is started again: later and later, never later than a minute, and soon again after a good time."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from tests.theatre import clock
from tests.virtual import run
from watcher.supervision import DELAY_MAX, delay_after, supervised


class Latest(random.Random):
    """The worst luck: the whole delay."""

    def random(self) -> float:
        return 1.0


class Part:
    """Runs for the seconds of its script, then fails; keeps the delay before each start but the first."""

    def __init__(self, *lasts: float) -> None:
        self.lasts = list(lasts)
        self.delays: list[float] = []
        self.failed_at: float | None = None
        self.done = asyncio.Event()

    async def start(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.failed_at is not None:
            self.delays.append(now - self.failed_at)
        if not self.lasts:
            self.done.set()
            await asyncio.Event().wait()
        await asyncio.sleep(self.lasts.pop(0))
        self.failed_at = asyncio.get_running_loop().time()
        raise RuntimeError("it fails")


async def delays(*lasts: float) -> list[float]:
    """How long a part with this script waited before each of its starts."""
    part = Part(*lasts)
    loop = asyncio.create_task(supervised("part", part.start, clock(), Latest()))
    await part.done.wait()
    loop.cancel()
    return part.delays


def test_the_delay_of_a_part_that_fails_on_grows_to_a_minute() -> None:
    """Soon after the first failure, later after each, and at most a minute after the hundredth."""

    async def main() -> None:
        waited = await delays(*[0.0] * 100)
        growing = [second for second in waited if second < 59.9]
        assert 0.9 < waited[0] < 2.1
        assert growing == sorted(growing)
        assert 4 <= len(growing) <= 6
        assert max(waited) < 60.1
        assert min(waited[len(growing) :]) > 59.9

    run(main())


def test_a_part_that_was_well_for_five_minutes_is_started_again_soon() -> None:
    """Its next failure is a first one; after a minute less it is one more of a row."""

    async def main() -> None:
        first, *_, tenth, after_four, after_five = await delays(*[0.0] * 10, 240, 301)
        assert tenth > 59.9
        assert after_four > 59.9
        assert abs(after_five - first) < 0.1

    run(main())


def test_parts_that_fail_together_do_not_return_together() -> None:
    """The delay is drawn from the whole span, so that a service that comes back is not met by all at once."""
    chance = random.Random(1)
    drawn = [delay_after(20, chance) for _ in range(200)]
    assert max(drawn) <= DELAY_MAX
    assert min(drawn) < timedelta(seconds=5)
    assert max(drawn) > timedelta(seconds=55)
