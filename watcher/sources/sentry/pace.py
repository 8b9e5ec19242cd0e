"""When to look again: on a grid while all is well, with growing full jitter after failures, later when asked to wait. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

RETRY_MIN = timedelta(seconds=1)
RETRY_MAX = timedelta(seconds=60)
NUDGE_APART = timedelta(seconds=2)
"""However often we are nudged, the server is asked no more often."""
DOUBLINGS_MAX = 6
"""1 s doubled six times is past RETRY_MAX."""


def on_grid(first: datetime, every: timedelta, now: datetime) -> datetime:
    """The next moment of `first`, `first + every`, ... that is still to come. What was missed is not made up for."""
    return first + every * ((now - first) // every + 1)


def after_failure(
    failures: int, every: timedelta, now: datetime, *, chance: float, asked: timedelta | None
) -> datetime:
    """Somewhere between RETRY_MIN and a ceiling that doubles: sooner than the next poll, so that sight comes back soon.

    `chance` is in 0..1. A wait that the server asked for is kept, and spread a little beyond.
    """
    ceiling = min(RETRY_MIN * 2 ** min(failures, DOUBLINGS_MAX), RETRY_MAX, max(every, RETRY_MIN))
    spread = RETRY_MIN + (ceiling - RETRY_MIN) * chance
    return now + (spread if asked is None else asked + RETRY_MIN * chance)
