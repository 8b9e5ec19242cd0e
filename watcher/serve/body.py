"""What was sent, read with a bound: each field by its kind, and a fault that names the field and the mend.

It says nothing twice and nothing that is not known: a field that was misspelled must not be a field that was left out.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.requests import Request

from rules import duration
from rules.mask import clean, mask
from watcher.serve.problem import Problem

Word = TypeVar("Word", bound=str)

BODY_MAX = 64 * 1024
"""The longest note is 4000 characters; a deploy is 200 bytes."""
BODY_WITHIN = timedelta(seconds=10)
"""Whoever sends a byte a second holds one of few connections, and the acknowledgement door is open to everybody."""
NAME_MAX = 100
FORM_FIELDS_MAX = 10
WORD_MAX = 300
"""Of a silence's match: the key of a signal is the longest."""
NUMBER_MAX = 1_000_000
"""Two years of minutes."""
COUNT_MAX = 10**10
"""More users than there are people; a longer number is no count."""
SPAN_MAX = timedelta(days=3650)
"""A calendar has an end; no duration that people mean comes near it."""
CLOCKS_APART = timedelta(minutes=5)
"""Between two machines whose clocks nobody sets; what lies further ahead is a mistake."""
OURS = re.compile(r"(the|hotfix|[\s_.-])*watcher[\s_.-]*|(sentry|glitchtip|health|report|calendar)\s*:.*")
"""Names under which the watcher itself, and what it looks at, stand in a timeline."""


async def read(request: Request, limit: int = BODY_MAX) -> bytes:
    """The body, at most `limit` bytes of it, within BODY_WITHIN. Raises Problem 413, 408."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN.total_seconds()):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise Problem(413, f"the body is longer than {limit} bytes")
    except TimeoutError:
        raise Problem(
            408, f"the body took longer than {BODY_WITHIN.seconds} s", {"connection": "close"}
        ) from None
    return bytes(body)


async def form(request: Request) -> dict[str, str]:
    """A plain HTML form; of a repeated field the first value."""
    try:
        found = parse_qs((await read(request)).decode(), max_num_fields=FORM_FIELDS_MAX)
    except (UnicodeDecodeError, ValueError):
        raise Problem(400, "this is not what the form sends; open the link again") from None
    return {name: values[0] for name, values in found.items()}


async def fields(request: Request, known: Iterable[str]) -> Fields:
    """A JSON object with these fields and no others. Raises Problem 400, 413 or 415.

    The content type is demanded because a foreign web page cannot send it without asking first.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "send JSON, with the header Content-Type: application/json")
    return Fields(_object(await read(request) or b"{}"), tuple(known))


def query(request: Request, known: Iterable[str]) -> Fields:
    """What stands behind the question mark, each name once. Raises Problem 400."""
    return Fields(_once(request.query_params.multi_items()), tuple(known), where="the query")


def who(request: Request, given: Fields) -> str:
    """Who acts: as they say, else as their token is called. Raises Problem 400."""
    name = given.name("by") or given.name("as") or request.state.caller
    if not name:
        raise Problem(400, "'as' is missing: say who acts, by name")
    return str(name)


def person(name: str) -> str:
    """The name, where it may be somebody's: in a timeline nobody's word may pass for the watcher's. Raises Problem 400."""
    if OURS.fullmatch(" ".join(unicodedata.normalize("NFKC", name).casefold().split())):
        raise Problem(
            400, f"{name!r} is how the watcher or a source is called: say who acts, by a name of your own"
        )
    return name


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "the body must be a JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values nobody knows which was meant."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(400, f"{clean(mask(name), NAME_MAX)!r} is given twice")
        found[name] = value
    return found


def _no_number(word: str) -> Any:
    """Python reads NaN and Infinity; JSON has none."""
    raise ValueError(word)


