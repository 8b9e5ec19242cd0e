"""Windows joined to signals, as pure functions."""

from __future__ import annotations

from dataclasses import replace

from rules.signal import Activity
from tests.sources.sentry.stage import FIVE, HOUR, NOW, row, settings
from watcher.sources.sentry.activity import Windowed, signal, windowed
from watcher.sources.sentry.latest import Latest
from watcher.sources.sentry.row import read_row

ROW = read_row(row("7", count="60", userCount=7))
HOURLY = Windowed(window=HOUR, environment=None, rows=(ROW,), whole=True)
EMPTY = Windowed(window=FIVE, environment=None, rows=(), whole=True)
LATEST = Latest(
    tags={"environment": "staging"},
    release="shop@1",
    environment="staging",
    error_type="",
    value="",
    message="a message",
    culprit="",
    url="",
    logger="",
    handled=None,
)


def test_a_short_window_that_was_read_whole_says_zero() -> None:
    """What a whole list does not name did not happen in its window."""
    (found,) = windowed([HOURLY, EMPTY])
    assert found.activity[0] == Activity(window=FIVE, events=0, users_low=0, users_high=0)


def test_a_short_window_that_was_cut_says_nothing() -> None:
    """What a cut list does not name may have happened: unknown, not zero."""
    (found,) = windowed([HOURLY, replace(EMPTY, whole=False)])
    assert [one.window for one in found.activity] == [HOUR]


def test_a_row_that_moved_between_pages_counts_once() -> None:
    """The same issue twice in one walk is one issue, with its first count."""
    moved = replace(HOURLY, rows=(ROW, replace(ROW, events=61)))
    (found,) = windowed([moved])
    assert [one.events for one in found.activity] == [60]


def test_the_walk_s_environment_beats_the_latest_event_s() -> None:
    """The counts are those of the environment that was walked; the latest event may be of another."""
    (found,) = windowed([replace(HOURLY, environment="production")])
    assert signal(found, LATEST, settings(), "", NOW).environment == "production"
    (anywhere,) = windowed([HOURLY])
    assert signal(anywhere, LATEST, settings(), "", NOW).environment == "staging"
    doubted = signal(anywhere, LATEST, settings(), "", NOW, believed=lambda place: place != "staging")
    assert doubted.environment is None


def test_events_without_an_environment_have_none() -> None:
    """The tracker lists them under an empty name; none means production to whoever judges."""
    (found,) = windowed([replace(HOURLY, environment="")])
    assert found.environment is None


def test_the_start_lies_never_ahead() -> None:
    """A server's clock may run before ours; an incident does not begin in the future."""
    ahead = replace(ROW, first_seen=NOW + HOUR)
    (found,) = windowed([replace(HOURLY, rows=(ahead,))])
    assert signal(found, None, settings(), "", NOW).started_at == NOW


def test_an_issue_without_an_event_has_unknown_tags() -> None:
    """Nothing was said of its tags: unknown, not absent."""
    (found,) = windowed([HOURLY])
    assert signal(found, None, settings(), "", NOW).tags is None
