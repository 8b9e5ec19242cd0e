"""What people say of no incident yet: `declare`, `report`, and the hook for a support desk or a form.

Each answers what became of it: the outcome, one line why, and the id where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from rules.signal import CATEGORIES
from watcher.hearing import TEXT_MAX, Heard
from watcher.incident import command as ask
from watcher.incident.machines import stream_of
from watcher.incident.state import Incident
from watcher.serve import allowance, body
from watcher.serve.asking import hear
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.door import REPORTER
from watcher.serve.fields import needed_text
from watcher.serve.operation import Operation
from watcher.serve.operation import routes as routes_of
from watcher.serve.problem import Problem

PLACE = ("environment", "system")


DECLARE = Operation(
    name="declare",
    method="POST",
    path="/api/v1/declare",
    says="There is a P0: an incident opens, and pages.",
    answers="Heard",
    takes=("category", "text", *PLACE, "as"),
    needs=("category", "text"),
    own={"text": needed_text(TEXT_MAX)},
    example={"category": "outage", "text": "nothing loads", "system": "web"},
)
REPORT = Operation(
    name="report",
    method="POST",
    path="/api/v1/report",
    says="Something is broken; the rules judge the words.",
    answers="Heard",
    takes=("text", *PLACE, "as"),
    needs=("text",),
    own={"text": needed_text(TEXT_MAX)},
    example={"text": "my conversations are gone"},
)
HOOK = replace(
    REPORT,
    name="report-hook",
    path="/hooks/report",
    says="The same, for a support desk or a form; the token called report opens it.",
)
OPERATIONS = (DECLARE, REPORT, HOOK)


def routes(desk: Desk) -> list[Route]:
    """The three doors for words."""
    allowed = allowance.reports(desk.clock)

    async def declared(request: Request, given: Fields) -> Any:
        return _plain(desk, await _declare(desk, request, given))

    async def reported(request: Request, given: Fields) -> Any:
        if not allowed.take():
            raise Problem(429, "too many reports; send it again in a minute", {"retry-after": "60"})
        via = "api" if request.url.path == REPORT.path else "hook"
        return _plain(desk, await _report(desk, request, given, via))

    return routes_of([(DECLARE, declared), (REPORT, reported), (HOOK, reported)])


async def _declare(desk: Desk, request: Request, given: Fields) -> Heard:
    category = given.one_of("category", CATEGORIES, needed=True)
    assert category is not None
    command = ask.Declare(
        by=body.who(request, given),
        category=category,
        text=given.text("text", TEXT_MAX, needed=True) or "",
        environment=given.line("environment") or "production",
        system=given.line("system"),
    )
    return await hear(desk, command)


async def _report(desk: Desk, request: Request, given: Fields, via: str) -> Heard:
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


def _plain(desk: Desk, heard: Heard) -> dict[str, Any]:
    """What became of it; of an incident that opened in somebody's hands, whose: then nobody was paged."""
    plain = {"outcome": heard.outcome, "id": heard.id, "because": heard.because}
    state = desk.engine.streams.get(stream_of(heard.id) or "") if heard.id else None
    holder = state.acknowledged_by if isinstance(state, Incident) and heard.outcome == "incident" else None
    return {**plain, **({"acknowledged_by": holder} if holder else {})}