class Fields:
    """The fields of a JSON object, or of a query. Every reading raises Problem 400 where the field is not of its kind."""

    def __init__(self, values: dict[str, Any], known: tuple[str, ...], where: str = "the body") -> None:
        self._values = values
        for name in values:
            if name not in known:
                mend = f"known are {', '.join(known)}" if known else f"{where} holds none"
                raise Problem(400, f"there is no field {clean(mask(name), NAME_MAX)!r} here; {mend}")

    def names(self) -> tuple[str, ...]:
        """The fields that were given, null ones too."""
        return tuple(self._values)

    def text(self, name: str, limit: int, *, needed: bool = False) -> str | None:
        """A text on any number of lines, without control characters and secrets."""
        value = self._values.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > limit):
            raise Problem(400, f"{name!r} must be a text of at most {limit} characters")
        found = clean(mask(value), limit).strip() if value else None
        if needed and not found:
            raise Problem(400, f"{name!r} is missing: give a text")
        return found or None

    def line(self, name: str, limit: int = NAME_MAX, *, needed: bool = False) -> str | None:
        """The same on one line."""
        found = self.text(name, limit, needed=needed)
        return " ".join(found.split()) if found else None

    def name(self, name: str) -> str | None:
        """Whose word it is: a line that is no name of ours."""
        found = self.line(name)
        return person(found) if found else None

    def matching(self, name: str, pattern: re.Pattern[str], mend: str) -> str | None:
        """A text that is wholly of this form; None where it is empty."""
        value = self._values.get(name)
        if value in (None, ""):
            return None
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            raise Problem(400, f"{name!r} must be {mend}")
        return value

    def one_of(self, name: str, words: tuple[Word, ...], *, needed: bool = False) -> Word | None:
        """One of these words, as it is written."""
        value = self._values.get(name)
        if value is None and not needed:
            return None
        found = next((word for word in words if word == value), None)
        if found is None:
            missing = "is missing: it" if value is None else ""
            raise Problem(400, " ".join(f"{name!r} {missing} must be one of {', '.join(words)}".split()))
        return found

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise Problem(400, f"{name!r} must be true, false or null")
        return value

    def number(self, name: str) -> float | None:
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < NUMBER_MAX:
            raise Problem(400, f"{name!r} must be a number greater than 0")
        return float(value)

    def count(self, name: str) -> int | None:
        """A whole number, 0 or more, at most COUNT_MAX."""
        value = self._values.get(name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX
        ):
            raise Problem(400, f"{name!r} must be a whole number, 0 or more")
        return value

    def span(self, name: str) -> timedelta | None:
        """A duration such as 2h or 1h30m, at most SPAN_MAX."""
        value = self.line(name)
        try:
            found = duration.span(value) if value else None
        except (ValueError, OverflowError):
            raise Problem(400, f"{name!r} must be a duration: write 30m, 2h or 1d") from None
        if found is not None and found > SPAN_MAX:
            raise Problem(400, f"{name!r} is longer than {SPAN_MAX.days} days")
        return found

    def moment(self, name: str) -> datetime | None:
        """A moment with its time zone, as UTC."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else _no_moment(name)
        except (TypeError, ValueError, OverflowError):
            return _no_moment(name)

    def past(self, name: str, now: datetime) -> datetime | None:
        """A moment of something that has happened. One that is a little ahead is another clock's."""
        found = self.moment(name)
        if found is not None and found > now + CLOCKS_APART:
            raise Problem(
                400, f"{name!r} lies in the future: here it is {now.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
            )
        return found

    def words(self, name: str, known: tuple[str, ...]) -> dict[str, str]:
        """A mapping from some of the known words to texts."""
        value = self._values.get(name)
        if not isinstance(value, dict) or not value:
            raise Problem(400, f"{name!r} must name at least one of {', '.join(known)}")
        inner = Fields(value, known)
        return {key: inner.line(key, WORD_MAX, needed=True) or "" for key in value}


def _no_moment(name: str) -> datetime:
    raise Problem(400, f"{name!r} must be a moment with its zone, as 2026-11-25T03:14:00Z")
