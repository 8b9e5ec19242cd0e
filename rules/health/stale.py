"""Old answers: a cache between us and the service, or results that a scheduler left. They say nothing of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from rules.health.reading import Answer, Reading

AGE_MAX = timedelta(minutes=5)
"""An answer from a cache may be so old; a minute is usual where somebody caches health on purpose."""

RESULTS_AGE_MAX = timedelta(minutes=10)
"""Results of checks may be so old: schedulers run them every minute, some every five."""

_DIGITS_MAX = 9
_CACHED = ("x-cache", "cf-cache-status", "x-vercel-cache", "x-cache-status", "x-proxy-cache")
"""Headers in which a cache says HIT or STALE."""


def fresh(reading: Reading, answer: Answer, now: datetime | None) -> Reading:
    """The reading as it is, or unknown where the answer is too old to say that all is well. Bad news stays bad.

    `now` is for caches that tell no age: their answer keeps the date at which the service gave it.
    """
    if reading.state == "down":
        return reading
    age = _age(answer, now)
    if age is not None and age > AGE_MAX:
        return _unknown(reading, f"a cache answers in its place, with an answer {_minutes(age)} old")
    return reading


def old_results(reading: Reading, answer: Answer, taken_at: int | None) -> Reading:
    """The same for results that carry their own time, by the date of the answer that brings them."""
    said = _date(answer)
    if reading.state not in {"up", "degraded"} or taken_at is None or said is None:
        return reading
    age = timedelta(seconds=said.timestamp() - min(max(taken_at, 0), 10**_DIGITS_MAX * 10))
    return _unknown(reading, f"its results are {_minutes(age)} old") if age > RESULTS_AGE_MAX else reading


def _unknown(reading: Reading, why: str) -> Reading:
    return replace(reading, state="unknown", failed_components=(), because=(why,), stale=True)


def _age(answer: Answer, now: datetime | None) -> timedelta | None:
    age = answer.headers.get("age", "").strip()
    if age.isascii() and age.isdigit():
        return timedelta(seconds=int(age[:_DIGITS_MAX]))
    said, cached = _date(answer), any(_hit(answer.headers.get(name, "")) for name in _CACHED)
    return now - said if now is not None and said is not None and cached else None


def _hit(value: str) -> bool:
    return any(word in value[:200].casefold() for word in ("hit", "stale"))


def _date(answer: Answer) -> datetime | None:
    try:
        said = parsedate_to_datetime(answer.headers.get("date", "")[:60])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _minutes(age: timedelta) -> str:
    return f"{age // timedelta(minutes=1)} min"
