"""What each response time means, in one place. Pure.

All but the first run on one clock, which starts at the receipt of the first signal (`detected_at`), so that they can be
compared with each other and with the two-hour target:

- `detect`: estimated start of the harm -> first signal;
- `page`: first signal -> a target first took a page that wakes;
- `acknowledge`: first signal -> the first acknowledgement by a person, ever;
- `decide`: first signal -> a person's first decision;
- `restore`: first signal -> the mitigation that held. This is the MTTR. Where a person closed it without one, the closing
  stands in, so that what nobody saw restored is not left out of the count; a post-mortem says "never" of it;
- `resolve`: first signal -> the closing of the file.

They are taken once, when an incident is closed as resolved. A false alarm has none. A moment that is not known gives no
time, never a zero. What is still open has no times yet: whoever reads them must say "at least" of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

Measure = Literal["detect", "page", "acknowledge", "decide", "restore", "resolve"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

LABELS: dict[Measure, str] = {
    "detect": "Noticed",
    "page": "Paged",
    "acknowledge": "Acknowledged",
    "decide": "Decided",
    "restore": "Restored (MTTR)",
    "resolve": "Closed",
}
"""As pages and documents call them."""
BUCKETS = (30, 60, 120, 180, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 28800, 86400)
"""Seconds: the ladder's and the protocol's moments (3, 5, 10, 15, 30 min, 1 h, 2 h) are boundaries, not inside one."""


def times(columns: Mapping[str, Any]) -> dict[Measure, timedelta]:
    """The response times of a resolved incident, from its milestone columns."""
    detected, closed = columns["detected_at"], columns["resolved_at"]
    moments: dict[Measure, datetime | None] = {
        "page": _until(columns["paged_at"], closed),
        "acknowledge": columns["acknowledged_at"],
        "decide": _until(columns["decided_at"], closed),
        "restore": columns["mitigated_at"] or closed,
        "resolve": closed,
    }
    found: dict[Measure, timedelta] = {m: at - detected for m, at in moments.items() if at is not None}
    if columns["started_at"] is not None:
        found["detect"] = detected - columns["started_at"]
    return {measure: max(found[measure], timedelta(0)) for measure in MEASURES if measure in found}


def _until(at: datetime | None, closed: datetime | None) -> datetime | None:
    """What came after the closing came to no purpose, and must not change what was measured."""
    return None if at is not None and closed is not None and at > closed else at


class Distribution:
    """A histogram: how many observations were at most as large as each boundary, and their sum.

    The sum is kept in whole microseconds: of fractions it would depend on the order, and a sum that is less by the last
    digit after a restart reads as a counter that began anew.
    """

    def __init__(self, boundaries: tuple[float, ...]) -> None:
        self._boundaries = boundaries
        self._counts = [0] * (len(boundaries) + 1)
        self._microseconds = 0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self._boundaries, seconds)] += 1
        self._microseconds += round(seconds * 1_000_000)

    @property
    def sum(self) -> float:
        """Of all observations, in seconds."""
        return self._microseconds / 1_000_000

    def cumulative(self) -> list[tuple[str, float]]:
        """(boundary, how many were at most that), ending with +Inf."""
        names = [*(str(float(b)) for b in self._boundaries), "+Inf"]
        return [(name, float(sum(self._counts[: n + 1]))) for n, name in enumerate(names)]


def median(ordered: Sequence[float]) -> float:
    """The middle one of sorted values; of an even number, the mean of the two in the middle."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def nine_in_ten(ordered: Sequence[float]) -> float:
    """The smallest of sorted values that at least nine in ten do not exceed: one that really occurred."""
    return ordered[-(-9 * len(ordered) // 10) - 1]
