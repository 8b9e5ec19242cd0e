"""The simulated tracker's release health: sessions and their users, in whole hours. What is not modelled is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from watcher.demo.asked import Asked, chosen_environments, chosen_projects
from watcher.demo.parameters import Window, bad, window_of
from watcher.demo.rows import stamp
from watcher.demo.tracker import Session

SESSIONS_KNOWN = (
    "project",
    "environment",
    "field",
    "groupBy",
    "interval",
    "includeSeries",
    "includeTotals",
    "query",
)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

Field = Callable[[list[Session]], Any]
FIELDS: dict[str, Field] = {
    "sum(session)": len,
    "count_unique(user)": lambda rows: len({row.user for row in rows if row.user is not None}),
}
GROUPS: dict[str, Callable[[Session], Any]] = {
    "project": lambda row: int(row.project),
    "release": lambda row: row.release,
    "environment": lambda row: row.environment,
    "session.status": lambda row: row.status,
}


def sessions(asked: Asked) -> Response:
    """Totals of the asked fields for each group, over the window widened to whole hours."""
    query = asked.request.query_params
    fields, groups = query.getlist("field"), query.getlist("groupBy")
    if not fields:
        raise bad('Request is missing a "field"')
    _known(fields, FIELDS, "field")
    _known(groups, GROUPS, "groupBy")
    if query.get("query") or query.get("includeTotals", "1") != "1":
        raise bad("Invalid query")
    asked.wish("interval", "1h", ("1h",))
    asked.wish("includeSeries", "1", ("0",))
    window = widened(window_of(query, asked.now), asked.now)
    found = _chosen(asked, window)
    return JSONResponse(
        {
            "start": stamp(window.since),
            "end": stamp(window.until),
            "intervals": [stamp(at) for at in _hours(window)],
            "query": "",
            "groups": [_group(by, rows, fields) for by, rows in _grouped(found, groups)],
        }
    )


def widened(window: Window, now: datetime) -> Window:
    """Whole hours; of the hour that still runs, up to the next whole minute."""
    since = window.since - _past(window.since, HOUR)
    until = window.until + (HOUR - _past(window.until, HOUR)) % HOUR
    if until > now:
        until = window.until + (MINUTE - _past(window.until, MINUTE)) % MINUTE
    return Window(since, max(until, since + MINUTE))


def _past(at: datetime, step: timedelta) -> timedelta:
    return (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % step


def _hours(window: Window) -> list[datetime]:
    return [window.since + HOUR * n for n in range(-((window.since - window.until) // HOUR))]


def _known(asked: Iterable[str], known: Iterable[str], what: str) -> None:
    for one in asked:
        if one not in known:
            raise bad(f"Invalid {what}: {one!r}")


def _chosen(asked: Asked, window: Window) -> list[Session]:
    projects, places = chosen_projects(asked), chosen_environments(asked)
    return [
        row
        for row in asked.state.sessions
        if row.project in projects
        and (not places or row.environment in places)
        and window.since <= row.at < window.until
    ]


def _grouped(found: list[Session], groups: list[str]) -> list[tuple[dict[str, Any], list[Session]]]:
    """Without groups there is always one, of nothing where nothing is."""
    if not groups:
        return [({}, found)]
    parts: dict[tuple[Any, ...], list[Session]] = {}
    for row in found:
        parts.setdefault(tuple(GROUPS[name](row) for name in groups), []).append(row)
    return [(dict(zip(groups, key, strict=True)), rows) for key, rows in parts.items()]


def _group(by: dict[str, Any], rows: list[Session], fields: list[str]) -> dict[str, Any]:
    return {"by": by, "totals": {name: FIELDS[name](rows) for name in fields}}
