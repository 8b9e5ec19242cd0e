"""How often something may be done: so many at once, and no more than so many in a while."""

from __future__ import annotations

from datetime import timedelta

from watcher.clock import Clock

REPORTS_MAX = 30
REPORTS_FOR = timedelta(minutes=1)
"""A whole company that reports the same outage; more is a flood."""
COMPLAINTS_MAX = 10
COMPLAINTS_FOR = timedelta(minutes=1)
"""Lines in the log about bad messages; the rest are counted in none."""


class Allowance:
    """It fills evenly: `most` within `per`. What is asked beyond is refused, not delayed."""

    def __init__(self, clock: Clock, most: int, per: timedelta) -> None:
        self._clock = clock
        self._most = most
        self._rate = most / per.total_seconds()
        self._left = float(most)
        self._at = clock.monotonic()

    def take(self) -> bool:
        """Whether it may be done once more, now."""
        now = self._clock.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def reports(clock: Clock) -> Allowance:
    """How many reports one way in takes."""
    return Allowance(clock, REPORTS_MAX, REPORTS_FOR)


def complaints(clock: Clock) -> Allowance:
    """How often one way in says that a message was bad."""
    return Allowance(clock, COMPLAINTS_MAX, COMPLAINTS_FOR)
