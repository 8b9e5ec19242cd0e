"""The table of events: what is counted over single events of several issues, users distinct over all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from watcher.sources.sentry.client import Parameters
from watcher.sources.sentry.failure import Failure
from watcher.sources.sentry.row import COUNT_MAX, mapping

USERS, EVENTS = "count_unique(user)", "count()"
ISSUES_MAX = 100
"""Issues in one question: more make an address that proxies refuse."""
DIGITS_MAX = 13
"""Digits of COUNT_MAX."""

Read = Callable[[str, Parameters], Awaitable[Any]]
"""Asks one path of one server. Raises Failure."""


async def ask(
    read: Read, organization: str, issues: Sequence[str], fields: Sequence[str], asked: Parameters
) -> Any:
    """The table over these issues, by their numbers. Raises Failure.

    A server that does not know the data set of errors is old: there all events are one set.
    """
    path = f"/api/0/organizations/{organization}/events/"
    query = f"issue.id:[{','.join(issues[:ISSUES_MAX])}]"
    columns = [("field", field) for field in fields]
    try:
        return await read(path, [("dataset", "errors"), ("query", query), *columns, *asked])
    except Failure as failure:
        if failure.status != HTTPStatus.BAD_REQUEST or "dataset" not in failure.detail:
            raise
    return await read(path, [("query", f"event.type:error {query}"), *columns, *asked])


def rows_of(body: Any) -> list[dict[str, Any]]:
    """The rows of a table."""
    data = mapping(body).get("data")
    return [mapping(row) for row in data] if isinstance(data, list) else []


def number(value: Any) -> int | None:
    """A count: a whole number, also as text, as some servers write it; None where it is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= DIGITS_MAX:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX
    return value if whole else None
