"""Windows out of lifetime counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.sentry.stage import FIVE, HOUR, NOW, row
from watcher.sources.sentry.history import ISSUES_MAX, STEPS_MAX, History
from watcher.sources.sentry.row import Row, read_row

STEP = timedelta(seconds=30)
SLACK = timedelta(minutes=1)
OLD = "2026-11-01T00:00:00Z"


def history(memory: dict[str, Any] | None = None, longest: timedelta = FIVE) -> History:
    return History(memory or {}, longest=longest, slack=SLACK)


def counted(events: int, key: str = "1", **changes: Any) -> Row:
    return read_row(row(key, count=str(events), **({"firstSeen": OLD, "lastSeen": OLD} | changes)))


def test_an_issue_that_is_new_counts_whole() -> None:
    """What was first seen within the window happened within the window."""
    found = counted(40, firstSeen="2026-11-25T02:58:00Z")
    past = history()
    past.look([found], NOW)
    assert past.events_within(found, FIVE, NOW) == 40


def test_an_old_issue_at_first_sight_is_no_news() -> None:
    """A lifetime of 50 000 events that ended long ago is nothing in the last five minutes."""
    found = counted(50_000)
    past = history()
    past.look([found], NOW)
    assert past.events_within(found, FIVE, NOW) == 0


def test_an_old_issue_seen_just_now_had_one_event_at_least() -> None:
    """The last event's time proves one event, where no difference can be taken yet."""
    found = counted(50_000, lastSeen="2026-11-25T02:59:00Z")
    past = history()
    past.look([found], NOW)
    assert past.events_within(found, FIVE, NOW) == 1


def test_growth_is_the_difference_to_the_window_s_begin() -> None:
    """Ten a poll are about a hundred in five minutes, whatever came before."""
    past = history()
    for n in range(30):
        past.look([counted(1000 + 10 * n)], NOW + n * STEP)
    assert past.events_within(counted(1290), FIVE, NOW + 29 * STEP) == 100


def test_what_happened_while_we_were_away_is_not_put_into_the_window() -> None:
    """After two hours without a look, the growth of two hours is not the growth of five minutes."""
    past = history()
    past.look([counted(1000)], NOW)
    later = NOW + 2 * HOUR
    past.look([counted(1500)], later)
    assert past.events_within(counted(1500), FIVE, later) == 0
    past.look([counted(1520)], later + STEP)
    assert past.events_within(counted(1520), FIVE, later + STEP) == 20


def test_a_gap_is_not_put_into_a_shorter_window() -> None:
    """Half an hour without a look: its growth belongs to the hour, not to the last five minutes."""
    past = history(longest=HOUR)
    past.look([counted(1000)], NOW)
    later = NOW + timedelta(minutes=30)
    past.look([counted(1500)], later)
    assert past.events_within(counted(1500), FIVE, later) == 0
    assert past.events_within(counted(1500), HOUR, later) == 500


def test_a_restart_remembers() -> None:
    """What was counted before the restart comes back from the log as JSON, and differences go on from there."""
    past = history()
    memory: dict[str, Any] = {}
    for n in range(10):
        memory |= past.look([counted(1000 + 10 * n)], NOW + n * STEP)
    again = history(json.loads(json.dumps(memory)))
    at = NOW + 10 * STEP
    again.look([counted(1100)], at)
    assert again.events_within(counted(1100), FIVE, at) == 100


def test_only_what_changed_is_written() -> None:
    """A thousand issues at rest cost nothing: only changes are remembered anew."""
    past = history()
    past.look([counted(5, "1"), counted(5, "2")], NOW)
    memory = past.look([counted(5, "1"), counted(6, "2")], NOW + STEP)
    assert set(memory) == {"looks", "issue 2"}


def test_a_count_that_falls_begins_anew() -> None:
    """After a merge or a deletion the id stands for another count; no growth is made of that."""
    past = history()
    past.look([counted(500)], NOW)
    past.look([counted(3)], NOW + STEP)
    assert past.events_within(counted(3), FIVE, NOW + STEP) == 0
    past.look([counted(30)], NOW + 2 * STEP)
    assert past.events_within(counted(30), FIVE, NOW + 2 * STEP) == 27


def test_the_history_stays_small() -> None:
    """Issues and steps are limited, and what is forgotten is taken out of the log too."""
    past = history(longest=24 * HOUR)
    for n in range(STEPS_MAX * 3):
        past.look([counted(n)], NOW + n * STEP)
    memory = past.look([counted(10_000)], NOW + 3 * STEPS_MAX * STEP)
    assert len(memory["issue 1"]) <= STEPS_MAX
    flood = past.look([counted(1, f"f{n}") for n in range(ISSUES_MAX)], NOW + HOUR * 3)
    assert flood["issue 1"] is None


def test_strange_memory_is_no_memory() -> None:
    """A log that holds something else makes issues unknown again, and raises nothing."""
    past = history({"looks": "x", "issue 1": [["a", {}]], "issue 2": 7, "other": 1})
    past.look([counted(9)], NOW)
    assert past.events_within(counted(9), FIVE, NOW) == 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 50)), min_size=1, max_size=120),
    st.sampled_from([FIVE, HOUR]),
)
def test_a_window_never_claims_what_fell_before_it(polls: list[tuple[int, int]], window: timedelta) -> None:
    """Whatever the rhythm of looks and events: the answer is at most what fell in the window and the slack before it."""
    past = history(longest=HOUR)
    at, total = NOW, 100
    arrivals = []
    past.look([counted(total)], at)
    for gap, events in polls:
        at += timedelta(seconds=gap)
        total += events
        arrivals.append((at, events))
        past.look([counted(total)], at)
    claimed = past.events_within(counted(total), window, at)
    since = at - window - min(SLACK, window / 2)
    assert 0 <= claimed <= sum(events for when, events in arrivals if when > since)
