"""A simulated GlitchTip: the same issues with that server's own habits.

Counts are lifetime counts, users are not counted (0), windows are ignored, `start` and `end` choose by the first
event, Sentry's sort words and cursors are refused with 422, unknown pages answer 200 with HTML, and the Link header
is wrapped in the way that server wraps it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from watcher.clock import Clock
from watcher.demo import rows
from watcher.demo.asked import authorize
from watcher.demo.parameters import Refused
from watcher.demo.tracker import Counts, Issue, Occurrence, State, Timeline, count, past

PAGE_DEFAULT = 50
PAGE_MAX = 100
PAGE = "<!doctype html><title>GlitchTip</title><app-root></app-root>"
PATHS_OF_THE_PAGE = ("/issues", "/releases", "/projects")

SORTS: dict[str, Callable[[Issue, Counts], Any]] = {
    "last_seen": lambda _issue, seen: seen.last,
    "first_seen": lambda _issue, seen: seen.first,
    "count": lambda _issue, seen: seen.events,
    "priority": lambda issue, _seen: issue.level,
}

Answer = Callable[[Request, State], Response]


def glitchtip_app(state: Timeline, *, token: str, clock: Clock | None = None) -> Starlette:
    """The API over `state`, for the bearer of `token`."""
    time = clock or Clock()

    def endpoint(answer: Answer) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            try:
                authorize(request, token, wrong="Unauthorized", absent="Unauthorized")
                now = time.now()
                held = past(state.at(now), now)
                if request.path_params.get("organization", held.organization) != held.organization:
                    raise _not_found()
                return answer(request, held)
            except Refused as refused:
                return JSONResponse(refused.body, status_code=refused.status)

        return handle

    routes = [Route(path, endpoint(answer)) for path, answer in ENDPOINTS]
    routes.append(Route("/api/settings/", _settings))
    app = Starlette(routes=routes, exception_handlers={404: _web_page})
    app.router.redirect_slashes = False
    return app


async def _settings(_request: Request) -> Response:
    return JSONResponse(
        {
            "billingEnabled": False,
            "enableUserRegistration": False,
            "version": "5.1.0",
            "serverTimeZone": "UTC",
        }
    )


async def _web_page(request: Request, _error: Exception) -> Response:
    """The web application's own page: 200 where its router would take the path, 404 elsewhere."""
    known = any(part in request.url.path for part in PATHS_OF_THE_PAGE)
    return HTMLResponse(PAGE, status_code=200 if known else 404)


def _not_found() -> Refused:
    return Refused(404, {"detail": "Not Found"})


def _unprocessable(kind: str, name: str, message: str) -> Refused:
    return Refused(422, {"detail": [{"type": kind, "loc": ["query", name], "msg": message}]})


def organization(_request: Request, state: State) -> Response:
    body = {"id": "1", "slug": state.organization, "name": state.organization, "openMembership": True}
    listed = [_project(project.id, project.slug) for project in state.projects]
    return JSONResponse(body | {"status": {"id": "active", "name": "active"}, "projects": listed})


def projects(request: Request, state: State) -> Response:
    return _page(request, [_project(project.id, project.slug) for project in state.projects])


def _project(identity: str, slug: str) -> dict[str, Any]:
    return {
        "id": identity,
        "slug": slug,
        "name": slug,
        "platform": "python",
        "hasAccess": True,
        "isMember": True,
    }


def environments(request: Request, state: State) -> Response:
    return _page(request, [{"id": n, "name": name} for n, name in enumerate(state.environments, 1)])


def releases(request: Request, state: State) -> Response:
    newest = sorted(state.releases, key=lambda release: release.created_at, reverse=True)
    return _page(request, [_release(release.version, release.created_at) for release in newest])


def _release(version: str, created_at: datetime) -> dict[str, Any]:
    row = {"version": version, "shortVersion": version, "dateCreated": rows.stamp(created_at)}
    return row | {
        "dateReleased": None,
        "ref": None,
        "url": None,
        "projects": [],
        "data": {},
        "deployCount": 0,
    }


def issues(request: Request, state: State) -> Response:
    """Every issue that fits; its counts are over its whole life."""
    sort = request.query_params.get("sort", "-last_seen")
    if sort.removeprefix("-") not in SORTS:
        raise _unprocessable(
            "literal_error", "sort", "Input should be 'last_seen', 'first_seen', 'count' or ..."
        )
    wanted = _wanted_projects(request)
    found = [
        (issue, count(issue.occurrences))
        for issue in state.issues
        if issue.occurrences and (not wanted or int(issue.project.id) in wanted) and _fits(request, issue)
    ]
    key = SORTS[sort.removeprefix("-")]
    found.sort(key=lambda row: key(*row), reverse=sort.startswith("-"))
    base = str(request.base_url).rstrip("/")
    return _page(request, [_row(issue, seen, base) for issue, seen in found])


