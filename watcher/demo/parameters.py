"""What a request may ask of the simulated tracker: known names, time windows, pages. The rest is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

T = TypeVar("T")

RETENTION = timedelta(days=90)
"""The window of a request that names none."""

PAGE_MAX = 100
"""Rows on a page at most; a greater wish is refused."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CURSOR = re.compile(r"0:(\d{1,6}):([01])")
_PERIOD = re.compile(r"(\d{1,6})([smhdw])")


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """The request is answered with this status and body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def bad(detail: str) -> Refused:
    """400 with its reason, in the tracker's form."""
    return Refused(400, {"detail": detail})


def missing() -> Refused:
    return Refused(404, {"detail": "The requested resource does not exist"})


@dataclass(frozen=True, slots=True)
class Window:
    """since <= event < until."""

    since: datetime
    until: datetime


def refuse_unknown(query: QueryParams, known: Iterable[str]) -> None:
    """Refuse a parameter that this server does not model, so that no client leans on one unproven."""
    strange = sorted(set(query) - set(known))
    if strange:
        raise bad(f"Unknown query parameter: {strange[0]}")


def window_of(query: QueryParams, now: datetime) -> Window:
    """A period beats start and end; without any, the whole retention. The running second is part of "now"."""
    end = now.replace(microsecond=0) + timedelta(seconds=1)
    if "statsPeriod" in query:
        return Window(end - _period(query["statsPeriod"]), end)
    if "start" not in query and "end" not in query:
        return Window(end - RETENTION, end)
    if "start" not in query or "end" not in query:
        raise bad("start and end are both required")
    window = Window(_instant(query["start"]), _instant(query["end"]))
    if window.since >= window.until:
        raise bad("start must be before end")
    return window


def _period(text: str) -> timedelta:
    found = _PERIOD.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise bad(f"Invalid statsPeriod: {text!r}")
    return duration(found[1], found[2])


def duration(number: str, unit: str) -> timedelta:
    return timedelta(**{_UNITS[unit]: int(number)})


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad(f"{text!r} is not a valid ISO8601 date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of rows, and the cursors beside it."""

    rows: Sequence[Any]
    hits: int
    before: int
    after: int
    has_before: bool
    has_after: bool


def cut(rows: Sequence[T], query: QueryParams, *, name: str = "per_page", page_size: int = PAGE_MAX) -> Leaf:
    """The page that `limit` (or `per_page`) and `cursor` ask for; `page_size` when they do not say."""
    size = min(_size(query.get(name), page_size), page_size)
    start = _offset(query.get("cursor", "0:0:0"))
    end = start + size
    return Leaf(rows[start:end], len(rows), max(start - size, 0), end, start > 0, end < len(rows))


def _size(text: str | None, page_size: int) -> int:
    if text is None:
        return page_size
    if not re.fullmatch(r"\d{1,4}", text) or not 1 <= int(text) <= PAGE_MAX:
        raise bad(f"Invalid per_page value. Must be between 1 and {PAGE_MAX}.")
    return int(text)


def _offset(cursor: str) -> int:
    found = _CURSOR.fullmatch(cursor)
    if not found:
        raise bad("Invalid cursor parameter.")
    return int(found[1])


def link_header(leaf: Leaf, url: str) -> str:
    """Both relations, always, as Sentry writes them. `url` is the request's, without a cursor."""
    glue = "&" if "?" in url else "?"
    return ", ".join(
        f'<{url}{glue}cursor={cursor}>; rel="{rel}"; results="{str(more).lower()}"; cursor="{cursor}"'
        for rel, cursor, more in (
            ("previous", f"0:{leaf.before}:1", leaf.has_before),
            ("next", f"0:{leaf.after}:0", leaf.has_after),
        )
    )
