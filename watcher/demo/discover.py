"""The simulated tracker's table and series of events: counted from single occurrences, users distinct over all issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from watcher.demo.asked import Asked, chosen_environments, chosen_projects
from watcher.demo.parameters import Window, bad, cut, duration, window_of
from watcher.demo.rows import stamp
from watcher.demo.search import read, value_of
from watcher.demo.tracker import Issue, Occurrence, count

TABLE_KNOWN = ("dataset", "field", "query", "project", "environment", "sort", "per_page", "cursor")
SERIES_KNOWN = ("dataset", "yAxis", "interval", "query", "project", "environment")
FIELDS_MAX = 20
POINTS_MAX = 10_000

Event = tuple[Issue, Occurrence]
AGGREGATES: dict[str, Callable[[Sequence[Event]], Any]] = {
    "count()": len,
    "count_unique(user)": lambda rows: count(occurrence for _, occurrence in rows).users,
    "min(timestamp)": lambda rows: stamp(count(occurrence for _, occurrence in rows).first),
    "max(timestamp)": lambda rows: stamp(count(occurrence for _, occurrence in rows).last),
}
_CALL = re.compile(r"\w+\(.*\)")
_ISSUES = re.compile(r"\bissue:(?:\[([^\]]*)\]|(\S+))")
_INTERVAL = re.compile(r"(\d{1,5})([smhd]?)")


def table(asked: Asked) -> Response:
    """One row for each combination of the plain fields, with the aggregates of it."""
    query = asked.request.query_params
    fields = query.getlist("field")
    if not fields or len(fields) > FIELDS_MAX:
        raise bad(f"1 to {FIELDS_MAX} fields are needed")
    plain = [name for name in fields if not _aggregate(name)]
    found = _grouped(_events(asked, window_of(query, asked.now)), plain)
    rows = [dict(zip(plain, key, strict=True)) | _values(fields, events) for key, events in found]
    leaf = cut(_sorted(rows, query.get("sort"), fields), query, page_size=asked.page_size)
    kinds = {name: "integer" if name.startswith("count") else "string" for name in fields}
    meta = {
        "fields": kinds,
        "units": dict.fromkeys(fields),
        "dataset": "errors",
        "isMetricsData": False,
        "datasetReason": "unchanged",
    }
    return JSONResponse({"data": list(leaf.rows), "meta": meta})


def _aggregate(name: str) -> bool:
    if _CALL.fullmatch(name) and name not in AGGREGATES:
        raise bad(f"{name} is not a valid function")
    return name in AGGREGATES


def _events(asked: Asked, window: Window) -> list[Event]:
    query = asked.request.query_params
    asked.wish("dataset", "", ("errors",))
    text = query.get("query", "")
    _demand_issues(asked, text)
    search, projects, places = read(text, asked.now), chosen_projects(asked), chosen_environments(asked)
    return [
        (issue, event)
        for issue in asked.state.issues
        if issue.project.id in projects and issue.category == "error" and search.keeps(issue)
        for event in issue.within(places)
        if window.since <= event.at < window.until
        and (search.narrows is None or search.narrows(issue, event))
    ]


def _demand_issues(asked: Asked, text: str) -> None:
    """A short id that does not exist is refused; a number that does not exist finds nothing."""
    known = {issue.short_id for issue in asked.state.issues}
    for many, one in _ISSUES.findall(text):
        if not {name.strip() for name in (many or one).split(",")} <= known:
            raise bad("Invalid value for issue: it does not exist")


def _grouped(found: list[Event], plain: list[str]) -> list[tuple[tuple[Any, ...], list[Event]]]:
    if not plain:
        return [((), found)]
    parts: dict[tuple[Any, ...], list[Event]] = {}
    for event in found:
        parts.setdefault(tuple(value_of(name, *event) for name in plain), []).append(event)
    return list(parts.items())


def _values(fields: Sequence[str], events: Sequence[Event]) -> dict[str, Any]:
    return {name: AGGREGATES[name](events) for name in fields if name in AGGREGATES}


def _sorted(rows: list[dict[str, Any]], sort: str | None, fields: Sequence[str]) -> list[dict[str, Any]]:
    if sort is None:
        return rows
    name = sort.removeprefix("-")
    if name not in fields:
        raise bad("Cannot sort by a field that is not selected.")
    return sorted(rows, key=lambda row: row[name], reverse=sort.startswith("-"))


def series(asked: Asked) -> Response:
    """Values for each interval, oldest first; times in milliseconds."""
    query = asked.request.query_params
    axis = query.get("yAxis", "count()")
    if axis not in AGGREGATES:
        raise bad(f"{axis} is not a valid function")
    window, width = window_of(query, asked.now), _interval(query.get("interval", "5m"))
    number = -((window.since - window.until) // width)
    if number > POINTS_MAX:
        raise bad("Your interval and date range would create too many results.")
    events = _events(asked, window)
    values = [
        _point(events, Window(window.since + width * n, window.since + width * (n + 1)), axis, asked)
        for n in range(number)
    ]
    meta = {"valueType": "integer", "valueUnit": None, "interval": _milliseconds(width)}
    whole = {"dataset": "errors", "start": _epoch(window.since), "end": _epoch(window.until)}
    return JSONResponse({"meta": whole, "timeSeries": [{"yAxis": axis, "meta": meta, "values": values}]})


def _point(events: list[Event], part: Window, axis: str, asked: Asked) -> dict[str, Any]:
    inside = [event for event in events if part.since <= event[1].at < part.until]
    row = {"timestamp": _epoch(part.since), "value": AGGREGATES[axis](inside), "incomplete": False}
    running = {"incomplete": True, "incompleteReason": "INCOMPLETE_BUCKET"}
    return row | running if part.until > asked.now else row


def _interval(text: str) -> timedelta:
    found = _INTERVAL.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise bad(f"Invalid interval: {text!r}")
    return duration(found[1], found[2] or "s")


def _epoch(at: Any) -> int:
    return int(at.timestamp() * 1000)


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
