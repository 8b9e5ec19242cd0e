"""Who is affected, played against a simulated Sentry that answers in whole hours: each way of counting, and each trap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.evidence.stage import (
    Enquired,
    active,
    ago,
    held,
    issue,
    met,
    played,
    requests,
)
from tests.support import T0
from tests.theatre import CONFIG, RULES
from watcher.demo.tracker import State
from watcher.evidence.impact import PROBES, RELEASE_HEALTH, REQUESTS_FAILED, SESSIONS_FAILED, UNKNOWN
from watcher.incident.findings import ImpactMeasured

OPERATOR = "users by the configured number"


def measured(
    tracker: State,
    *keys: str,
    since: timedelta = timedelta(hours=2),
    fails: Mapping[str, Any] | None = None,
    more: str = "",
) -> tuple[Enquired, ImpactMeasured]:
    """The stage and the measurement that speaks, two seconds after the page."""
    stages: list[Enquired] = []

    async def main() -> None:
        stage = await Enquired(tracker, fails, more).start()
        await stage.fail(*(keys or ("7",)), since=T0 - since)
        stages.append(stage)
        await stage.crash()

    played(main)
    impact = stages[0].incident().known.impact
    assert impact is not None
    return stages[0], impact


def test_users_of_overlapping_issues_are_counted_once() -> None:
    """Two issues that met sixty and fifty people, forty of them the same, met seventy."""
    tracker = held(
        issue("7", *met(range(60), ago(minutes=55))),
        issue("8", *met(range(20, 70), ago(minutes=50))),
        sessions=active(range(1000), ago(minutes=58)),
    )
    stage, impact = measured(tracker, "7", "8")
    assert (impact.measure, impact.affected, impact.active) == (RELEASE_HEALTH, 70, 1000)
    assert len([q for q in stage.server.questions("/events/") if "%5B7%2C8%5D" in q or "[7,8]" in q]) == len(
        stage.server.questions("/events/")
    )


def test_both_sides_are_counted_in_the_window_that_the_reply_covered() -> None:
    """Events before the whole hour of the sessions are not counted, though they are of the same issue."""
    tracker = held(
        issue("7", *met(range(30), ago(hours=5), ago(hours=3)), *met(range(100, 110), ago(minutes=50))),
        sessions=(*active(range(500), ago(hours=5), ago(hours=3)), *active(range(100, 300), ago(minutes=55))),
    )
    _, impact = measured(tracker)
    assert (impact.affected, impact.active, impact.lower_bound) == (10, 200, False)
    assert impact.window is not None
    assert timedelta(hours=1) <= impact.window <= timedelta(hours=2)


def test_an_environment_is_on_both_sides_or_on_none() -> None:
    """Staging's users and errors are in neither number; where the server does not know the name, all are in both."""
    tracker = held(
        issue(
            "7", *met(range(10), ago(minutes=50)), *met(range(50, 90), ago(minutes=50), environment="staging")
        ),
        sessions=(
            *active(range(100), ago(minutes=55)),
            *active(range(200, 300), ago(minutes=55), environment="staging"),
        ),
    )
    _, narrow = measured(tracker)
    assert (narrow.affected, narrow.active) == (10, 100)
    tracker.environments = ("prod", "staging")
    _, wide = measured(tracker)
    assert (wide.affected, wide.active) == (50, 200)
    assert wide.measure == "users by release health, in all environments"


def test_a_total_outage_five_minutes_old_does_not_read_as_ten_percent() -> None:
    """It is a lower bound, said with its age, and disproves nothing."""
    tracker = held(
        issue("7", *met(range(100), ago(minutes=5))), sessions=active(range(1000), ago(minutes=59))
    )
    stage, impact = measured(tracker, since=timedelta(minutes=5))
    assert (impact.affected, impact.active, impact.lower_bound) == (100, 1000, True)
    assert stage.incident().known.share.over_half is None
    (line,) = [line for line in _page(stage) if line.startswith("Who: ")]
    assert line == "Who: >= 10 %, 5 min into it, of users by release health (100 of 1000)"


