"""`/status`: what stakeholders may see, without signing in. As a page, and as JSON at `/status.json`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.incident.state import Incident
from watcher.serve.answers import page
from watcher.serve.desk import Desk
from watcher.view.public import public


def routes(desk: Desk) -> list[Route]:
    async def shown(_: Request) -> Response:
        return page("status.html", **found(desk))

    async def told(_: Request) -> Response:
        return JSONResponse(found(desk))

    return [
        Route("/status", shown, methods=["GET"]),
        Route("/status.json", told, methods=["GET"]),
    ]


def found(desk: Desk) -> dict[str, Any]:
    """The service, and what is wrong with it as far as anybody may know."""
    incidents = public(s for s in desk.engine.streams.values() if isinstance(s, Incident))
    return {
        "service": desk.config().service.name,
        "well": all(one["over"] for one in incidents),
        "incidents": incidents,
    }
