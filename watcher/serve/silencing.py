"""Silences over the API: put, listed, ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from watcher.incident.event import Event
from watcher.incident.silences import EndSilence, Silence
from watcher.known import unseen
from watcher.serve import body, standing
from watcher.serve.asking import numbered, put
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import FACT_MAX, MATCH
from watcher.serve.operation import Act, Operation
from watcher.serve.problem import Problem
from watcher.view import timeline

LIST = Operation(
    name="silences",
    method="GET",
    path="/api/v1/silences",
    says="What is silenced, until when.",
    answers="Silences",
)
PUT = Operation(
    name="silence",
    method="POST",
    path="/api/v1/silences",
    says="What matches opens nothing until then; its end is one of for, minutes and until.",
    answers="Silenced",
    takes=("match", "for", "minutes", "until", "by", "as", "because"),
    needs=("match", "because"),
    any_of=("for", "minutes", "until"),
    example={"match": {"system": "api"}, "for": "30m", "because": "a load test"},
)
END = Operation(
    name="end-silence",
    method="DELETE",
    path="/api/v1/silences/{number}",
    says="A silence ends now; what still fails pages at once.",
    answers="Silenced",
    takes=("as",),
)


async def held(desk: Desk, _: Request, __: Fields) -> Any:
    return {"silences": standing.silences(desk)}


async def silence(desk: Desk, request: Request, given: Fields) -> Any:
    return await put_silence(desk, given, body.who(request, given))


async def put_silence(desk: Desk, given: Fields, by: str) -> dict[str, Any]:
    """Put a silence, as the API's fields or a form's say."""
    command = Silence(
        match=given.words("match", MATCH),
        until=_until(given, desk.clock.now()),
        by=by,
        because=given.line("because", FACT_MAX, needed=True) or "",
    )
    events = await put(desk, "silences", command)
    return _silenced(desk, events, doubts(desk, command.match))


def doubts(desk: Desk, match: Mapping[str, str]) -> list[str]:
    """What in a match was never heard of, and may be a slip of the pen."""
    states = desk.engine.streams.values()
    return list(unseen(match, desk.config(), desk.engine.judge.governing.rulebook, states))


async def end(desk: Desk, request: Request, given: Fields) -> Any:
    return await end_silence(desk, request.path_params["number"], body.who(request, given))


async def end_silence(desk: Desk, number: str, by: str) -> dict[str, Any]:
    """End a silence."""
    command = EndSilence(silence=numbered(number, "silence"), by=by)
    return _silenced(desk, await put(desk, "silences", command))


def _silenced(desk: Desk, events: list[Event], doubted: Iterable[str] = ()) -> dict[str, Any]:
    """What changed, what is doubtful about it, and what holds now."""
    words = [timeline.line(event, {}).text for event in events]
    return {"said": [*words, *doubted], "silences": standing.silences(desk)}


def _until(given: Fields, now: datetime) -> datetime:
    until, minutes, span = given.moment("until"), given.number("minutes"), given.span("for")
    if [until, minutes, span].count(None) != 2:  # noqa: PLR2004 - all but one
        raise Problem(400, "a silence has an end: give one of 'for', 'minutes' and 'until'")
    return until or now + (span if span is not None else timedelta(minutes=minutes or 0))


SERVED: tuple[tuple[Operation, Act], ...] = ((LIST, held), (PUT, silence), (END, end))
