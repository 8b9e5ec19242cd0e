"""The exact figures: what they hold, and when it leaves."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.signal import CATEGORIES
from tests.support import T0
from watcher.incident.protocol import TARGET
from watcher.log import Append
from watcher.serve.metrics.ledger import WEEKS, Ledger
from watcher.serve.metrics.windows import ALL, WINDOWS, Closing, Windows
from watcher.view.measures import BUCKETS, Distribution, median, nine_in_ten

NOW = T0.timestamp()
SECONDS = st.floats(0, 100_000)


def restored(days_ago: float, seconds: float, category: str = "outage") -> Closing:
    at = NOW - days_ago * 86_400
    return Closing(at=at, category=category, seconds={"restore": seconds}, advised=("rollback", "rollback"))


CLOSINGS = st.lists(st.builds(restored, st.floats(0, 400), SECONDS, st.sampled_from(CATEGORIES)), max_size=40)


@given(before=CLOSINGS, after=st.lists(SECONDS, max_size=10), later=st.floats(0, 100))
def test_a_window_holds_what_was_closed_within_it_and_nothing_else(
    before: list[Closing], after: list[float], later: float
) -> None:
    """Read at any later moment, after any number of closings: as if it were counted anew."""
    windows = Windows()
    windows.begin(before, T0)
    added = [restored(0, seconds, "security") for seconds in after]
    for one in added:
        windows.add(one)
    now = T0 + timedelta(days=later)
    for name, window in windows.read(now).items():
        began = (now - WINDOWS[name]).timestamp()
        for category in (ALL, *CATEGORIES):
            inside = sorted(
                one.seconds["restore"]
                for one in (*before, *added)
                if one.at >= began and category in (ALL, one.category)
            )
            assert window.stats("restore", category).get("n") == len(inside)
            assert window.in_time(category) == sum(s <= 7200 for s in inside)
            if inside:
                assert window.stats("restore", category)["median"] == statistics.median(inside)
                assert window.stats("restore", category)["max"] == inside[-1]
        assert window.advised["rollback", "rollback"] == window.stats("restore", ALL)["n"]


def test_of_no_incident_there_is_no_time() -> None:
    """How many there are is 0; a median of 0 would be a lie."""
    windows = Windows()
    windows.begin([], T0)
    assert windows.read(T0)["7d"].stats("restore", ALL) == {"n": 0}


@given(st.lists(SECONDS, min_size=1, max_size=60))
def test_nine_in_ten_do_not_exceed_their_p90(values: list[float]) -> None:
    """It is a time that occurred, and the smallest of which that can be said."""
    ordered = sorted(values)
    found = nine_in_ten(ordered)
    assert found in ordered
    assert sum(value <= found for value in ordered) * 10 >= 9 * len(ordered)
    smaller = [value for value in ordered if value < found]
    assert len(smaller) * 10 < 9 * len(ordered)


def test_the_median_of_two_lies_between_them() -> None:
    """As people compute it."""
    assert median([1, 2]) == 1.5
    assert median([1, 2, 9]) == 2


def test_exactly_two_hours_are_in_time() -> None:
    """The target is met on its last second."""
    windows = Windows()
    target = TARGET.total_seconds()
    windows.begin([restored(1, target), restored(1, target + 0.001)], T0)
    assert windows.read(T0)["7d"].in_time(ALL) == 1


def columns(**changes: object) -> dict[str, object]:
    """An open incident of a minute ago."""
    at = T0 - timedelta(minutes=1)
    plain: dict[str, object] = {
        "category": "outage",
        "status": "investigating",
        "started_at": at,
        "detected_at": at,
        "opened_at": at,
        "paged_at": at,
        "acknowledged_at": None,
        "decided_at": None,
        "mitigated_at": None,
        "resolved_at": None,
        "outcome": None,
        "recommendation": None,
        "decision": None,
        "deployment_caused": None,
        "reopenings": 0,
        "name": "incident/1",
    }
    return {**plain, **changes}


def test_what_is_open_past_two_hours_counts_until_it_is_mitigated() -> None:
    """Watching what has ended is no delay."""
    ledger = Ledger()
    mitigated = columns(name="incident/2", mitigated_at=T0)
    ledger.begin([columns(), mitigated], T0)
    assert ledger.past_target(T0)["outage"] == 0
    assert ledger.past_target(T0 + timedelta(hours=2)) == {"outage": 1}


def test_each_of_the_last_weeks_is_there_also_an_empty_one() -> None:
    """A week begins on its Monday, in UTC; a drill never counts, a false alarm no more once it is one."""
    ledger = Ledger()
    sunday = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    false = columns(name="incident/3", status="false_alarm", outcome="false_alarm", resolved_at=T0)
    ledger.begin(
        [columns(opened_at=sunday), columns(name="incident/2"), false, columns(**{"class": "drill"})], T0
    )
    found = ledger.weekly(T0)
    assert len(found) == WEEKS * len(CATEGORIES)
    assert {week: n for (week, category), n in found.items() if n} == {"2026-11-16": 1, "2026-11-23": 1}
    assert list(found)[-1][0] == "2026-11-23"


def test_an_incident_leaves_the_weeks_when_it_proves_to_be_none() -> None:
    """Marked as a false alarm it is one incident less."""
    from watcher.incident.event import Closed

    ledger = Ledger()
    ledger.begin([columns()], T0)
    closed = Closed(at=T0, outcome="false_alarm", by="ann")
    late = columns(status="false_alarm", outcome="false_alarm", resolved_at=T0)
    ledger.take(
        Append(stream="incident/1", kind="incident", expected_version=5, events=(closed,), columns=late)
    )
    assert sum(ledger.weekly(T0).values()) == 0
    assert ledger.windows.read(T0)["7d"].stats("resolve", ALL) == {"n": 0}


@given(st.lists(SECONDS, max_size=30), st.randoms())
def test_a_sum_is_the_same_in_whatever_order_it_was_added(
    seconds: list[float], chance: random.Random
) -> None:
    """A restart adds in the log's order; a sum that fell by its last digit would read as a counter that began anew."""
    other = list(seconds)
    chance.shuffle(other)
    first, second = Distribution(BUCKETS), Distribution(BUCKETS)
    for one, two in zip(seconds, other, strict=True):
        first.observe(one)
        second.observe(two)
    assert first.sum == second.sum
    assert first.cumulative() == second.cumulative()
