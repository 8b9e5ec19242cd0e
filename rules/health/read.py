"""From an answer to a reading: first the connection, then the status, then the formats in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rules.health import as_checks, as_html, as_json, as_lines, as_rails, as_text, as_xml, no_answer
from rules.health.reading import Answer, Reading, line, unread
from rules.health.stale import fresh

BODY_MAX = 256 * 1024
"""Bytes or signs of a body that are read; hundreds of components with their details fit."""

SLOW = timedelta(seconds=5)
"""A probe that does next to nothing and takes longer is not well."""

Format = Callable[[Answer], Reading | None]

FORMATS: tuple[Format, ...] = (
    as_rails.read,
    as_html.read,
    as_xml.read,
    as_checks.read,
    as_json.read,
    as_lines.read,
    as_text.read,
)
"""Each reads the answer or says that it is not its own; the first that reads it is believed."""

_MOVED, _CLIENT_ERROR, _SERVER_ERROR = 300, 400, 500

_REFUSED = {
    401: "it demands a sign-in",
    403: "it does not let the probe in",
    404: "there is nothing at this address",
    405: "it does not accept this method",
    407: "a proxy demands a sign-in",
    410: "there is nothing at this address any more",
    429: "it asks the probe to wait",
    511: "a network demands a sign-in",
}


def read(
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | bytes = "",
    error: str | None = None,
    latency: timedelta | None = None,
    now: datetime | None = None,
) -> Reading:
    """What an endpoint says of its health. Pure and bounded; it never raises, whatever it is given.

    With `now`, an answer that a cache kept is known by its date as well as by its age.
    """
    if error is not None or status is None:
        return no_answer.read(error or "no answer")
    answer = _answer(status, headers or {}, body, latency)
    return _slow(fresh(_read(answer), answer, now), latency)


def _answer(status: int, headers: Mapping[str, str], body: str | bytes, latency: timedelta | None) -> Answer:
    cut = len(body) > BODY_MAX
    body = body[:BODY_MAX]
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    small = {
        name.casefold(): value.casefold() if name.casefold() == "content-type" else value
        for name, value in headers.items()
    }
    return Answer(status=status, headers=small, text=text.strip("\ufeff \t\r\n\0"), cut=cut, latency=latency)


def _read(answer: Answer) -> Reading:
    if answer.status in _REFUSED:
        return Reading(state="unknown", because=(f"it answers {answer.status}: {_REFUSED[answer.status]}",))
    if _MOVED <= answer.status < _CLIENT_ERROR:
        to = line(answer.headers.get("location", ""))
        return Reading(
            state="unknown", because=(f"it redirects{f' to {to}' if to else ''} ({answer.status})",)
        )
    if _CLIENT_ERROR <= answer.status < _SERVER_ERROR:
        return _told_in_refusing(answer)
    if answer.cut:
        return unread(answer, f"the answer is longer than {BODY_MAX // 1024} KiB")
    return _formats(answer)


def _told_in_refusing(answer: Answer) -> Reading:
    """Some services answer 400 where a check fails: what names its failed parts is believed, the rest refuses."""
    said = None if answer.cut else as_json.read(answer)
    if said is not None and said.failed_components:
        return said
    return Reading(state="unknown", because=(f"it refuses the probe with {answer.status}",))


def _formats(answer: Answer) -> Reading:
    for read_format in FORMATS:
        reading = read_format(answer)
        if reading is not None:
            return reading
    return unread(answer, "the answer does not speak of health")


def _slow(reading: Reading, latency: timedelta | None) -> Reading:
    if reading.state != "up" or latency is None or latency <= SLOW:
        return reading
    seconds = latency.total_seconds()
    return replace(reading, state="degraded", because=(*reading.because, f"it took {seconds:.1f} s"))
