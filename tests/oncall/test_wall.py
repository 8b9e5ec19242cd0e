"""Local times as moments: what summer time skips, and what it shows twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from watcher.oncall.wall import reached

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_ordinary_day_is_what_its_clocks_show() -> None:
    """Nine in the morning in Berlin is eight in winter and seven in summer."""
    assert reached(date(2026, 1, 5), time(9), BERLIN) == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert reached(date(2026, 7, 6), time(9), BERLIN) == datetime(2026, 7, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "utc"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), time(2), datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_time_that_is_skipped_is_reached_when_the_clocks_jump(
    zone: str, day: date, at: time, utc: datetime
) -> None:
    """An hour, half an hour as on Lord Howe, or a whole day as once in Samoa."""
    assert reached(day, at, ZoneInfo(zone)) == utc


@pytest.mark.parametrize(
    ("zone", "day", "at", "utc"),
    [
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(1, 59), datetime(2026, 11, 1, 5, 59, tzinfo=UTC)),
    ],
)
def test_of_a_time_that_comes_twice_the_first_counts(zone: str, day: date, at: time, utc: datetime) -> None:
    """Nobody hands over twice in one night."""
    found = reached(day, at, ZoneInfo(zone))
    assert found == utc
    assert (found + timedelta(hours=1)).astimezone(ZoneInfo(zone)).time() == at