def _wanted_projects(request: Request) -> frozenset[int]:
    try:
        return frozenset(int(text) for text in request.query_params.getlist("project"))
    except ValueError:
        raise _unprocessable("int_parsing", "project", "Input should be a valid integer") from None


def _fits(request: Request, issue: Issue) -> bool:
    """`is:` and `level:` are understood; every other key is a tag that must be equal; free text is in the title."""
    places = frozenset(request.query_params.getlist("environment"))
    if not issue.within(places) or not _first_seen_fits(request, issue):
        return False
    return all(_term_fits(term, issue) for term in request.query_params.get("query", "").split())


def _term_fits(term: str, issue: Issue) -> bool:
    key, colon, value = term.partition(":")
    if not colon:
        return term.lower() in issue.title.lower()
    known = {"is": issue.status, "level": issue.level}
    return value == known[key] if key in known else value in _tag_values(key, issue)


def _tag_values(key: str, issue: Issue) -> set[str]:
    return {tag["value"] for event in issue.occurrences for tag in _tags(issue, event) if tag["key"] == key}


def _first_seen_fits(request: Request, issue: Issue) -> bool:
    first = count(issue.occurrences).first
    start, end = (_instant(request, name) for name in ("start", "end"))
    return first is not None and (start is None or first >= start) and (end is None or first <= end)


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _unprocessable("datetime_parsing", name, "Input should be a valid datetime") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _row(issue: Issue, seen: Counts, base: str) -> dict[str, Any]:
    return {
        "id": issue.id,
        "count": str(seen.events),
        "type": rows.kind(issue),
        "level": issue.level,
        "status": issue.status,
        "project": _short_project(issue),
        "shortId": issue.short_id,
        "numComments": 0,
        "stats": {"24h": []},
        "shareId": None,
        "logger": None,
        "permalink": f"{base}/{issue.project.slug}/issues/{issue.id}",
        "statusDetails": {},
        "subscriptionDetails": None,
        "userCount": 0,
        "matchingEventId": None,
        "firstSeen": rows.stamp(seen.first),
        "lastSeen": rows.stamp(seen.last),
        "title": issue.title,
        "metadata": rows.metadata(issue) if issue.error_type else {},
        "culprit": issue.culprit,
    }


def _short_project(issue: Issue) -> dict[str, str]:
    project = issue.project
    return {"id": project.id, "platform": project.platform, "slug": project.slug, "name": project.name}


def latest_event(request: Request, state: State) -> Response:
    issue = next((row for row in state.issues if row.id == request.path_params["issue"]), None)
    if issue is None or not issue.occurrences:
        raise _not_found()
    event = max(issue.occurrences, key=lambda row: row.at)
    body = rows.event_body(issue, event, None)
    del body["release"]
    own = {"projectID": int(issue.project.id), "tags": _tags(issue, event), "dist": None}
    return JSONResponse(body | own | {"user": {"id": event.user} if event.user else None})


def _tags(issue: Issue, event: Occurrence) -> list[dict[str, str]]:
    tags = {"environment": event.environment, **issue.tags}
    tags |= {"release": event.release} if event.release else {}
    tags |= {"user.id": event.user} if event.user else {}
    return [{"key": key, "value": value} for key, value in tags.items()]


def _page(request: Request, found: Sequence[Any]) -> Response:
    """The asked page; a wish over the maximum is cut to it without a word."""
    limit = request.query_params.get("limit", str(PAGE_DEFAULT))
    if not limit.isdigit() or int(limit) < 1:
        raise _unprocessable("int_parsing", "limit", "Input should be a valid integer")
    start = _offset(request.query_params.get("cursor"))
    end = start + min(int(limit), PAGE_MAX)
    link = _link(request, end if end < len(found) else None)
    headers = {"Link": link, "X-Hits": str(min(len(found), 1000)), "X-Max-Hits": "1000"}
    return JSONResponse(list(found[start:end]), headers=headers)


def _link(request: Request, after: int | None) -> str:
    """Wrapped in braces and a quote; where there is no next page, its entry has no cursor."""
    bare = request.url.remove_query_params("cursor")
    previous = f'<{bare}>; rel="previous"; results="false"'
    if after is None:
        return f'{{\'{previous}, <{bare}>; rel="next"; results="false"\'}}'
    cursor = base64.b64encode(f"p={after}".encode()).decode()
    url = bare.include_query_params(cursor=cursor)
    return f'{{\'{previous}, <{url}>; rel="next"; results="true"; cursor="{cursor}"\'}}'


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("p="))
    except (ValueError, binascii.Error):
        raise _unprocessable("value_error", "cursor", "Value error, Invalid cursor.") from None


ORGANIZATION = "/api/0/organizations/{organization}/"

ENDPOINTS: tuple[tuple[str, Answer], ...] = (
    (ORGANIZATION, organization),
    (ORGANIZATION + "projects/", projects),
    (ORGANIZATION + "environments/", environments),
    (ORGANIZATION + "releases/", releases),
    (ORGANIZATION + "issues/", issues),
    ("/api/0/issues/{issue}/events/latest/", latest_event),
)