def _page(stage: Enquired) -> tuple[str, ...]:
    from watcher.incident import compose

    return compose.opened(stage.incident(), stage.world.clock.now())[1]


def test_a_lower_bound_does_not_end_the_search() -> None:
    """A total outage five minutes old is found by the requests that fail, and that measure is named."""
    sessions = (*active(range(1000), ago(minutes=59)), *requests(100, 2000, ago(minutes=4)))
    tracker = held(issue("7", *met(range(100), ago(minutes=5))), sessions=sessions)
    stage, impact = measured(tracker, since=timedelta(minutes=5))
    assert impact.measure == SESSIONS_FAILED
    assert list(stage.shares()) == [RELEASE_HEALTH, SESSIONS_FAILED]
    assert stage.incident().known.majority is not None


def test_a_server_that_sends_no_users_is_measured_by_its_requests() -> None:
    """Sessions without a user are requests, and are called that; the users are a number without a share."""
    tracker = held(issue("7", *met(range(12), ago(minutes=50))), sessions=requests(40, 60, ago(minutes=30)))
    stage, impact = measured(tracker)
    assert (impact.measure, impact.affected, impact.active) == (REQUESTS_FAILED, 60, 100)
    assert impact.error_rate == pytest.approx(0.6)
    assert stage.shares()[RELEASE_HEALTH] == (12, None)
    assert "Of these: release shop@2.41.1 12" in _page(stage)


def test_no_user_in_many_events_is_unknown_and_never_nobody() -> None:
    """The application sends none along."""
    events = tuple(e for n in range(40) for e in met(range(1), ago(minutes=50)))
    nameless = tuple(type(e)(at=e.at, user=None, release=e.release) for e in events)
    tracker = held(issue("7", *nameless), sessions=active(range(100), ago(minutes=55)))
    stage, _ = measured(tracker)
    assert stage.shares()[RELEASE_HEALTH] == (None, 100)
    assert stage.incident().known.share.low == 0
    assert stage.incident().known.share.over_half is None


def test_the_operators_number_stands_in_for_release_health() -> None:
    """Second in the order, and named."""
    tracker = held(issue("7", *met(range(30), ago(minutes=50))))
    stage, impact = measured(tracker, more="evidence: {active_users: {number: 9000}}\n")
    assert (impact.measure, impact.affected, impact.active) == (OPERATOR, 30, 9000)
    assert stage.shares()[RELEASE_HEALTH] == (30, None)


def test_the_operators_number_is_compared_with_the_users_of_an_hour() -> None:
    """Eighty users in two hours are forty of the hundred that are active in one: no majority."""
    tracker = held(
        issue("7", *met(range(40), ago(minutes=110), ago(minutes=70)), *met(range(40, 80), ago(minutes=50)))
    )
    _, impact = measured(tracker, since=timedelta(hours=2), more="evidence: {active_users: {number: 100}}\n")
    assert (impact.measure, impact.affected, impact.active) == (OPERATOR, 40, 100)
    assert (impact.window, impact.lower_bound) == (timedelta(hours=1), False)


def test_more_affected_than_active_is_everybody_and_marked() -> None:
    """Ids differ between events and sessions; the share is held at all of them."""
    tracker = held(issue("7", *met(range(60), ago(minutes=50))), sessions=active(range(40), ago(minutes=55)))
    _, impact = measured(tracker)
    assert (impact.affected, impact.active, impact.clamped) == (60, 40, True)


