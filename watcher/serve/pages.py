"""The pages of people, all together."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.serve import standing
from watcher.serve.web import incident, signing, static
from watcher.serve.web.hall import Hall


def routes(hall: Hall) -> list[Route]:
    async def overview(request: Request) -> Response:
        return hall.page(request, "overview.html", **standing.status(hall.desk))

    return [
        Route("/", overview, methods=["GET"]),
        *incident.routes(hall),
        *signing.routes(hall),
        *static.routes(),
    ]
