"""Traces: which clauses hold, and which clause of a near miss fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.classify import classify
from rules.guess import signal_of
from rules.load import load, read
from rules.signal import Activity, HealthSignal, IssueSignal, ReportSignal
from rules.trace import NEAR_MAX, Clause, trace

AT = datetime(2026, 11, 25, tzinfo=UTC)
BOOK = read(
    "version: 1\ncategory: outage\nrules:\n"
    "  - id: engine\n    because: 'the engine failed: {count}'\n    signal: issue\n    certainty: scale\n"
    "    when:\n      all:\n        - {any_text: ['engine (stopped|failed)', boom]}\n        - {level: [error, fatal]}\n"
    "        - not: {any_text: drill}\n        - any: [{platform: python}, {logger: motor}]\n"
    "  - {id: tagged, because: b, signal: issue, certainty: definite, when: {any_text: boom, tag: {plan: paid}}}\n"
    "  - {id: other, because: c, signal: issue, certainty: definite, when: {any_text: nothing like it}}\n"
)
PACK = load()
MANY = (Activity(window=timedelta(minutes=5), events=90, users_low=40, users_high=40),)


def issue(title: str = "the engine failed", **fields: Any) -> IssueSignal:
    fields = {"activity": MANY, "platform": "python", **fields}
    return IssueSignal(source="sentry:x", key="1", at=AT, started_at=None, title=title, **fields)


def test_a_rule_that_fires_shows_every_clause_with_its_text() -> None:
    """The words that matched are quoted, what was not excluded is named, of alternatives the one that holds is shown."""
    (one,) = trace(BOOK, issue())
    assert (one.rule, one.outcome, one.said) == ("engine", "fires", "the engine failed: 40 users")
    assert one.clauses == (
        Clause(truth=True, words="40 users within 5m; 5 are enough"),
        Clause(truth=True, words='it says "engine failed"'),
        Clause(truth=True, words="the level is error"),
        Clause(truth=True, words="not excluded (any_text)"),
        Clause(truth=True, words="the platform is python"),
    )


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        ({"level": "warning"}, "level is warning; wanted is error, fatal"),
        ({"title": "the engine failed in a drill"}, 'excluded: it says "drill"'),
        ({"platform": "go"}, "platform is go; wanted is python"),
    ],
)
def test_a_near_miss_names_the_clause_that_failed(fields: dict[str, Any], failed: str) -> None:
    """One clause against it is enough to keep a rule silent, and is shown in words."""
    (one,) = trace(BOOK, issue(**fields))
    assert one.outcome == "near miss"
    assert failed in [clause.words for clause in one.failed]


def test_a_near_miss_prints_the_first_words_of_its_patterns() -> None:
    """Patterns are a page long; what a rule looks for is shown by its first words, and how many patterns there are."""
    book = read(
        "version: 1\ncategory: outage\nrules:\n  - id: long\n    because: x\n    signal: report\n    certainty: hint\n"
        "    when: {all: [{any_text: here}, {any_text: ['\\b(one|two|three|four) times\\b', '\\bfive{2,3}|six|seven\\w*']}]}\n"
    )
    (told,) = trace(book, ReportSignal(source="x", key="1", at=AT, text="here"))
    assert [clause.words for clause in told.failed] == [
        "any_text says none of: one, two, three, four, times, five ... (2 patterns)"
    ]


def test_what_the_source_did_not_say_is_not_known() -> None:
    """A tag that nobody sent keeps the rule from firing, and is shown as unknown and not as false."""
    found = {one.rule: one for one in trace(BOOK, issue("boom"))}
    assert found["tagged"].failed == (Clause(truth=None, words="tag is not known; wanted is plan: paid"),)


def test_too_few_says_how_many() -> None:
    """A rule whose clauses all hold is no near miss of its text: what was counted was not enough."""
    (one,) = trace(BOOK, issue(activity=()))
    assert (one.outcome, one.said) == (
        "too few",
        "engine: an unknown number of users within 5m, not known to be enough",
    )


def test_what_has_nothing_to_do_with_a_signal_is_not_shown() -> None:
    """A rule none of whose texts is said is no near miss while more than one clause is against it."""
    assert trace(BOOK, issue("all is well", platform="go")) == ()


TEXTS = st.lists(
    st.sampled_from(["engine failed", "boom", "drill", "sign in", "charged twice", "deleted", "\u202e"]),
    max_size=5,
)


@settings(deadline=None)  # the first example compiles every pattern of the pack
@given(TEXTS.map(" ".join), st.sampled_from(["error", "warning"]), st.booleans())
def test_a_trace_and_a_verdict_never_disagree(text: str, level: str, many: bool) -> None:  # noqa: FBT001 - drawn
    """What fires in a trace is what classification fires, and nothing of it is unprintable."""
    for book in (BOOK, PACK):
        signal = issue(text or "x", level=level, activity=MANY if many else ())
        found = trace(book, signal)
        fired = {one.rule for one in found if one.outcome == "fires" and one.mode == "page"}
        verdict = classify(book, signal)
        assert (verdict.rule in fired) if fired else (verdict.rule is None)
        assert all(not one.failed for one in found if one.outcome == "fires")
        assert all(one.failed for one in found if one.outcome == "near miss")
        assert sum(one.outcome == "near miss" for one in found) <= NEAR_MAX
        assert all(clause.words.isprintable() for one in found for clause in one.clauses)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"issue": {"title": "boom", "metadata": {}}}', IssueSignal),
        ('{"id": "7", "title": "boom", "metadata": {"type": "X"}, "count": "9"}', IssueSignal),
        ('{"title": "boom", "users": 9}', IssueSignal),
        ('{"state": "down", "failed_components": ["db"]}', HealthSignal),
        ('{"response": {"status": 503, "body": ""}}', HealthSignal),
        ('{"status": "down", "db": "down"}', HealthSignal),
        ("<html><title>502 Bad Gateway</title></html>", HealthSignal),
        ("[+]ping ok\n[-]etcd failed", HealthSignal),
        ('{"text": "I was charged twice"}', ReportSignal),
        ("I was charged twice", ReportSignal),
    ],
)
def test_a_text_is_taken_for_what_it_looks_like(text: str, kind: type) -> None:
    """Rows, issues of the API, examples, health bodies and plain words are told apart."""
    assert isinstance(signal_of(text), kind)


def test_a_kind_that_is_said_is_believed() -> None:
    """Words of a report that look like a health answer are a report where the user says so."""
    assert isinstance(signal_of("ok", "health"), HealthSignal)
    assert isinstance(signal_of("ok, it is down", "report"), ReportSignal)
    with pytest.raises(ValueError, match="a JSON object with a title"):
        signal_of("boom", "issue")
    with pytest.raises(ValueError, match="it is empty"):
        signal_of("  ")
