"""The pages of people, all together."""

from __future__ import annotations

from starlette.routing import Route

from watcher.serve.web import history, incident, overview, signing, static
from watcher.serve.web.hall import Hall


def routes(hall: Hall) -> list[Route]:
    return [
        *overview.routes(hall),
        *history.routes(hall),
        *hall.live.routes(),
        *incident.routes(hall),
        *signing.routes(hall),
        *static.routes(),
    ]
