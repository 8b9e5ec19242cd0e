"""What one attempt meets on the wire: its answers and failures, watched from below the services' plugins.

A plugin says only yes or no. So each of its HTTP requests is seen through here, in the thread that makes it:

1. It gets what is left of the attempt's time, and none is begun after it: a page never leaves when its time is up.
2. Its answer, or how it failed, is noted. Of the answer at most ANSWER_MAX bytes are read.
3. It goes straight to its service, or through the proxy of its target. What the environment says of proxies, and a
   .netrc of this user, count for nothing: a page must not leave by a way, or with a name, that nobody configured.
4. What the plugin and the libraries below it log is kept for the verdict, and goes nowhere else: it may hold the address.

Requests of other threads pass untouched.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from notifiers.carrier import carrier
from notifiers.verdict import Met, reason_of

ANSWER_MAX = 64 * 1024
"""Services answer in some hundred bytes; what is longer is not one of them."""
MET_MAX = 100
SAID_MAX = 20
"""A plugin with many recipients makes many requests; the first hundred tell what there is to tell."""
TALKATIVE = (
    "apprise",
    "requests",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "charset_normalizer",
)
"""Loggers that write addresses, which are secrets."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One page on its way to one target. `until` and `now` are seconds of one monotonic clock."""

    until: float
    now: Callable[[], float]
    proxy: str = field(default="", repr=False)  # the one that this page goes through
    met: list[Met] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    begun: bool = False  # the plugin has the page
    waiting: bool = False  # a request is out, its answer is not in

    def left(self) -> float:
        return self.until - self.now()

    def note(self, met: Met) -> None:
        if len(self.met) < MET_MAX:
            self.met.append(met)


_here = threading.local()


@contextmanager
def watching(attempt: Attempt) -> Iterator[None]:
    """Watch what this thread does on the wire."""
    _install()
    _here.attempt = attempt
    try:
        yield
    finally:
        _here.attempt = None


def _current() -> Attempt | None:
    attempt: Attempt | None = getattr(_here, "attempt", None)
    return attempt


_plain_send = HTTPAdapter.send
_plain_auth = requests.utils.get_netrc_auth
_lock = threading.Lock()


def _install() -> None:
    """Once: every request passes `_send`, and every talkative logger the filter."""
    with _lock:
        if HTTPAdapter.send is _plain_send:
            setattr(HTTPAdapter, "send", _send)  # noqa: B010 - said aloud: a method of the library is replaced
            setattr(requests.sessions, "get_netrc_auth", _named)  # noqa: B010 - same
            for name in TALKATIVE:
                logging.getLogger(name).addFilter(_keep)


def _keep(record: logging.LogRecord) -> bool:
    """Records of an attempt are kept for its verdict; those of apprise outside of one go nowhere at all."""
    attempt = _current()
    if attempt is not None and record.levelno >= logging.WARNING and len(attempt.said) < SAID_MAX:
        with suppress(Exception):  # a log call with a fault of its own must not end a page
            attempt.said.append(record.getMessage()[:500])
    return attempt is None and record.name != "apprise"


def _named(url: str, **options: Any) -> Any:
    """User and password of a .netrc; none within an attempt."""
    return _plain_auth(url, **options) if _current() is None else None


def _send(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
    attempt = _current()
    if attempt is None:
        return _plain_send(adapter, request, **options)
    left = attempt.left()
    if left <= 0:
        attempt.note(Met(reason="timeout", detail="the time was up before it was sent"))
        raise requests.ConnectTimeout("no time left", request=request)
    attempt.waiting = True
    try:
        proxies = dict.fromkeys(("http", "https"), attempt.proxy) if attempt.proxy else {}
        return _watched(attempt, adapter, request, {**options, "timeout": (left, left), "proxies": proxies})
    finally:
        attempt.waiting = False


def _watched(
    attempt: Attempt, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any]
) -> requests.Response:
    bearer = carrier(adapter, options)
    try:
        response = _plain_send(bearer, request, **options)
        if not options.get("stream"):
            response._content = _text(attempt, response)  # noqa: SLF001 - else requests reads on, without end
        attempt.note(_answered(response))
    except Exception as error:
        attempt.note(_failed(error))
        raise
    finally:
        if bearer is not adapter:
            bearer.close()
    return response


def _text(attempt: Attempt, response: requests.Response) -> bytes:
    """A refusal stands however its text ends; of a success that breaks off nobody knows what it would have said."""
    try:
        return _body(attempt, response)
    except requests.RequestException:
        if reason_of(response.status_code) is None:
            raise
        return b""


def _body(attempt: Attempt, response: requests.Response) -> bytes:
    """The answer's text, up to its cap and within the attempt's time, however slowly it drips."""
    kept = bytearray()
    for part in response.iter_content(8192):
        kept += part
        if len(kept) >= ANSWER_MAX:
            break
        if attempt.left() <= 0:
            raise requests.ReadTimeout("the answer did not end in time", request=response.request)
    response.close()
    return bytes(kept[:ANSWER_MAX])


def _answered(response: requests.Response) -> Met:
    reason = reason_of(response.status_code)
    if reason is None:
        return Met()
    wait = _retry_after(response) if reason in ("rate_limited", "server_error") else None
    return Met(reason=reason, detail=f"answered {response.status_code}", retry_after=wait)


def _failed(error: Exception) -> Met:
    """What never left is refused; what may have left is unknown."""
    text = f"{type(error).__name__} {error!r}"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | UnicodeError):
        return Met(reason="bad_address", detail="the address cannot be understood")
    if isinstance(error, requests.exceptions.SSLError):
        return Met(reason="unreachable", detail="no secure connection: is the certificate valid?")
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return Met(reason="unreachable", detail="no connection")
    if "NewConnectionError" in text or "NameResolutionError" in text:
        return Met(reason="unreachable", detail="no connection")
    if isinstance(error, requests.ReadTimeout) or "ReadTimeoutError" in text:
        return Met(reason="timeout", maybe=True, detail="no answer in time")
    return Met(reason="unreachable", maybe=True, detail="the connection broke before the answer")


def _retry_after(response: requests.Response) -> timedelta | None:
    """The wait that the service asks for: seconds, or a moment (told against its own clock), or in its JSON."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return _seconds(_asked_in_json(response.content))
    if value[0].isdigit():
        return _seconds(value)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return _seconds(wait.total_seconds())


def _asked_in_json(body: bytes) -> Any:
    """Discord and Telegram say it in the body."""
    try:
        said = json.loads(body)
        return said.get("retry_after") or said.get("parameters", {}).get("retry_after")
    except (ValueError, AttributeError, RecursionError):
        return None


def _seconds(value: Any) -> timedelta | None:
    try:
        return timedelta(seconds=min(max(float(value), 0.0), 86_400.0)) if value else None
    except (TypeError, ValueError, OverflowError):
        return None
