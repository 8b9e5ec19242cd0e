"""One issue as a list shows it: checked, masked, cut. What cannot be read is said to be, and set aside by the caller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from watcher.sources.sentry.text import safe, word

COUNT_MAX = 10**12
"""No tracker counted so far; a larger number is a mistake or an attack on our arithmetic."""
TITLE_MAX, TEXT_MAX, PLACE_MAX, WORD_MAX = 500, 2000, 300, 100
"""Characters kept of titles, values and messages, culprits and addresses, single words."""

MOMENT_MAX = 40
"""Characters of a time with microseconds and zone, and a few more."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BadRow(Exception):  # noqa: N818 - it is data
    """A row that cannot be read. The text says why, without the row's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`events` and `users` count in the list's window, or over the issue's life: its dialect knows. Users None: unknown."""

    id: str
    title: str
    events: int
    users: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    error_type: str
    value: str
    culprit: str
    permalink: str
    level: str
    logger: str
    platform: str
    category: str
    project_id: str
    project: str
    handled: bool | None


def read_row(raw: Any) -> Row:
    """Read one row; only its id and its count must be there. Raises BadRow."""
    if not isinstance(raw, dict):
        raise BadRow("a row is not an object")
    project, metadata = mapping(raw.get("project")), mapping(raw.get("metadata"))
    events = _count(raw.get("count"), "count")
    unhandled = raw.get("isUnhandled")
    return Row(
        id=identity(raw.get("id")),
        title=safe(raw.get("title"), TITLE_MAX) or safe(metadata.get("title"), TITLE_MAX),
        events=events,
        users=_users(raw.get("userCount"), events),
        first_seen=moment(raw.get("firstSeen")),
        last_seen=moment(raw.get("lastSeen")),
        error_type=safe(metadata.get("type"), PLACE_MAX),
        value=safe(metadata.get("value"), TEXT_MAX),
        culprit=safe(raw.get("culprit"), PLACE_MAX),
        permalink=safe(raw.get("permalink"), PLACE_MAX),
        level=word(raw.get("level"), WORD_MAX) or "error",
        logger=word(raw.get("logger"), WORD_MAX),
        platform=word(raw.get("platform") or project.get("platform"), WORD_MAX),
        category=word(raw.get("issueCategory"), WORD_MAX) or "error",
        project_id=_project(project.get("id")),
        project=word(project.get("slug"), WORD_MAX),
        handled=not unhandled if isinstance(unhandled, bool) else None,
    )


def read_rows(raws: Sequence[Any]) -> tuple[tuple[Row, ...], list[tuple[Any, str]]]:
    """The rows that can be read, and the others with the reason. Slow for a full list: masking takes its time."""
    rows, bad = [], []
    for raw in raws:
        try:
            rows.append(read_row(raw))
        except BadRow as reason:
            bad.append((raw, str(reason)))
    return tuple(rows), bad


def identity(value: Any) -> str:
    """An id: a string of digits, or a number. Raises BadRow."""
    text = (
        str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else value
    )
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise BadRow("its id is missing or strange")
    return text


def _project(value: Any) -> str:
    try:
        return identity(value)
    except BadRow:
        return ""


def _count(value: Any, name: str) -> int:
    """A count is a string of digits in a list, a number elsewhere. Raises BadRow."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(COUNT_MAX)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise BadRow(f"its {name} is missing or no number")
    return value


def _users(value: Any, events: int) -> int | None:
    """Distinct users; 0 beside events says that nobody tells who the user is. Never more than events."""
    try:
        users = _count(value, "userCount")
    except BadRow:
        return None
    return None if users == 0 and events > 0 else min(users, events)


def moment(value: Any) -> datetime | None:
    """ISO 8601, taken as UTC where it does not say; None where it is something else."""
    if not isinstance(value, str) or len(value) > MOMENT_MAX:
        return None
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def own_link(link: str, base: str) -> bool:
    """Whether an address belongs to the server that we were told to read; anything else may lead anywhere.

    Sentry's hosted service spreads over hosts of one domain: acme.sentry.io shows what us.sentry.io answers.
    """
    try:
        there, here = urlsplit(link), urlsplit(base)
        host, home = there.hostname or "", here.hostname or ""
    except ValueError:
        return False
    hosted = all(f".{name}".endswith(".sentry.io") for name in (host, home))
    plain = not re.search(r"[\s<>\"'\\]", link) and "@" not in there.netloc
    return there.scheme in ("http", "https") and plain and (host == home or hosted)
