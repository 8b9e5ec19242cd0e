"""What the API tells of incidents: how it stands, what is open and what was, one of them whole, and its documents."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request

from rules.signal import CATEGORIES
from watcher.log import Past
from watcher.serve import standing
from watcher.serve.asking import file, named, read
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import NO, OUTCOMES, YES
from watcher.serve.metrics import tallies
from watcher.serve.operation import Act, Operation
from watcher.serve.problem import Problem
from watcher.view import advised, summary, timeline
from watcher.view.documents.written import NAMES, Name, written

LISTED_MAX = 1000
"""A list is for reading; exports read the log."""


async def status(desk: Desk, _: Request, __: Fields) -> Any:
    try:
        counts = tallies.read(await read(desk, lambda log: log.remembered("tally")))
    except Problem:  # a log that cannot be read is the hour in which people ask how the daemon stands
        return {**standing.status(desk), "advice": None}
    return {**standing.status(desk), "advice": advised.served(counts)}


async def incidents(desk: Desk, _: Request, given: Fields) -> Any:
    """The open ones; with `all` or a filter every one that there was, newest first."""
    past = _past(given)
    if past is None:
        return {
            "incidents": [summary.incident(i) for i in standing.incidents(desk)],
            "suspicions": [summary.suspicion(s) for s in standing.suspicions(desk)],
        }
    rows = await read(desk, lambda log: log.history("incident", past))
    return {"incidents": [summary.listed(row) for row in rows], "suspicions": []}


def _past(given: Fields) -> Past | None:
    """What of the past is asked for; None where it is the present."""
    category, outcome = given.one_of("category", CATEGORIES), given.one_of("outcome", OUTCOMES)
    before, everything = given.line("before"), given.one_of("all", (*YES, *NO)) in YES
    if not (everything or category or outcome or before):
        return None
    stream = named(before, "incident") if before else None
    return Past(limit=LISTED_MAX, before=stream, category=category, outcome=outcome)


async def show(desk: Desk, request: Request, _: Fields) -> Any:
    found = await file(desk, named(request.path_params["id"], "incident", "suspicion"))
    lines = [line.plain() for line in timeline.lines(found.rows)]
    return {**summary.of(found.state), **standing.commands(desk, found.state), "timeline": lines}


async def document(name: Name, desk: Desk, request: Request, _: Fields) -> Any:
    """A document as Markdown."""
    found = await file(desk, named(request.path_params["id"], "incident"))
    markdown = written(name, found.state, found.rows, desk.clock.now())
    return {"id": found.state.id, "document": name, "markdown": markdown}


STATUS = Operation(
    name="status",
    method="GET",
    path="/api/v1/status",
    says="Whether it watches, what it sees, who is on call, what is open.",
    answers="Status",
)
LIST = Operation(
    name="incidents",
    method="GET",
    path="/api/v1/incidents",
    says="The open ones, oldest first; with all, or a filter, every one that there was, newest first, at most 1000.",
    answers="Incidents",
    takes=("all", "category", "outcome", "before"),
)
SHOW = Operation(
    name="show",
    method="GET",
    path="/api/v1/incidents/{id}",
    says="Everything of one incident or suspicion.",
    answers="Shown",
)


def _written(name: Name) -> Operation:
    return Operation(
        name=name,
        method="GET",
        path=f"/api/v1/incidents/{{id}}/{name}",
        says=f"The {name} as Markdown.",
        answers="Document",
    )


SERVED: tuple[tuple[Operation, Act], ...] = (
    (STATUS, status),
    (LIST, incidents),
    (SHOW, show),
    *((_written(name), partial(document, name)) for name in NAMES),
)
