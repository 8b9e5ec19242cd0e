"""Scale across issues: one fault that opens many issues is counted as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.classify import classify, classify_all
from rules.fingerprint import fingerprint
from rules.load import read
from rules.signal import Activity, IssueSignal, ReportSignal, Signal

AT = datetime(2026, 11, 25, tzinfo=UTC)
FIVE = timedelta(minutes=5)
BOOK = read(
    "version: 1\ncategory: outage\nrules:\n"
    "  - {id: many, signal: issue, certainty: scale, when: {any_text: boom}, because: '{count} met it'}\n"
    "  - {id: harm, signal: issue, certainty: definite, when: {any_text: gone}, because: it is gone}\n"
)
SHARE = read(
    "version: 1\ncategory: outage\nrules:\n"
    "  - {id: half, signal: issue, certainty: scale, when: {any_text: boom}, because: half of them,\n"
    "     at_least: {any: [{share: 0.5}]}}\n"
)


def issue(key: str, title: str = "boom", **fields: Any) -> IssueSignal:
    return IssueSignal(source="sentry:x", key=key, at=AT, started_at=None, title=title, **fields)


def counted(events: int, users: int | None = None, **fields: Any) -> tuple[Activity, ...]:
    return (Activity(window=FIVE, events=events, users_low=users, users_high=users, **fields),)


def outcomes(*signals: Signal) -> list[str]:
    return [verdict.outcome for verdict in classify_all(BOOK, signals)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("boom for user 17", "boom for user 1822"),
        ("boom in order 3f2b9c1d8e", "boom in order 77aa0c19ff"),
        ("boom 550e8400-e29b-41d4-a716-446655440000", "boom 0b0e84f0-1111-41d4-a716-446655440999"),
        ('boom: "Ann" is gone', 'boom: "Robert" is gone'),
        ("boom: can't reach 'db'", "boom: can't reach 'cache'"),
        ("boom at https://shop.example/a", "boom at https://shop.example/b?x=y"),
        ("boom at db-1.internal:5432", "boom at db-2.internal:5432"),
        ("boom  at\n10:30:11", "BOOM at 10:30:12"),
        ("boom for [email]", "boom for 7"),
        ("boom 1, 2, 3", "boom 1"),
    ],
)
def test_what_varies_from_event_to_event_is_not_compared(one: str, other: str) -> None:
    """Numbers, ids, hashes, quoted values and addresses make no difference between two texts."""
    assert fingerprint(issue("1", one)) == fingerprint(issue("2", other))


@pytest.mark.parametrize(
    ("one", "other"), [("boom on read", "boom on write"), ("can't boom it", "won't boom it")]
)
def test_other_words_are_another_fault(one: str, other: str) -> None:
    """Words make the difference; an apostrophe inside a word quotes nothing."""
    assert fingerprint(issue("1", one)) != fingerprint(issue("2", other))


def test_the_value_tells_where_a_title_was_shortened() -> None:
    """A fault has the same fingerprint under its full value, whatever the title kept of it."""
    full = issue("1", "Error: boom in the f...", error_type="Error", value="boom in the first part")
    other = issue("2", "Error: boom in th...", error_type="Error", value="boom in the first part")
    assert fingerprint(full) == fingerprint(other)


@given(st.text(alphabet=st.characters(), max_size=300))
def test_a_fingerprint_is_bounded_printable_text_of_anything(text: str) -> None:
    """Whatever a tracker delivers, the fingerprint is short and the same each time."""
    said = fingerprint(issue("1", text * 20))
    assert said == fingerprint(issue("2", text * 20))
    assert len(said) <= 2_000


def test_unique_messages_are_counted_as_one_fault() -> None:
    """Twenty issues of one event each, told apart by an id alone, are twenty events: they stand in for users."""
    signals = [issue(str(n), f"boom for order {n}", activity=counted(1)) for n in range(20)]
    assert set(outcomes(*signals)) == {"p0"}
    assert set(outcomes(*signals[:19])) == {"none"}
    verdict = classify_all(BOOK, signals)[0]
    assert verdict.because[1] == "counted over 20 issues that say the same"
    assert "20 events within 5m stand in" in verdict.because[2]


def test_users_of_several_issues_are_between_the_largest_and_the_sum() -> None:
    """A rule fires on the largest number of one issue; the sum alone is a question to the source."""
    sure = [issue("1", "boom 1", activity=counted(9, 5)), issue("2", "boom 2", activity=counted(3, 2))]
    assert outcomes(*sure) == ["p0", "p0"]
    maybe = [issue(str(n), f"boom {n}", activity=counted(3, 3)) for n in range(3)]
    verdicts = classify_all(BOOK, maybe)
    assert {verdict.outcome for verdict in verdicts} == {"none"}
    (ask,) = {verdict.ask for verdict in verdicts}
    assert ask is not None
    assert (ask.source, ask.keys, ask.window, ask.rule) == ("sentry:x", ("0", "1", "2"), FIVE, "many")


def test_a_sum_that_would_not_do_is_no_question() -> None:
    """Where even all users together were too few, the source is not bothered."""
    few = [issue("1", "boom 1", activity=counted(3, 2)), issue("2", "boom 2", activity=counted(3, 2))]
    assert [verdict.ask for verdict in classify_all(BOOK, few)] == [None, None]


@pytest.mark.parametrize(("users", "expected"), [(5, "p0"), (4, "none")])
def test_the_source_answers_with_another_signal(users: int, expected: str) -> None:
    """What the source counted over the issues together decides; the answer itself has no verdict, and is asked once."""
    maybe = [issue(str(n), f"boom {n}", activity=counted(3, 3)) for n in range(3)]
    answer = issue("together", activity=counted(0, users), counts_together=("0", "1", "2"))
    verdicts = classify_all(BOOK, [*maybe, answer])
    assert [verdict.outcome for verdict in verdicts] == [expected] * 3
    assert [verdict.ask for verdict in verdicts] == [None] * 3


def test_an_answer_about_other_issues_is_no_answer() -> None:
    """Counts over issues that are not all of this fault say nothing about it."""
    maybe = [issue(str(n), f"boom {n}", activity=counted(3, 3)) for n in range(2)]
    answer = issue("together", activity=counted(0, 90), counts_together=("0", "7"))
    assert outcomes(*maybe, answer) == ["none", "none"]


@pytest.mark.parametrize(
    "other",
    [
        {"environment": "eu"},
        {"project": "billing"},
        {"system": "billing"},
        {"title": "boom of another kind"},
        {"activity": counted(0)},
    ],
)
def test_only_one_fault_in_one_place_is_counted_together(other: dict[str, Any]) -> None:
    """Another environment, project, system or text is another fault, and an issue that is quiet now adds nothing."""
    one = issue("1", "boom 1", activity=counted(12))
    fields = {"title": "boom 2", "activity": counted(12), **other}
    assert outcomes(one, issue("2", **fields)) == ["none", "none"]
    assert outcomes(one, issue("2", "boom 2", activity=counted(12))) == ["p0", "p0"]


def test_a_quiet_issue_is_not_failing_because_its_like_fails() -> None:
    """What did nothing in the window stays none while the others of its fault fire."""
    loud = [issue(str(n), f"boom {n}", activity=counted(30)) for n in range(2)]
    assert outcomes(*loud, issue("9", "boom 9", activity=counted(0))) == ["p0", "p0", "none"]


def test_where_one_issue_counts_no_users_they_are_unknown_for_all() -> None:
    """Events stand in then, as for one issue; an issue that is enough alone still fires alone."""
    mixed = [issue("1", "boom 1", activity=counted(2, 2)), issue("2", "boom 2", activity=counted(18))]
    assert outcomes(*mixed) == ["p0", "p0"]
    alone = [issue("1", "boom 1", activity=counted(6, 6)), issue("2", "boom 2", activity=counted(2))]
    assert outcomes(*alone) == ["p0", "none"]


def test_requests_are_those_of_the_service_and_do_not_add() -> None:
    """Two issues of four events each are eight of the ten requests that the service had."""
    pair = [issue(str(n), f"boom {n}", activity=counted(4, requests=10)) for n in range(2)]
    assert [verdict.outcome for verdict in classify_all(SHARE, pair)] == ["p0", "p0"]
    assert classify(SHARE, pair[0]).outcome == "none"


def test_a_definite_rule_needs_no_company() -> None:
    """Rules without scale are judged issue by issue, as alone."""
    pair = [issue(str(n), f"all gone {n}", activity=counted(1)) for n in range(2)]
    assert classify_all(BOOK, pair) == tuple(classify(BOOK, one) for one in pair)


def test_a_poisonous_signal_is_left_out_alone() -> None:
    """What raises is told and has no verdict; the others are judged as if it were not there."""
    poison = issue("2", activity=counted(30))
    object.__setattr__(poison, "title", 7)
    told: list[Signal] = []
    good = [issue("1", "boom 1", activity=counted(12)), issue("3", "boom 3", activity=counted(12))]
    signals = [good[0], poison, good[1]]
    verdicts = classify_all(BOOK, signals, failed=lambda signal, error: told.append(signal))
    assert told == [poison]
    assert [(v.signal.key, v.outcome) for v in verdicts] == [("1", "p0"), ("3", "p0")]
    with pytest.raises(TypeError):
        classify_all(BOOK, signals)


COUNTS = st.tuples(st.integers(0, 30), st.none() | st.integers(0, 9))


@given(st.lists(COUNTS, max_size=8))
def test_company_never_silences_an_issue_that_is_enough_alone(counts: list[tuple[int, int | None]]) -> None:
    """Whoever fires alone fires among others; the order of verdicts is that of the signals."""
    signals: list[Signal] = [
        issue(str(n), f"boom {n}", activity=counted(events, users))
        for n, (events, users) in enumerate(counts)
    ]
    signals.append(ReportSignal(source="report:cli", key="r", at=AT, text="it went boom"))
    verdicts = classify_all(BOOK, signals)
    assert [verdict.signal for verdict in verdicts] == signals
    alone = [classify(BOOK, signal).outcome for signal in signals]
    assert all(one in ("none", verdict.outcome) for one, verdict in zip(alone, verdicts, strict=True))
