"""Polls of the strict simulated Sentry: what is asked, and what a count means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.signal import Activity
from tests.sources.sentry.stage import (
    FIVE,
    HOUR,
    NOW,
    SHOP,
    at_sentry,
    issue,
    looking,
    moving,
    only,
    packed,
    poll,
    seen,
    settings,
    state,
)
from tests.virtual import run
from watcher.demo.tracker import Occurrence, Project, spread
from watcher.sources.sentry.dialects import period
from watcher.sources.sentry.source import SentrySource


async def test_an_issue_is_seen_with_all_that_a_rule_asks() -> None:
    """The list counts, the latest event tells tags, release and place, the configuration names the system."""
    live, _ = at_sentry(state(issue()))
    found = only(await poll(settings(), live))
    assert found.activity == (Activity(window=FIVE, events=90, users_low=40, users_high=40),)
    assert (found.system, found.environment, found.release) == ("web", "production", "shop@2.41.1")
    assert found.started_at == NOW - timedelta(minutes=4)
    assert found.tags is not None
    assert found.tags["handled"] == "no"


async def test_each_window_is_the_server_s_own_count() -> None:
    """Every window of the rulebook is asked for; its counts stand beside each other and are never added."""
    older = spread(events=60, users=7, since=NOW - HOUR, until=NOW - timedelta(minutes=30))
    recent = spread(events=9, users=3, since=NOW - timedelta(minutes=4), until=NOW)
    live, _ = at_sentry(state(issue(occurrences=older + recent)))
    found = only(await poll(settings(), live, (HOUR + FIVE, FIVE)))
    assert [(row.window, row.events, row.users_low) for row in found.activity] == [
        (FIVE, 9, 3),
        (HOUR + FIVE, 69, 7),
    ]
    assert found.started_at == NOW - timedelta(minutes=4)


async def test_a_quiet_short_window_is_a_stated_zero() -> None:
    """An issue that only the longer window lists did not happen in the shorter one: 0, not unknown."""
    older = spread(events=60, users=7, since=NOW - HOUR, until=NOW - timedelta(minutes=30))
    live, _ = at_sentry(state(issue(occurrences=older)))
    found = only(await poll(settings(), live, (FIVE, HOUR + FIVE)))
    assert [(row.events, row.users_low) for row in found.activity] == [(0, 0), (60, 7)]


@pytest.mark.parametrize("status", ["resolved", "ignored", "unresolved"])
async def test_a_click_on_resolve_or_archive_hides_nothing(status: str) -> None:
    """An issue that somebody resolved or archived and that fires again is judged like any other."""
    live, _ = at_sentry(state(issue(status=status, substatus=None)))
    assert only(await poll(settings(), live)).key == "7"


async def test_other_categories_and_projects_stay_out() -> None:
    """Performance issues and projects that are not watched are none of ours."""
    other = Project(id="9", slug="toys", name="Toys")
    live, _ = at_sentry(
        state(issue("1", category="db_query"), issue("2", project=other), issue("3"), projects=(SHOP, other))
    )
    assert only(await poll(settings(), live)).key == "3"


async def test_an_issue_without_users_has_unknown_users() -> None:
    """Where the SDK sends no user, users are unknown and events stand alone."""
    live, _ = at_sentry(state(issue(users=0)))
    (activity,) = only(await poll(settings(), live)).activity
    assert (activity.events, activity.users_low, activity.users_high) == (90, None, None)


async def test_staging_does_not_count_as_production() -> None:
    """Several environments are walked apart: each has its own signal and its own counts."""
    mixed = spread(events=50, users=9, since=NOW - timedelta(minutes=4), until=NOW, environment="staging")
    mixed += (Occurrence(at=NOW - timedelta(minutes=1), user="a", environment="production"),)
    live, _ = at_sentry(state(issue(occurrences=mixed), environments=("production", "staging")))
    found = {row.environment: row for row in seen(await poll(settings(), live)).signals}
    assert {place: row.activity[0].events for place, row in found.items()} == {"production": 1, "staging": 50}
    assert {row.key for row in found.values()} == {"7@production", "7@staging"}


async def test_a_configured_environment_narrows_everything() -> None:
    """With one environment named, only its events are asked for, and the key stays the issue's."""
    mixed = spread(events=50, users=9, since=NOW - timedelta(minutes=4), until=NOW, environment="staging")
    held = state(issue(occurrences=mixed), issue("8"), environments=("production", "staging"))
    live, asked = at_sentry(held)
    assert only(await poll(settings(environments=("production",)), live)).key == "8"
    assert not any("environments/" in target for target in asked.targets)


