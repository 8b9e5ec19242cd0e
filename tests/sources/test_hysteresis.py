"""Rows of answers: when a state changes, and since when it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.signal import HealthState
from watcher.sources.hysteresis import Limits, Standing, observe

T0 = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LIMITS = Limits(fail_after=3, pass_after=2, unknown_after=timedelta(minutes=3))
STATES: dict[str, HealthState] = {"u": "up", "g": "degraded", "d": "down", "?": "unknown"}
EVERY = timedelta(seconds=10)


def after(answers: str) -> Standing:
    """The standing after answers ten seconds apart: u(p), g (degraded), d(own), ? (unknown)."""
    standing = Standing()
    for number, letter in enumerate(answers):
        standing = observe(standing, STATES[letter], T0 + number * EVERY, LIMITS)
    return standing


def test_the_first_good_answer_is_believed_and_the_first_bad_one_is_not() -> None:
    """A start shows a healthy service at once; a failure needs its row also at the start."""
    assert after("u").judged == "up"
    assert after("d").judged is None
    assert after("dd").judged is None
    assert after("ddd").judged == "down"


def test_down_needs_its_row_without_a_break() -> None:
    """Three bad answers in a row are down; a good one between begins the row anew."""
    assert after("udd").judged == "up"
    assert after("uddudd").judged == "up"
    assert after("uddd").judged == "down"


def test_a_failure_began_with_its_first_bad_answer() -> None:
    """The start of a failure is its first bad answer, not the one that made it certain, nor one of an older failure."""
    assert after("uuddd").started_at == T0 + 2 * EVERY
    assert after("ududduuddd").started_at == T0 + 7 * EVERY
    assert after("udddd").started_at == T0 + EVERY
    assert after("udddduu").started_at is None
    assert after("uddduuddd").started_at == T0 + 6 * EVERY


def test_recovery_needs_its_row_too() -> None:
    """Two good answers in a row end a failure; one does not."""
    assert after("udddu").judged == "down"
    assert after("udddudu").judged == "down"
    assert after("udddduu").judged == "up"
    assert after("udddugg").judged == "degraded"


def test_degraded_is_a_state_of_its_own() -> None:
    """Answers that are at best degraded make it degraded; it grows worse and better by rows."""
    assert after("ugg").judged == "up"
    assert after("uggg").judged == "degraded"
    assert after("uggguu").judged == "up"
    assert after("ugggdd").judged == "degraded"
    assert after("ugggddd").judged == "down"
    assert after("ugggddd").started_at == T0 + EVERY


def test_unknown_answers_neither_fail_nor_pass() -> None:
    """An answer that does not speak of health leaves a row of bad ones whole, and breaks a row of good ones."""
    assert after("udd?d").judged == "down"
    assert after("udddu?u").judged == "down"
    assert after("u?????").judged == "up"


def test_unknown_that_lasts_becomes_the_state() -> None:
    """After three minutes of nothing but unknown answers it is unknown, since the first of them."""
    assert after("u" + "?" * 18).judged == "up"
    lasting = after("u" + "?" * 19)
    assert (lasting.judged, lasting.started_at) == ("unknown", T0 + EVERY)
    assert after("u" + "?" * 17 + "u" + "?" * 17).judged == "up"
    assert after("u" + "?" * 19 + "uu").judged == "up"
    assert after("u" + "?" * 19 + "ddd").judged == "down"


def test_in_doubt_nothing_is_settled() -> None:
    """While the last answer disagrees with the state there is no fresh look to be told."""
    assert after("u").settled
    assert not after("ud").settled
    assert not after("u?").settled
    assert not after("udddu").settled
    assert after("ddd").settled
    assert not after("d").settled


def test_a_suspected_failure_is_looked_at_more_often() -> None:
    """Once an answer was bad the next comes soon, until the row is full."""
    assert after("ud").suspected
    assert after("d").suspected
    assert not after("uddd").suspected
    assert not after("u").suspected
    assert not after("ud?").suspected


@given(st.text("ugd?", max_size=60))
def test_no_row_no_change(answers: str) -> None:
    """Whatever comes: down only after three bad answers, up only after a good one, a start only where there is a failure."""
    before, now = after(answers[:-1]), after(answers)
    if now.judged == "down" and before.judged != "down":
        assert answers.replace("?", "").endswith("ddd")
    if now.judged != before.judged and now.judged == "up":
        assert answers.endswith("u")
    assert (now.started_at is not None) == (now.judged in {"down", "degraded", "unknown"})
