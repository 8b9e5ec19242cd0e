"""A simulated Sentry: the part of its web API that a detector reads, strict about everything it is asked.

It refuses unknown parameters (400) and missing or wrong tokens (401), cuts pages, and counts inside the window, as
Sentry's organization issue list does. What it does not model it refuses, so that no client leans on it unproven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.clock import Clock
from watcher.demo import places, rows, suspects
from watcher.demo.asked import Asked, authorize, chosen_environments, chosen_projects, release_of
from watcher.demo.discover import SERIES_KNOWN, TABLE_KNOWN, series, table
from watcher.demo.issues import detail, event, issues
from watcher.demo.parameters import PAGE_MAX, Refused, missing, refuse_unknown
from watcher.demo.sessions import SESSIONS_KNOWN, sessions
from watcher.demo.suspects import committers
from watcher.demo.tracker import Release, State, Timeline, past

WINDOW = ("statsPeriod", "start", "end")
NO_TOKEN = "Authentication credentials were not provided."  # noqa: S105 - a sentence

Answer = Callable[[Asked], Response]


def sentry_app(
    state: Timeline,
    *,
    token: str,
    clock: Clock | None = None,
    page_size: int = PAGE_MAX,
    links: str | None = None,
) -> Starlette:
    """The API over `state`, for the bearer of `token`.

    `page_size` caps a page below what a request asks. `links` is the address that Link headers and permalinks carry;
    left out, it is the address that was asked.
    """
    time = clock or Clock()

    def endpoint(answer: Answer, known: Sequence[str]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            try:
                authorize(request, token, wrong="Invalid token", absent=NO_TOKEN)
                base = links or str(request.base_url).rstrip("/")
                now = time.now()
                asked = Asked(request, past(state.at(now), now), now, page_size, base)
                _demand_organization(asked)
                refuse_unknown(request.query_params, known)
                return answer(asked)
            except Refused as refused:
                return JSONResponse(refused.body, status_code=refused.status)

        return handle

    routes = [Route(ORGANIZATION + path, endpoint(answer, known)) for path, answer, known in ENDPOINTS]
    routes.append(Route(COMMITTERS, endpoint(committers, ())))
    app = Starlette(routes=routes, exception_handlers={404: _no_such_place, 405: _no_such_method})
    app.router.redirect_slashes = False
    return app


def _demand_organization(asked: Asked) -> None:
    if asked.request.path_params["organization"] != asked.state.organization:
        raise missing()


async def _no_such_place(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/0/"):
        return JSONResponse(missing().body, status_code=404)
    return Response("<!doctype html><title>Page not found</title>", status_code=404, media_type="text/html")


async def _no_such_method(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(
        {"detail": f'Method "{request.method}" not allowed.'}, status_code=405, headers=headers
    )


def organization(asked: Asked) -> Response:
    return JSONResponse(places.organization_body(asked.state, asked.links))


def projects(asked: Asked) -> Response:
    word = asked.request.query_params.get("query", "")
    return asked.page(
        [places.project_row(row, asked.state) for row in asked.state.projects if word in row.slug]
    )


def environments(asked: Asked) -> Response:
    asked.wish("visibility", "visible", ("all", "hidden", "visible"))
    found = [{"id": str(n), "name": name} for n, name in enumerate(asked.state.environments, 1)]
    return JSONResponse(found)


def releases(asked: Asked) -> Response:
    """Newest first; only those of the projects, and deployed to or seen in the environments that are asked for."""
    query = asked.request.query_params
    chosen, places = chosen_projects(asked), chosen_environments(asked)
    found = [
        release
        for release in sorted(asked.state.releases, key=lambda release: release.created_at, reverse=True)
        if query.get("query", "") in release.version
        and not chosen.isdisjoint(project.id for project in release.projects)
        and (not places or _reached(asked.state, release, places))
    ]
    return asked.page([rows.release_row(release, asked.state) for release in found])


def _reached(state: State, release: Release, places: frozenset[str]) -> bool:
    """Whether it was deployed to one of these environments, or seen in one."""
    deployed = {deploy.environment for deploy in release.deploys}
    seen = {e.environment for i in state.issues for e in i.occurrences if e.release == release.version}
    seen |= {session.environment for session in state.sessions if session.release == release.version}
    return not places.isdisjoint(deployed | seen)


def deploys(asked: Asked) -> Response:
    release = release_of(asked.state, asked.request.path_params["version"])
    if release is None:
        raise missing()
    newest = sorted(release.deploys, key=lambda deploy: deploy.finished_at, reverse=True)
    return asked.page([rows.deploy_row(deploy) for deploy in newest])


def commits(asked: Asked) -> Response:
    release = release_of(asked.state, asked.request.path_params["version"])
    if release is None:
        raise missing()
    return asked.page([suspects.release_commit(commit) for commit in release.commits])


ORGANIZATION = "/api/0/organizations/{organization}/"
COMMITTERS = "/api/0/projects/{organization}/{project}/events/{event}/committers/"

ENDPOINTS: tuple[tuple[str, Answer, tuple[str, ...]], ...] = (
    ("", organization, ("detailed",)),
    ("projects/", projects, ("query", "cursor", "per_page")),
    ("environments/", environments, ("visibility",)),
    ("releases/", releases, ("project", "environment", "query", "cursor", "per_page")),
    ("releases/{version:path}/deploys/", deploys, ("cursor", "per_page")),
    ("releases/{version:path}/commits/", commits, ("cursor", "per_page")),
    ("sessions/", sessions, (*SESSIONS_KNOWN, *WINDOW)),
    ("events/", table, (*TABLE_KNOWN, *WINDOW)),
    ("events-timeseries/", series, (*SERIES_KNOWN, *WINDOW)),
    (
        "issues/",
        issues,
        (
            "project",
            "environment",
            "query",
            "sort",
            "limit",
            "cursor",
            "groupStatsPeriod",
            "collapse",
            *WINDOW,
        ),
    ),
    ("issues/{issue}/", detail, ("environment", "collapse")),
    ("issues/{issue}/events/{event}/", event, ("environment",)),
)
"""Path below the organization, what answers, and the parameters that it knows."""
