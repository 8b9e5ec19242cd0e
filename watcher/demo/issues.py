"""The simulated tracker's issue list, counted inside its window, and the events of one issue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from watcher.demo import rows
from watcher.demo.asked import Asked, chosen_environments, chosen_projects, release_of
from watcher.demo.parameters import Refused, Window, bad, missing, window_of
from watcher.demo.search import Search, read
from watcher.demo.tracker import Issue, count

SORTS = ("date", "new", "freq", "user")
COLLAPSES = ("stats", "lifetime", "filtered", "unhandled")
NO_EVENT = "No matching event found. Try changing the environments, date range, or query."


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one request for the list asks."""

    window: Window
    search: Search
    projects: frozenset[str]
    environments: frozenset[str]
    period: str
    sort: str
    collapse: Sequence[str]


def issues(asked: Asked) -> Response:
    """Issues with an event in the window, in the asked order, each counted inside the window."""
    listing = _read(asked)
    found = [
        _row(asked, issue, listing)
        for issue in asked.state.issues
        if issue.project.id in listing.projects and listing.search.keeps(issue)
    ]
    return asked.page(_sorted([row for row in found if row is not None], listing.sort), name="limit")


def _read(asked: Asked) -> Listing:
    query = asked.request.query_params
    collapse = query.getlist("collapse")
    if not set(collapse) <= set(COLLAPSES):
        raise bad("Invalid collapse")
    return Listing(
        window=window_of(query, asked.now),
        search=read(query.get("query", "is:unresolved"), asked.now),
        projects=chosen_projects(asked),
        environments=chosen_environments(asked),
        period=asked.wish("groupStatsPeriod", "24h", ("", "24h", "14d", "auto")),
        sort=asked.wish("sort", "date", SORTS),
        collapse=collapse,
    )


def _row(asked: Asked, issue: Issue, listing: Listing) -> dict[str, Any] | None:
    """The issue's row; None where it has no event that fits."""
    window, narrows = listing.window, listing.search.narrows
    placed = issue.within(listing.environments)
    inside = [event for event in placed if window.since <= event.at < window.until]
    fitting = [event for event in inside if narrows is None or narrows(issue, event)]
    if not fitting:
        return None
    return rows.issue_row(
        issue,
        base=asked.links,
        windowed=count(inside),
        lifetime=count(issue.occurrences),
        filtered=None if narrows is None else count(fitting),
        stats=rows.sparkline(listing.period, placed, window, asked.now),
        collapse=listing.collapse,
    )


def _sorted(found: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    keys: dict[str, Callable[[dict[str, Any]], Any]] = {
        "date": lambda row: row["lastSeen"],
        "new": lambda row: row["firstSeen"],
        "freq": lambda row: int(row["count"]),
        "user": lambda row: row["userCount"],
    }
    return sorted(found, key=keys[sort], reverse=True)


def detail(asked: Asked) -> Response:
    """One issue: its counts are over its whole life, whatever is asked; and the first and last release it was seen in."""
    if not set(asked.request.query_params.getlist("collapse")) <= {"stats", "tags", "release"}:
        raise bad("Invalid collapse")
    issue = _issue(asked)
    whole = count(issue.occurrences)
    row = rows.issue_row(issue, base=asked.links, windowed=whole, lifetime=whole, filtered=None, stats={})
    for name in ("lifetime", "filtered"):
        del row[name]
    placed = sorted(issue.within(chosen_environments(asked)), key=lambda occurrence: occurrence.at)
    seen = [release for e in placed if (release := release_of(asked.state, e.release)) is not None]
    ends = {"firstRelease": seen[:1], "lastRelease": seen[-1:]}
    released = {k: rows.release_row(v[0], asked.state) if v else None for k, v in ends.items()}
    return JSONResponse(row | released | {"activity": [], "participants": [], "userReportCount": 0})


def _issue(asked: Asked) -> Issue:
    issue = next((row for row in asked.state.issues if row.id == asked.request.path_params["issue"]), None)
    if issue is None:
        raise missing()
    return issue


def event(asked: Asked) -> Response:
    """The latest or oldest event of an issue, or the one with this id."""
    issue = _issue(asked)
    past = sorted(issue.within(chosen_environments(asked)), key=lambda occurrence: occurrence.at)
    which = asked.request.path_params["event"]
    chosen = {"latest": past[-1:], "recommended": past[-1:], "oldest": past[:1]}.get(which)
    if chosen is None:
        chosen = [occurrence for occurrence in past if issue.event_id(occurrence) == which]
    if not chosen:
        raise Refused(404, {"detail": NO_EVENT})
    return JSONResponse(rows.event_body(issue, chosen[0], release_of(asked.state, chosen[0].release)))
