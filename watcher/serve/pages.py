"""The plain pages: what is open, and one incident's timeline."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.incident.state import FINAL
from watcher.serve import standing
from watcher.serve.answers import page
from watcher.serve.asking import file, named
from watcher.serve.desk import Desk
from watcher.view import summary, timeline


def routes(desk: Desk) -> list[Route]:
    async def overview(_: Request) -> Response:
        return page("overview.html", **standing.status(desk))

    async def incident(request: Request) -> Response:
        found = await file(desk, named(request.path_params["id"], "incident", "suspicion"))
        return page(
            "incident.html",
            it={**summary.of(found.state), **standing.commands(desk, found.state)},
            open=found.state.status not in (*FINAL, "confirmed", "dismissed"),
            blind=[source for source in standing.sources(desk) if source["state"] == "blind"],
            lines=[str(x) for x in timeline.lines(found.rows)],
        )

    return [
        Route("/", overview, methods=["GET"]),
        Route("/incidents/{id}", incident, methods=["GET"]),
    ]
