"""Exact figures of the incidents closed within a window that ends now: nothing is estimated, no sample is needed.

1. Each closing is sorted into every window, once for its category and once for all of them.
2. What has left a window is taken out when it is read, so a reading costs no sorting.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from watcher.incident.protocol import TARGET
from watcher.view.measures import median, nine_in_ten, times

WINDOWS = {f"{days}d": timedelta(days=days) for days in (7, 30, 90, 365)}
"""A sprint, a month, a quarter, a year."""
ALL = "all"
"""Beside the categories: every incident, whatever its category."""
AFTER_DEPLOY = "restore_after_deploy"
"""`restore` of what a deployment caused: DORA's failed deployment recovery time, and not the MTTR."""
NONE = "none"

Series = tuple[str, str]
"""A milestone and a category."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A resolved incident, as far as figures need it. Seconds, and seconds since the epoch."""

    at: float
    category: str
    seconds: Mapping[str, float]  # by milestone
    advised: tuple[str, str]  # recommendation, decision

    def series(self) -> Iterator[tuple[Series, float]]:
        """Each milestone, once for its category and once for all."""
        for milestone, seconds in self.seconds.items():
            yield (milestone, self.category), seconds
            yield (milestone, ALL), seconds


def closing(columns: Mapping[str, Any]) -> Closing:
    """What the milestone columns of a resolved incident say."""
    found: dict[str, float] = {name: time.total_seconds() for name, time in times(columns).items()}
    if columns["deployment_caused"]:
        found[AFTER_DEPLOY] = found["restore"]
    return Closing(
        at=columns["resolved_at"].timestamp(),
        category=columns["category"],
        seconds=found,
        advised=(columns["recommendation"] or NONE, columns["decision"] or NONE),
    )


@dataclass(slots=True)
class Window:
    """The closings of the last `length`, oldest first, and their times, sorted."""

    length: timedelta
    closings: deque[Closing] = field(default_factory=deque)
    sorted: defaultdict[Series, list[float]] = field(default_factory=lambda: defaultdict(list))
    advised: Counter[tuple[str, str]] = field(default_factory=Counter)

    def begin(self, found: Iterable[Closing]) -> None:
        """Many at once, oldest first."""
        for one in found:
            self._join(one)
            for milestone, seconds in one.seconds.items():
                self.sorted[milestone, one.category].append(seconds)
        for (milestone, _), values in list(self.sorted.items()):
            values.sort()
            self.sorted[milestone, ALL] += values
        for values in self.sorted.values():
            values.sort()  # runs that are sorted already

    def add(self, one: Closing) -> None:
        self._join(one)
        for series, seconds in one.series():
            insort(self.sorted[series], seconds)

    def _join(self, one: Closing) -> None:
        self.closings.append(one)
        self.advised[one.advised] += 1

    def expire(self, now: datetime) -> None:
        """Take out what was closed before the window began."""
        began = (now - self.length).timestamp()
        while self.closings and self.closings[0].at < began:
            gone = self.closings.popleft()
            self.advised[gone.advised] -= 1
            for series, seconds in gone.series():
                values = self.sorted[series]
                del values[bisect_left(values, seconds)]

    def stats(self, milestone: str, category: str) -> dict[str, float]:
        """How many there are, and what they come to; of none there is no median, and no zero for it."""
        values = self.sorted.get((milestone, category), [])
        if not values:
            return {"n": 0}
        return {
            "median": median(values),
            "p90": nine_in_ten(values),
            "max": values[-1],
            "n": len(values),
        }

    def in_time(self, category: str) -> int:
        """How many were restored within the target; exactly two hours are within."""
        values = self.sorted.get(("restore", category), [])
        return bisect_right(values, TARGET.total_seconds())


class Windows:
    """Every window."""

    def __init__(self) -> None:
        self.by_name = {name: Window(length) for name, length in WINDOWS.items()}

    def begin(self, found: Iterable[Closing], now: datetime) -> None:
        """What was closed before this life; a window takes what lies within it."""
        ordered = sorted(found, key=lambda one: one.at)
        moments = [one.at for one in ordered]
        for window in self.by_name.values():
            first = bisect_left(moments, (now - window.length).timestamp())
            window.begin(ordered[first:])

    def add(self, one: Closing) -> None:
        """One that was closed now."""
        for window in self.by_name.values():
            window.add(one)

    def read(self, now: datetime) -> Mapping[str, Window]:
        """As they stand at this moment."""
        for window in self.by_name.values():
            window.expire(now)
        return self.by_name
