"""Why a request told us nothing: the reason, safe words for people, and how long we are asked to wait."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from watcher.observation import BlindReason
from watcher.sources.sentry.text import safe

EXCERPT_MAX = 160
"""Characters of a server's own words that reach a log or a page."""
WAIT_MAX = timedelta(minutes=5)
"""However long a server asks us to stay away: an incident is not seen meanwhile."""
WAIT_MIN = timedelta(seconds=1)
EPOCH_DIGITS_MAX = 11

PASSING = ("timeout", "try again", "too many simultaneous", "memory", "rate limit", "smaller date range")
"""Sentry answers 400 when its own database is overloaded; the words tell it from a wrong parameter."""


class Failure(Exception):  # noqa: N818 - it is the server's state, not a mistake of the program
    """A request told us nothing. Its text is safe to show: no token, no raw answer."""

    def __init__(
        self,
        reason: BlindReason,
        detail: str,
        *,
        status: int | None = None,
        wait: timedelta | None = None,
        one_project_only: bool = False,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.wait = wait
        self.one_project_only = one_project_only


def failure_of(
    status: int, headers: Mapping[str, str], body: bytes, *, now: datetime, secret: str
) -> Failure:
    """What an answer other than 200 means."""
    words = _words(body, secret)
    said = f"{status}: {words}" if words else f"{status}"
    lower = words.lower()
    bad = status == HTTPStatus.BAD_REQUEST
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Failure("not_found", _moved(status, headers, secret), status=status)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Failure("auth", f"the token is refused ({said})", status=status)
    if status == HTTPStatus.NOT_FOUND:
        detail = f"organization, project or environment unknown, or the address is wrong ({said})"
        return Failure("not_found", detail, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure(
            "rate_limited", f"asked to slow down ({said})", status=status, wait=wait_of(headers, now)
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or (bad and any(word in lower for word in PASSING)):
        return Failure("server_error", f"the server failed ({said})", status=status)
    if status >= HTTPStatus.BAD_REQUEST:
        single = bad and "multi project" in lower
        return Failure(
            "client_error", f"the request is refused ({said})", status=status, one_project_only=single
        )
    return Failure("not_json", f"an empty or strange answer ({status})", status=status)


def _moved(status: int, headers: Mapping[str, str], secret: str) -> str:
    """Where a redirect points, by its host alone: the rest of an address may hold anything."""
    try:
        host = urlsplit(headers.get("location", "")).hostname or ""
    except ValueError:
        host = ""
    to = f" to {safe(host, EXCERPT_MAX)}" if host and secret.lower() not in host else ""
    return f"the address redirects{to} ({status}), which is not followed: write the final address and slug"


def wait_of(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long a 429 asks us to wait, within WAIT_MIN..WAIT_MAX."""
    asked = _retry_after(headers.get("retry-after", ""), now) or _reset(
        headers.get("x-sentry-rate-limit-reset", ""), now
    )
    return min(max(asked or WAIT_MIN, WAIT_MIN), WAIT_MAX)


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """Seconds, or a date."""
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), WAIT_MAX.total_seconds()))
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _reset(text: str, now: datetime) -> timedelta | None:
    """The start of the next window, in seconds since 1970."""
    if not (text.isascii() and text.isdecimal()) or len(text) > EPOCH_DIGITS_MAX:
        return None
    return timedelta(seconds=int(text)) - (now - datetime(1970, 1, 1, tzinfo=UTC))


def _words(body: bytes, secret: str) -> str:
    """The server's own short explanation, where it is JSON and has one."""
    try:
        found = _detail(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    return safe(found.replace(secret, "[token]"), EXCERPT_MAX).replace("\n", " ")


def _detail(body: Any) -> str:
    if isinstance(body, list):
        return _detail(body[0]) if body else ""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    return next((text for key in ("detail", "message", "msg") if (text := _detail(body.get(key)))), "")
