"""What people say of no incident yet: `declare`, `report`, and the hook for a support desk or a form.

Each answers what became of it: the outcome, one line why, and the id where there is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rules.signal import CATEGORIES, Category
from watcher.hearing import TEXT_MAX, Heard
from watcher.incident import command as ask
from watcher.incident.machines import stream_of
from watcher.incident.state import Incident
from watcher.serve import body
from watcher.serve.allowance import Allowance
from watcher.serve.asking import hear
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.door import REPORTER
from watcher.serve.problem import Problem

PLACE = ("environment", "system")
REPORTS_MAX = 30
REPORTS_FOR = timedelta(minutes=1)
"""A whole company that reports the same outage; more is a flood."""


def routes(desk: Desk) -> list[Route]:
    """The three doors for words."""
    allowance = Allowance(desk.clock, REPORTS_MAX, REPORTS_FOR)

    async def reported(request: Request, via: str) -> Heard:
        if not allowance.take():
            raise Problem(429, "too many reports; send it again in a minute", {"retry-after": "60"})
        return await _report(desk, request, via)

    def route(path: str, heard: Callable[[Request], Awaitable[Heard]]) -> Route:
        async def answering(request: Request) -> Response:
            return JSONResponse(_plain(desk, await heard(request)))

        return Route(path, answering, methods=["POST"])

    return [
        route("/api/v1/declare", lambda request: _declare(desk, request)),
        route("/api/v1/report", lambda request: reported(request, "api")),
        route("/hooks/report", lambda request: reported(request, "hook")),
    ]


async def _declare(desk: Desk, request: Request) -> Heard:
    given = await body.fields(request, ("category", "text", *PLACE, "as"))
    command = ask.Declare(
        by=body.who(request, given),
        category=_category(given),
        text=given.text("text", TEXT_MAX, needed=True) or "",
        environment=given.line("environment") or "production",
        system=given.line("system"),
    )
    return await hear(desk, command)


async def _report(desk: Desk, request: Request, via: str) -> Heard:
    given = await body.fields(request, ("text", *PLACE, "as"))
    command = ask.Report(
        by=_author(request, given),
        text=given.text("text", TEXT_MAX, needed=True) or "",
        via=via,
        environment=given.line("environment"),
        system=given.line("system"),
    )
    return await hear(desk, command)


def _author(request: Request, given: Fields) -> str:
    """Whoever holds the token for reports names people whom nobody has checked: a note must not pass for a colleague's."""
    by = body.who(request, given)
    return by if request.state.caller != REPORTER or by == REPORTER else f"{by} ({REPORTER})"


def _category(given: Fields) -> Category:
    named = given.line("category", needed=True)
    for category in CATEGORIES:
        if named == category:
            return category
    raise Problem(400, f"'category' must be one of {', '.join(CATEGORIES)}")


def _plain(desk: Desk, heard: Heard) -> dict[str, Any]:
    """What became of it; of an incident that opened in somebody's hands, whose: then nobody was paged."""
    plain = {"outcome": heard.outcome, "id": heard.id, "because": heard.because}
    state = desk.engine.streams.get(stream_of(heard.id) or "") if heard.id else None
    holder = state.acknowledged_by if isinstance(state, Incident) and heard.outcome == "incident" else None
    return {**plain, **({"acknowledged_by": holder} if holder else {})}
