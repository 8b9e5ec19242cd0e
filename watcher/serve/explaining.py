"""Why the rules say what they say, over the API: of what they raised, and of a text that they are asked about."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from rules.guess import signal_of
from rules.trace import trace
from watcher.serve.asking import file, named
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import KINDS, STATUS_MAX, STATUS_MIN, needed_text
from watcher.serve.operation import Act, Operation
from watcher.serve.problem import Problem
from watcher.view import explained

TEXT_MAX = 32_000
"""An issue as Sentry's API returns it has some thousand characters; a rule reads no more than the first."""
STATUS_USUAL = 200

OF_THE_LOG = Operation(
    name="explain-incident",
    method="GET",
    path="/api/v1/incidents/{id}/explain",
    says="The rules that raised it, and their words as they were.",
    answers="Raised",
)
OF_A_TEXT = Operation(
    name="explain",
    method="POST",
    path="/api/v1/explain",
    says="What the rules that govern now say of a signal, clause by clause. Nothing is opened, nobody is paged.",
    answers="Explained",
    takes=("text", "kind", "status"),
    needs=("text",),
    own={
        "text": needed_text(TEXT_MAX)
        | {
            "description": "A report's words, the body of a health answer, or an issue as Sentry's API returns it."
        }
    },
    example={"text": "all of my conversations are gone", "kind": "report"},
)


async def raised(desk: Desk, request: Request, _: Fields) -> Any:
    found = await file(desk, named(request.path_params["id"], "incident", "suspicion"))
    return explained.raised(found.state.id, [row.event for row in found.rows])


async def traced(desk: Desk, _: Request, given: Fields) -> Any:
    text, kind = given.text("text", TEXT_MAX, needed=True) or "", given.one_of("kind", KINDS)
    status = given.count("status")
    if status is not None and not STATUS_MIN <= status <= STATUS_MAX:
        raise Problem(400, f"'status' must be a status of HTTP, {STATUS_MIN} to {STATUS_MAX}")
    try:
        signal = signal_of(text, kind, status or STATUS_USUAL)
    except (ValueError, RecursionError) as fault:
        why = str(fault) if isinstance(fault, ValueError) else "it is nested too deeply"
        raise Problem(400, f"'text' is no signal: {why}") from None
    rulebook = desk.engine.judge.governing.rulebook
    return explained.traced(signal, trace(rulebook, signal, own_window=True))


SERVED: tuple[tuple[Operation, Act], ...] = ((OF_THE_LOG, raised), (OF_A_TEXT, traced))
