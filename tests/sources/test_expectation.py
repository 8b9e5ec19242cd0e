"""What an answer means where a person said what is expected, and where not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from watcher.settings.endpoint import Request
from watcher.sources.expectation import HttpAnswer, judge


def answer(status: int, body: bytes = b"", latency: float = 0.1) -> HttpAnswer:
    return HttpAnswer(status=status, headers={}, body=body, latency=timedelta(seconds=latency))


SIGN_IN = Request(method="POST", expect=(200,))
HEALTH = Request(expect=(200,))
CASES = [
    ("up", SIGN_IN, answer(200, b'{"token":"x","user":{"status":"invited"}}')),
    ("up", SIGN_IN, answer(200, b'{"user":{"status":"inactive"}}')),
    ("down", SIGN_IN, answer(200, b'{"success":false}')),
    ("down", SIGN_IN, answer(401, b'{"error":"invalid credentials"}')),
    ("down", SIGN_IN, answer(500)),
    ("down", SIGN_IN, answer(204)),
    ("unknown", SIGN_IN, answer(200, b"<html><title>Log in</title>")),
    ("unknown", SIGN_IN, answer(302)),
    ("unknown", SIGN_IN, answer(403, b"<html><title>Just a moment...</title>")),
    ("unknown", SIGN_IN, answer(404)),
    ("unknown", SIGN_IN, answer(429)),
    ("degraded", HEALTH, answer(200, b'{"status":"ok","mail":"down"}')),
    ("up", HEALTH, answer(200, b"hello")),
    ("up", Request(expect=(401,)), answer(401)),
    ("up", Request(expect=(301,)), answer(301)),
    ("up", Request(contains=("Sign in",)), answer(200, b"<html>Sign in</html>")),
    ("unknown", Request(contains=("Sign in",)), answer(200, b"<html>Something else</html>")),
    ("down", Request(contains=("pong",)), answer(200, b"ping")),
    ("down", Request(lacks=("panic",)), answer(200, b'{"status":"ok","note":"panic"}')),
    ("up", Request(lacks=("panic",)), answer(200, b"fine")),
    ("unknown", Request(), answer(200, b"hello")),
    ("up", Request(), answer(200, b"ok")),
]


@pytest.mark.parametrize(("state", "request_", "got"), CASES)
def test_what_is_expected_is_up_and_what_differs_is_down(
    state: str, request_: Request, got: HttpAnswer
) -> None:
    """A person's expectation is judged first; what something else than the service answers stays unknown."""
    assert judge(request_, got).state == state


def test_the_reason_names_the_expectation() -> None:
    """An unmet expectation is said in its own words, without the answer's text."""
    assert judge(SIGN_IN, answer(401)).because[0] == "it answers 401 where 200 is expected"
    assert judge(Request(contains=("pong",)), answer(200, b"secret")).because == (
        "its answer lacks a text that is expected",
    )


@pytest.mark.parametrize("request_", [Request(), HEALTH, SIGN_IN])
@pytest.mark.parametrize("body", [b'{"status":"ok"}', b"hello"])
def test_what_a_cache_kept_is_never_as_expected(request_: Request, body: bytes) -> None:
    """By its age, or by the date that a cache kept: what was good an hour ago says nothing of now, whatever is expected."""
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    kept = {"x-cache": "HIT", "date": format_datetime(now - timedelta(hours=1))}
    for headers in ({"age": "3600"}, kept):
        got = replace(answer(200, body), headers=headers, at=now)
        assert judge(request_, got).state == "unknown"
    fresh = replace(answer(200, b'{"status":"ok"}'), headers={"age": "10"}, at=now)
    assert judge(request_, fresh).state == "up"