def test_users_are_told_apart_by_tier_release_and_country() -> None:
    """Where the tags carry them; the largest first."""
    tags = {"plan": "PREMIUM", "geo.country_code": "DE"}
    tracker = held(
        issue("7", *met(range(30), ago(minutes=50), tags=tags), *met(range(50, 60), ago(minutes=40))),
        sessions=active(range(100), ago(minutes=55)),
    )
    _, impact = measured(tracker, more="evidence: {tier_tag: plan}\n")
    assert impact.groups == (("plan PREMIUM", 30), ("release shop@2.41.1", 40), ("country DE", 30))


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        ({"/sessions/": 403}, {RELEASE_HEALTH: (30, None), UNKNOWN: (None, None)}),
        ({"/sessions/": 404}, {RELEASE_HEALTH: (30, None), UNKNOWN: (None, None)}),
        ({"/events/": 403}, {RELEASE_HEALTH: (None, 100), UNKNOWN: (None, None)}),
        ({"/events/": 500}, {RELEASE_HEALTH: (None, 100), UNKNOWN: (None, None)}),
        (
            {"/events/": {"data": "nothing of the kind"}},
            {RELEASE_HEALTH: (None, 100), UNKNOWN: (None, None)},
        ),
        ({"/sessions/": 500, "/events/": 500}, {UNKNOWN: (None, None)}),
        ({"/releases/": 403}, {RELEASE_HEALTH: (30, 100)}),
    ],
)
def test_what_cannot_be_read_is_missing_and_the_rest_goes_on(
    fails: dict[str, Any], expected: dict[str, Any]
) -> None:
    """One question refused spoils no other."""
    tracker = held(issue("7", *met(range(30), ago(minutes=50))), sessions=active(range(100), ago(minutes=55)))
    stage, _ = measured(tracker, fails=fails)
    assert stage.shares() == expected
    assert len(stage.titles("ann-phone")) == 1


def test_a_reply_about_another_window_is_no_denominator() -> None:
    """Yesterday's users say nothing of today's share."""
    other = {
        "start": "2026-11-24T01:00:00Z",
        "end": "2026-11-24T03:00:00Z",
        "groups": [{"by": {}, "totals": {"count_unique(user)": 40}}],
    }
    tracker = held(issue("7", *met(range(30), ago(minutes=50))))
    stage, _ = measured(tracker, fails={"/sessions/": other})
    assert stage.shares()[RELEASE_HEALTH] == (30, None)
    assert "Who: 30 users, of how many is unknown" in _page(stage)


def test_counts_that_come_as_text_are_counts() -> None:
    """Some servers write numbers as words; what is no number is nothing."""
    span = {"start": "2026-11-25T02:00:00Z", "end": "2026-11-25T03:00:00Z"}
    sessions = span | {"groups": [{"by": {}, "totals": {"count_unique(user)": "200", "sum(session)": "x"}}]}
    events = {"data": [{"count()": "64", "count_unique(user)": "50"}]}
    stage, _ = measured(held(issue("7")), fails={"/sessions/": sessions, "/events/": events})
    assert stage.shares()[RELEASE_HEALTH] == (50, 200)


def test_nothing_critical_answers_means_everyone() -> None:
    """Every probe of every critical endpoint fails: all users, without a Sentry; one that answers ends that."""
    more = '    - {name: web, url: "http://app.example/", system: web, critical: true}\n'
    text = CONFIG.replace("contacts:", f"{more}contacts:")

    async def main() -> None:
        stage = await Enquired(held(), rules=RULES, text=text).start()
        await stage.hear("up", "web")
        await stage.hear("down")
        assert PROBES not in stage.shares()
        await stage.hear("down", "web")
        await stage.pass_(seconds=61)
        impact = stage.incident().known.impact
        assert impact is not None
        assert (impact.measure, impact.everyone) == (PROBES, True)
        assert stage.incident().known.share.over_half is True
        await stage.hear("up", "web")
        await stage.pass_(seconds=61)
        assert not stage.incident().known.impacts[PROBES].everyone
        assert stage.incident().known.majority is not None  # said once, it stays said
        await stage.crash()

    played(main)
