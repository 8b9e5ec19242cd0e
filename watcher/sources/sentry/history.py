"""Windows out of lifetime counts: what each issue had counted at each look, so that differences can be taken.

How `events_within` counts, for a window that begins at `start`:
1. An issue first seen after `start` is new: all of its count lies within.
2. Otherwise the base is its count at the last look before `start`, if that look was shortly before; a longer gap would
   put into the window what happened before it.
3. Else the base is its count at the first look within the window: what happened before that look is not claimed.
4. An issue last seen after `start` had one event at least, whatever the difference says.
The answer is never above the truth by more than what fell between `start` and the look before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from watcher.sources.sentry.row import Row

LOOKS_MAX = 120
"""Times of looks that are kept: an hour at a look each 30 s."""
STEPS_MAX = 60
"""Changes of one count that are kept; neighbours are joined so that differences come out smaller, never larger."""
ISSUES_MAX = 2000
"""Issues remembered, about 50 bytes each; those that changed longest ago are forgotten first."""

Step = tuple[float, int]
"""From this moment (seconds since 1970) the count was this."""

_PREFIX = "issue "


class History:
    """Lifetime counts over time. Remembered in the log, so that a restart takes no history for news."""

    def __init__(self, memory: Mapping[str, Any], *, longest: timedelta, slack: timedelta) -> None:
        self._longest = longest.total_seconds()
        self._slack = slack.total_seconds()
        self._looks: list[float] = [at for at in _listed(memory.get("looks")) if isinstance(at, int | float)]
        self._steps = {
            key.removeprefix(_PREFIX): steps
            for key, value in memory.items()
            if key.startswith(_PREFIX) and (steps := _steps(value))
        }

    def look(self, rows: Iterable[Row], now: datetime) -> dict[str, Any]:
        """Take in what a look counted; answers what must be remembered of it."""
        at = now.timestamp()
        changed = [row.id for row in rows if self._take(row, at)]
        self._looks = _sparse([look for look in self._looks if look < at], self._longest + self._slack, at)
        forgotten = self._forget()
        kept = {
            f"{_PREFIX}{key}": [list(step) for step in self._steps[key]]
            for key in changed
            if key in self._steps
        }
        return {**kept, **{f"{_PREFIX}{key}": None for key in forgotten}, "looks": self._looks}

    def _take(self, row: Row, at: float) -> bool:
        steps = self._steps.get(row.id, [])
        if steps and steps[-1][1] == row.events:
            return False
        if steps and steps[-1][1] > row.events:  # merged or deleted: another issue under the same id
            steps = []
        self._steps[row.id] = _joined(_pruned([*steps, (at, row.events)], at - self._longest - self._slack))
        return True

    def _forget(self) -> list[str]:
        surplus = len(self._steps) - ISSUES_MAX
        if surplus <= 0:
            return []
        oldest = sorted(self._steps, key=lambda key: self._steps[key][-1][0])[:surplus]
        for key in oldest:
            del self._steps[key]
        return oldest

    def events_within(self, row: Row, window: timedelta, now: datetime) -> int:
        """How many events this issue surely had in the window that ends now, after its row was looked at."""
        start = now - window
        if row.first_seen is not None and row.first_seen >= start:
            return row.events
        seen = 1 if row.last_seen is not None and row.last_seen >= start else 0
        return max(row.events - self._base(row, start.timestamp(), window.total_seconds()), seen)

    def _base(self, row: Row, start: float, window: float) -> int:
        slack = min(self._slack, window / 2)
        look = next((at for at in reversed(self._looks) if at <= start), None)
        if look is None or start - look > slack:
            look = next((at for at in self._looks if at > start), None)
        steps = self._steps.get(row.id) or [(start, row.events)]
        if look is None:
            return row.events
        return next((count for at, count in reversed(steps) if at <= look), steps[0][1])

    def grew_at(self, row: Row, window: timedelta, now: datetime) -> datetime | None:
        """When the count was first seen to change within the window."""
        start = (now - window).timestamp()
        found = next((at for at, _ in self._steps.get(row.id, [])[1:] if at > start), None)
        return None if found is None else datetime.fromtimestamp(found, UTC)


def _sparse(looks: list[float], span: float, at: float) -> list[float]:
    """The looks of the last `span`, and the newest; thinned evenly where they are too many."""
    found = [look for look in looks if look > at - span]
    if len(found) >= LOOKS_MAX:
        half = len(found) // 2
        found = found[:half:2] + found[half:]  # the older half at every second look
    return [*found, at]


def _pruned(steps: Sequence[Step], since: float) -> list[Step]:
    """What is older than `since` matters only by its last count."""
    older = [step for step in steps if step[0] <= since]
    return [*older[-1:], *(step for step in steps if step[0] > since)]


def _joined(steps: list[Step]) -> list[Step]:
    """At most STEPS_MAX; the two closest in the older half become one, early and with the later count."""
    while len(steps) > STEPS_MAX:
        at = min(range(len(steps) // 2), key=lambda n: steps[n + 1][0] - steps[n][0])
        steps[at : at + 2] = [(steps[at][0], steps[at + 1][1])]
    return steps


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _steps(value: Any) -> list[Step]:
    """Steps out of the log, where they are lists; a strange one makes the issue unknown, not the daemon stop."""
    try:
        return [(float(at), int(count)) for at, count in _listed(value)]
    except (TypeError, ValueError, OverflowError):
        return []
