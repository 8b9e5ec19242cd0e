"""Scale: a table of what is enough, what is not, and what cannot be known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rules.condition import Truth
from rules.rule import MANY, AtLeast
from rules.scale import enough, within
from rules.signal import Activity

FIVE = timedelta(minutes=5)


def counted(events: int = 0, users: int | None = None, high: int | None = None, **more: Any) -> Activity:
    return Activity(
        window=FIVE, events=events, users_low=users, users_high=users if high is None else high, **more
    )


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (counted(9, 5), True),
        (counted(9, 4, requests=1000), False),
        (counted(9, 4, high=9, requests=1000), None),
        (counted(9, 4, high=9), None),
        (counted(9, 4), None),
        (counted(9, 1, requests=18), True),
        (counted(8, 1, requests=18), False),
        (counted(9, 1, requests=9), False),
        (counted(20), True),
        (counted(19, requests=1000), None),
        (counted(500, 4, requests=100_000), False),
        (counted(20, -1), True),
        (counted(9, 1, requests=-5), None),
        (None, None),
    ],
)
def test_many_means_users_or_most_requests_or_events_in_their_stead(
    activity: Activity | None, expected: Truth
) -> None:
    """Five users by the low count, half of ten requests, or twenty events where users are unknown; else not, or unknown."""
    assert enough(MANY, activity).truth is expected


@pytest.mark.parametrize(
    ("window", "users", "expected"),
    [
        (timedelta(minutes=30), 50, True),
        (timedelta(hours=24), 58, False),
        (timedelta(hours=24), 1200, True),
    ],
)
def test_a_number_of_users_is_demanded_of_each_hour_of_a_longer_window(
    window: timedelta, users: int, expected: Truth
) -> None:
    """Fifty in a few minutes are many; fifty in a day are what any page meets."""
    demand = AtLeast.model_validate({"any": [{"users": 50}]})
    activity = Activity(window=window, events=users, users_low=users, users_high=users)
    assert enough(demand, activity).truth is expected


def test_events_that_stand_in_say_so() -> None:
    """A reason never passes events off as users."""
    assert enough(MANY, counted(90)).because == ("users are not counted here; 90 events within 5m stand in",)


def test_a_better_count_decides_where_it_is_there() -> None:
    """Users that stand in for a share count only while the requests are unknown."""
    demand = AtLeast.model_validate({"any": [{"share": 0.1}, {"users": 20, "if": "requests_unknown"}]})
    assert enough(demand, counted(45, 44)).truth is True
    assert enough(demand, counted(45, 44, requests=70_000)).truth is False


@pytest.mark.parametrize(
    ("of", "activity", "expected"),
    [
        ("users", counted(9, 60, active_users=100), True),
        ("users", counted(9, 40, active_users=100), False),
        ("users", counted(9, 60), None),
        ("same_requests", counted(60, same_requests=100), True),
        ("same_requests", counted(60, requests=100), None),
    ],
)
def test_a_share_is_of_what_the_rule_names(of: str, activity: Activity, expected: Truth) -> None:
    """A share of users, of requests to the same place, or of all requests; unknown without its denominator."""
    assert enough(AtLeast.model_validate({"any": [{"share": 0.5, "of": of}]}), activity).truth is expected


def test_all_demands_each() -> None:
    """With `all`, one that is unknown leaves the whole unknown."""
    demand = AtLeast.model_validate({"all": [{"users": 5}, {"share": 0.5}]})
    assert enough(demand, counted(9, 9, requests=10)).truth is True
    assert enough(demand, counted(9, 9)).truth is None
    assert enough(demand, counted(9, 4)).truth is False


def test_a_shorter_window_stands_for_a_longer_one_and_never_the_other_way() -> None:
    """What a part of the window reaches, the whole reaches; what a longer one reaches says nothing."""
    short, long = counted(1), Activity(window=timedelta(hours=1), events=9)
    assert within((short, long), FIVE) is short
    assert within((short, long), timedelta(hours=2)) is long
    assert within((long,), FIVE) is None
