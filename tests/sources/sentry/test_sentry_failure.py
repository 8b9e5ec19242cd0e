"""What an answer other than 200 means, and how long it asks us to wait."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.sentry.stage import NOW, TOKEN
from watcher.sources.sentry.failure import EXCERPT_MAX, WAIT_MAX, WAIT_MIN, Failure, failure_of, wait_of


def failure(status: int, body: Any = None, **headers: str) -> Failure:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure_of(status, named, data, now=NOW, secret=TOKEN)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"detail": "Invalid token"}, "auth"),
        (401, {"detail": {"code": "sso-required", "message": "Must login via SSO"}}, "auth"),
        (403, {"detail": "You do not have permission"}, "auth"),
        (404, {"detail": "The requested resource does not exist"}, "not_found"),
        (302, b"", "not_found"),
        (400, {"detail": "Invalid statsPeriod: 'x'"}, "client_error"),
        (400, {"detail": "Query timeout. Please try again."}, "server_error"),
        (400, {"detail": "Too many simultaneous queries"}, "server_error"),
        (410, {"message": "This API no longer exists."}, "client_error"),
        (422, {"detail": [{"type": "literal_error", "msg": "Input should be"}]}, "client_error"),
        (429, b'"too often"', "rate_limited"),
        (500, {"detail": "Internal Error", "errorId": "0" * 32}, "server_error"),
        (502, b"<html>bad gateway</html>", "server_error"),
        (204, b"", "not_json"),
    ],
)
def test_every_status_has_its_reason(status: int, body: Any, reason: str) -> None:
    """The reasons are a closed list; an overloaded server's 400 is a passing fault, not a wrong request."""
    assert failure(status, body).reason == reason


def test_the_server_s_own_words_are_shown_short_and_safe() -> None:
    """An explanation helps; a token echoed in it, control characters and length do not get through."""
    found = failure(400, {"detail": f"bad \x1b[31m{TOKEN}\n" + "x" * 4000})
    assert TOKEN not in found.detail
    assert TOKEN not in str(found)
    assert "\x1b" not in found.detail
    assert len(found.detail) < EXCERPT_MAX + 60


def test_a_web_page_is_not_quoted() -> None:
    """What is no JSON explains nothing to people."""
    assert failure(502, b"<script>alert(1)</script>").detail == "the server failed (502)"


def test_a_redirect_is_named_by_its_host_alone() -> None:
    """Where it points may be an attacker's choice, and its query may hold a session."""
    found = failure(302, b"", location="https://login.example/sso?next=secret")
    assert "login.example" in found.detail
    assert "next=" not in found.detail
    assert failure(302, b"", location="http://[").reason == "not_found"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "20"}, timedelta(seconds=20)),
        ({"retry-after": "Wed, 25 Nov 2026 03:00:30 GMT"}, timedelta(seconds=30)),
        ({"x-sentry-rate-limit-reset": str(int(NOW.timestamp()) + 7)}, timedelta(seconds=7)),
        ({"retry-after": "9", "x-sentry-rate-limit-reset": "1"}, timedelta(seconds=9)),
        ({"x-sentry-rate-limit-reset": "1"}, WAIT_MIN),
        ({"x-sentry-rate-limit-reset": "9" * 11}, WAIT_MAX),
        ({"retry-after": "99999999999999"}, WAIT_MAX),
        ({"retry-after": "soon"}, WAIT_MIN),
        ({}, WAIT_MIN),
    ],
)
def test_an_asked_wait_is_honoured_within_limits(headers: dict[str, str], wait: timedelta) -> None:
    """Retry-After in both forms, else the reset time; never under a second, never so long that an incident is slept through."""
    assert wait_of(headers, NOW) == wait


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_makes_a_wait_raise(after: str, reset: str) -> None:
    """Whatever a server writes there, the wait stays within its limits."""
    assert WAIT_MIN <= wait_of({"retry-after": after, "x-sentry-rate-limit-reset": reset}, NOW) <= WAIT_MAX


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_makes_the_reading_raise(status: int, body: bytes) -> None:
    """Any status with any body is a failure with a reason."""
    assert failure(status, body).reason
