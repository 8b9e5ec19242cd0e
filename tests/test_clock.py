"""Effective time never goes back and never stands still; waits end at their moment or when woken."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual import run
from watcher.clock import Clock


class Hands:
    """The two clocks of a machine, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_800_000_000.0, 50.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.monotonic)

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


def test_a_wall_clock_set_back_does_not_stop_time() -> None:
    """After a jump back of an hour, ten real seconds are ten effective seconds."""
    hands = Hands()
    clock = hands.clock()
    before = clock.now()
    hands.wall -= 3600
    hands.pass_(10)
    assert clock.now() - before == timedelta(seconds=10)


def test_a_wall_clock_set_forward_is_followed() -> None:
    """A suspend, or a late NTP correction: what was due meanwhile is due now."""
    hands = Hands()
    clock = hands.clock()
    before = clock.now()
    hands.wall += 7200
    assert clock.now() - before == timedelta(hours=2)


def test_the_log_pulls_the_clock_forward() -> None:
    """A machine that restarts with a wrong clock does not answer a time before the last fact."""
    hands = Hands()
    clock = hands.clock()
    last = datetime.fromtimestamp(hands.wall, UTC) + timedelta(days=1)
    clock.not_before(last)
    hands.pass_(5)
    assert clock.now() == last + timedelta(seconds=5)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e5))))
def test_time_never_goes_back(steps: list[tuple[float, float]]) -> None:
    """Whatever the wall clock does, and it moves at least as far as monotonic time."""
    hands = Hands()
    clock = hands.clock()
    before = clock.now()
    for jump, passed in steps:
        hands.wall += jump
        hands.pass_(passed)
        after = clock.now()
        assert after - before >= timedelta(seconds=passed) - timedelta(milliseconds=1)
        before = after


def virtual_clock() -> Clock:
    loop = asyncio.get_running_loop()
    return Clock(lambda: 1_800_000_000 + loop.time(), loop.time)


def test_a_wait_ends_at_its_moment_or_when_woken() -> None:
    """Ten minutes pass in stretches of at most fifteen seconds; an event ends the wait at once."""

    async def main() -> None:
        clock = virtual_clock()
        began = clock.now()
        assert await clock.wait(began + timedelta(minutes=10)) is False
        assert timedelta(0) <= clock.now() - (began + timedelta(minutes=10)) < timedelta(milliseconds=1)
        wake, other = asyncio.Event(), asyncio.Event()
        asyncio.get_running_loop().call_later(3, wake.set)
        assert await clock.wait(None, wake) is True
        wake.clear()
        asyncio.get_running_loop().call_later(40, other.set)
        assert await clock.sleep(timedelta(hours=1), wake, other) is True
        assert clock.now() - began < timedelta(minutes=11)

    run(main())


@pytest.mark.parametrize("events", [0, 1, 2])
def test_a_wall_clock_that_jumps_during_a_long_wait_is_noticed_soon(events: int) -> None:
    """After a suspend what was due in an hour is done within fifteen seconds, whatever else could end the wait."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        slept = [0.0]
        clock = Clock(lambda: 1_800_000_000 + loop.time() + slept[0], loop.time)
        loop.call_later(100, slept.__setitem__, 0, 7200.0)
        wakers = [asyncio.Event() for _ in range(events)]
        assert await clock.sleep(timedelta(hours=1), *wakers) is False
        assert 100 <= loop.time() <= 115.1

    run(main())