async def test_pages_are_walked_to_the_end() -> None:
    """Cursors are followed, by value: the Link header names another host, which is never asked."""
    many = [issue(str(n), events=1, users=1, url="") for n in range(1, 24)]
    live, asked = at_sentry(state(*many), page_size=10, links="http://internal.example:9000")
    found = seen(await poll(settings(), live))
    assert len(found.signals) == 23
    assert found.complete
    assert sum("/issues/?" in target for target in asked.targets) == 3


async def test_at_most_twenty_latest_events_a_poll() -> None:
    """The gravest and largest first; the others are judged without tags, and get theirs with a later poll."""
    many = [issue(str(n), events=n, users=n) for n in range(1, 31)]
    live, asked = at_sentry(state(*many))
    found = {row.key: row for row in seen(await poll(settings(), live)).signals}
    assert sum("/events/latest/" in target for target in asked.targets) == 20
    assert found["30"].tags is not None
    assert found["1"].tags is None


def test_a_latest_event_is_not_fetched_at_every_poll() -> None:
    """An issue that does not grow is asked for again only after ten minutes."""

    async def main() -> None:
        live, asked = at_sentry(state(issue(minutes=2)), moving)
        async with looking(SentrySource(settings(every="1m"), live, (HOUR,), {})) as look:
            fetched = []
            for _ in range(12):
                await look.once()
                fetched.append(sum("/events/latest/" in target for target in asked.targets))
        assert (fetched[0], fetched[9], fetched[10]) == (1, 1, 2)

    run(main())


async def test_every_request_is_one_that_the_strict_server_knows() -> None:
    """No parameter is sent that the server does not document, and none but the first goes without the token."""
    live, asked = at_sentry(state(issue()))
    seen(await poll(settings(), live, (FIVE, HOUR)))
    assert asked.targets[0] == "/api/settings/?"
    listed = [target for target in asked.targets if "/issues/?" in target]
    assert listed[0] == (
        "/api/0/organizations/acme/issues/?project=2&query=issue.category%3Aerror&statsPeriod=5m&sort=freq"
        "&limit=100&groupStatsPeriod="
    )
    assert len(listed) == 2


async def test_all_visible_projects_are_watched_where_none_is_named() -> None:
    """Without a list of projects everything that the token sees counts."""
    live, asked = at_sentry(state(issue()))
    assert only(await poll(settings(projects=()), live)).system is None
    assert not any("project=" in target for target in asked.targets)


def test_the_signal_grows_with_the_issue() -> None:
    """A later poll replaces what the former said: the window moved on, and so did the counts."""

    async def main() -> None:
        growing = spread(
            events=600, users=600, since=NOW - timedelta(minutes=1), until=NOW + timedelta(minutes=59)
        )
        live, _ = at_sentry(state(issue(occurrences=growing)), moving)
        async with looking(SentrySource(settings(every="3m"), live, (FIVE,), {})) as look:
            counts = [only(await look.once()).activity[0].events for _ in range(3)]
        assert counts == [11, 41, 50]

    run(main())


@pytest.mark.parametrize(
    ("window", "text"),
    [(FIVE, "5m"), (HOUR, "1h"), (24 * HOUR, "24h"), (FIVE / 4, "75s"), (FIVE / 1000, "1s")],
)
def test_a_window_is_one_number_and_one_unit(window: timedelta, text: str) -> None:
    """Sentry reads 90s and refuses 1m30s."""
    assert period(window) == text


def test_the_stage_packs_whole_answers() -> None:
    """The raw answers of other tests carry their length, or a client would wait for more."""
    assert packed(200, [1]).endswith(b"content-length: 3\r\nconnection: close\r\n\r\n[1]")
