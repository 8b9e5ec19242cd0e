"""From what the requests of an attempt met to the one receipt that it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifiers.page import PERMANENT, REASONS
from notifiers.verdict import Met, late, reason_of, receipt

TAKEN = Met()
REFUSED = Met(reason="auth", detail="answered 401")
LOST = Met(reason="timeout", maybe=True, detail="no answer in time")
BUSY = Met(reason="rate_limited", detail="answered 429", retry_after=timedelta(seconds=7))


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_is_a_success_or_has_a_reason(status: int) -> None:
    """Nothing but 2xx is a success, and what trying again may mend is never given up."""
    reason = reason_of(status)
    assert (reason is None) is (200 <= status < 300)
    assert reason is None or reason in REASONS
    if status >= 500 or status in (408, 425, 429) or 300 <= status < 400:
        assert reason not in PERMANENT


@pytest.mark.parametrize(
    ("met", "outcome", "reason"),
    [
        ([REFUSED], "refused", "auth"),
        ([LOST], "unknown", "timeout"),
        ([LOST, REFUSED], "unknown", "auth"),
        ([TAKEN, REFUSED], "unknown", "auth"),
        ([BUSY, BUSY], "refused", "rate_limited"),
        ([TAKEN], "refused", "server_error"),
        ([], "refused", "server_error"),
    ],
)
def test_what_may_have_arrived_is_unknown(met: list[Met], outcome: str, reason: str) -> None:
    """A request that was lost, or one recipient of several that was reached, makes the outcome unknown."""
    found = receipt(delivered=False, met=met, said=())
    assert (found.outcome, found.reason) == (outcome, reason)


def test_what_the_plugin_calls_delivered_is_accepted() -> None:
    """A request that failed and was made again by the plugin is no failure."""
    assert receipt(delivered=True, met=[BUSY, TAKEN], said=["error=429"]).outcome == "accepted"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Failed to send Slack notification: error=403.", "auth"),
        ("Failed: error=429, error=500", "rate_limited"),
        ("A Connection error occurred sending Email", "unreachable"),
        ("Socket Exception: Broken pipe", "unreachable"),
        ("timed out", "unreachable"),
        ("error=200", "server_error"),
        ("There are no recipients", "server_error"),
    ],
)
def test_without_http_the_words_of_the_plugin_decide(said: str, reason: str) -> None:
    """Mail and queues leave only words; where they say nothing, the page is tried again."""
    found = receipt(delivered=False, met=[], said=[said])
    assert (found.outcome, found.reason) == ("refused", reason)
    assert said not in found.detail


def test_a_late_attempt_tells_what_it_met() -> None:
    """An attempt that waits in vain is unknown; one that sleeps after a refusal was refused."""
    assert late([], waiting=False).outcome == "unknown"
    assert late([BUSY], waiting=True).reason == "timeout"
    assert (late([BUSY], waiting=False).reason, late([BUSY], waiting=False).retry_after) == (
        "rate_limited",
        BUSY.retry_after,
    )
