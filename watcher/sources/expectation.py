"""What an answer means to the one who asked: a person's expectation, else what the answer itself says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rules.health import Reading, read
from watcher.settings.endpoint import Request

NOT_HEALTH = frozenset({403, 404, 405, 407, 410, 429, 511})
"""Statuses by which something else than the service speaks: a firewall, a wrong address, a throttle, a hotel."""

_REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 300, 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back: at most rules.health.BODY_MAX bytes and one more, headers as the server spelled them."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    latency: timedelta
    at: datetime | None = None  # when it came


def judge(request: Request, answer: HttpAnswer) -> Reading:
    """The reading of an answer.

    Where the request says what it expects, a status or a text that differs is down, unless something else than the
    service answered. What is as expected is up, unless the body says in so many words that it is down.
    """
    reading = read(
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        latency=answer.latency,
        now=answer.at,
    )
    if not request.expects:
        return reading
    if (fault := _fault(request, answer)) is not None:
        foreign = _foreign(reading, answer)
        said = (words for words in _said(reading) if words != f"it answers {answer.status}")
        return reading if foreign else replace(reading, state="down", because=(fault, *said))
    return _as_expected(request, reading, answer)


def _fault(request: Request, answer: HttpAnswer) -> str | None:
    expected = request.expect or tuple(range(200, _REDIRECT))
    if answer.status not in expected:
        wanted = " or ".join(map(str, request.expect[:5])) or "2xx"
        return f"it answers {answer.status} where {wanted} is expected"
    text = answer.body.decode("utf-8", "replace")
    if any(words not in text for words in request.contains):
        return "its answer lacks a text that is expected"
    if any(words in text for words in request.lacks):
        return "its answer holds a text that it must not"
    return None


def _foreign(reading: Reading, answer: HttpAnswer) -> bool:
    """Whether something else than the service answered: a redirect, a firewall, a page in its place."""
    if answer.status in NOT_HEALTH or _REDIRECT <= answer.status < _CLIENT_ERROR:
        return True
    return reading.state == "unknown" and _is_page(answer)


def _as_expected(request: Request, reading: Reading, answer: HttpAnswer) -> Reading:
    # What a sign-in or an order answers is about a user, not about components; its own word on itself counts.
    if reading.stale:
        return reading
    asks_for_health = request.method in {"GET", "HEAD"}
    says_down = reading.state == "down" and (asks_for_health or not reading.failed_components)
    if (says_down and answer.status < _CLIENT_ERROR) or (reading.state == "degraded" and asks_for_health):
        return reading
    conditions = request.contains or request.lacks
    if _is_page(answer) and reading.state == "unknown" and answer.status < _REDIRECT and not conditions:
        return reading
    return replace(
        reading, state="up", failed_components=(), because=(f"it answers {answer.status} as expected",)
    )


def _said(reading: Reading) -> tuple[str, ...]:
    return reading.because if reading.state in {"down", "degraded"} else ()


def _is_page(answer: HttpAnswer) -> bool:
    return answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
