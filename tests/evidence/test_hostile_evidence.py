"""Whatever a server answers: evidence is read with suspicion, never raises, and never invents a share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support import T0
from watcher.evidence import active, cause, changes, tables
from watcher.evidence.impact import Active, Gathered, Probes, measures
from watcher.evidence.span import Span, around, covered
from watcher.incident.knowledge import share

HOUR = timedelta(hours=1)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes().map(str)
)
NAMES = st.sampled_from(
    [
        "data",
        "groups",
        "by",
        "totals",
        "start",
        "end",
        "count()",
        "count_unique(user)",
        "sum(session)",
        "session.status",
        "release",
        "version",
        "lastDeploy",
        "dateFinished",
        "environment",
        "projects",
        "id",
        "lastCommit",
        "committers",
        "commits",
        "author",
        "message",
        "status",
        "result",
        "value",
    ]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(body=JSON)
def test_no_answer_makes_a_reader_raise(body: Any) -> None:
    """Every reader takes any JSON, and gives bounded words and counts."""
    span = around(T0)
    rows = body if isinstance(body, list) else [body]
    met = tables.met_of(body)
    assert met is None or met.events >= 0
    health = tables.health_of(body, body, span)
    assert 0 <= health.failed <= health.sessions
    assert all(len(name) < 100 for name, _ in tables.groups_of(body, "release", "release"))
    tables.releases_of(body)
    if isinstance(body, dict):
        covered(body, span)
    trouble = changes.Trouble(onset=T0, now=T0, window=24 * HOUR)
    read = changes.read_releases(rows, "production")
    found = changes.changes_of(read, trouble, source="sentry:shop", system=lambda _: None)
    assert all(change.deployed_at <= T0 for change in found)
    assert all(len(str(suspect)) < 400 for suspect in cause.read_suspects(body))
    cause.read_commits(rows)
    active.sample(body)
    active.at(body, "data.0.value")


COUNTS = st.none() | st.integers(0, 10**6)


@given(
    met=COUNTS,
    users=COUNTS,
    failed=st.integers(0, 1000),
    healthy=st.integers(0, 1000),
    number=COUNTS,
    age=st.integers(0, 200),
    glitchtip=st.booleans(),
    failing=st.integers(0, 2),
)
def test_a_share_is_never_invented(
    *,
    met: int | None,
    users: int | None,
    failed: int,
    healthy: int,
    number: int | None,
    age: int,
    glitchtip: bool,
    failing: int,
) -> None:
    """A young incident disproves nothing, a share is within 0 and 1, and each measure is named once."""
    span = around(T0)
    known = Gathered(
        onset=T0 - timedelta(minutes=age),
        now=T0,
        span=span,
        sentry=True,
        glitchtip=glitchtip,
        met=None if met is None else tables.Met(users=met or None, events=met),
        lately=None if met is None else tables.Met(users=met // 2 or None, events=met),
        health=tables.Health(
            span=span, users=users or None, by_status={"healthy": healthy, "errored": failed}
        ),
        active=Active(users=number, told_by="the configured number") if number else None,
        probes=Probes(failing=failing, critical=2),
    )
    found = measures(known)
    assert found
    assert len({impact.measure for impact in found}) == len(found)
    for impact in found:
        by_the_hour = impact.measure == "users by the configured number"
        young = known.onset > (T0 - timedelta(hours=1) if by_the_hour else span.since)
        part = share(impact)
        assert 0 <= part.low <= part.high <= 1
        assert impact.everyone or not (young and part.over_half is False)


def test_the_window_is_whole_hours_and_holds_now() -> None:
    """Between one and two hours, however late in the hour it is."""
    for minutes in range(0, 180, 7):
        now = T0 + timedelta(minutes=minutes, microseconds=5)
        span = around(now)
        assert span.since.minute == span.since.second == 0
        assert HOUR <= span.until - span.since <= 2 * HOUR + timedelta(seconds=1)
        assert span.since <= now < span.until


def test_only_the_asked_window_widened_by_less_than_an_hour_is_covered() -> None:
    """The reply's own words say what it counted."""
    asked = around(T0 + timedelta(minutes=20))

    def told(since: timedelta, until: timedelta) -> Span | None:
        return covered(
            {"start": (asked.since + since).isoformat(), "end": (asked.until + until).isoformat()}, asked
        )

    none = timedelta(0)
    assert told(none, none) == asked
    assert told(-HOUR, timedelta(minutes=40)) is not None
    for since, until in ((HOUR, none), (-2 * HOUR, none), (none, -HOUR), (none, 2 * HOUR)):
        assert told(since, until) is None


def test_a_rolling_deploy_is_one_change_and_going_back_is_another() -> None:
    """While old and new answer in turn nothing is told twice; a version that stays is."""
    running, told = None, []
    looks = ["1", "2", "1", "2", "1", "2", "2", "2", "1", "1", "1", "1", None, ""]
    for n, version in enumerate(looks):
        running, change = changes.look(running, version, T0 + timedelta(seconds=10 * n))
        if change is not None:
            told.append((change.previous, change.version))
    assert told == [("1", "2"), ("2", "1")]


def test_after_a_long_silence_a_new_version_is_dated_by_its_first_look() -> None:
    """It is rather the repair that answers than what broke."""
    running, _ = changes.look(None, "1", T0)
    _, change = changes.look(running, "2", T0 + HOUR)
    assert change is not None
    assert change.at == T0 + HOUR
