"""The web application: the API, the acknowledgement link, the plain pages, the daemon's own health, the metrics."""

from __future__ import annotations

from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.serve import ack, api, hooks, openapi, pages, reports, standing, status
from watcher.serve.answers import HEADERS, NOT_KEPT, Headers, answer
from watcher.serve.border import Border
from watcher.serve.desk import Desk
from watcher.serve.door import Door, Doorway
from watcher.serve.problem import Problem
from watcher.serve.web.forms import Seals
from watcher.serve.web.hall import Hall
from watcher.serve.web.live import Live
from watcher.serve.web.session import Sessions


def build(desk: Desk) -> Starlette:
    """The application on a desk. It waits for the engine and for readings of the log, and for nothing else."""
    sessions = Sessions(desk.links, desk.clock)
    door = Door(lambda: desk.config().serve.tokens, desk.clock, sessions)
    hall = Hall(desk=desk, door=door, sessions=sessions, seals=Seals(desk.links), live=Live(desk))
    desk.engine.follow(hall.live.turned)
    app = Starlette(
        routes=[
            *_own(desk),
            *ack.routes(hall),
            *openapi.routes(),
            *api.routes(desk),
            *hooks.routes(desk),
            *reports.routes(desk),
            *pages.routes(hall),
            *status.routes(desk),
        ],
        middleware=[
            Middleware(Headers),
            Middleware(Border, public_url=lambda: desk.config().service.public_url),
            Middleware(Doorway, door=door),
        ],
        exception_handlers={Problem: _problem, HTTPException: _http, Exception: _fault},
    )
    app.router.redirect_slashes = False  # a redirect would repeat the host name that was sent
    return app


def _own(desk: Desk) -> list[Route]:
    async def healthy(_: Request) -> Response:
        found = standing.health(desk)
        return JSONResponse(found, 200 if found["ok"] else 503)

    async def ready(_: Request) -> Response:
        return JSONResponse({"ok": desk.ready()}, 200 if desk.ready() else 503)

    async def metrics(_: Request) -> Response:
        return Response(desk.metrics(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/-/healthy", healthy, methods=["GET"]),
        Route("/-/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return answer(request.url.path, problem)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is nothing at this address", 405: "this address does not take that method"}
    because = words.get(error.status_code, HTTPStatus(error.status_code).phrase.lower())
    return answer(request.url.path, Problem(error.status_code, because, error.headers))


async def _fault(request: Request, _: Exception) -> Response:
    """Our own fault. It is answered outside of every middleware, so it brings the headers itself."""
    found = answer(request.url.path, Problem(500, "the watcher could not answer; its log says why"))
    found.headers.update({**HEADERS, "cache-control": NOT_KEPT})
    return found
