"""The API: the commands of the command line, one for one, and the readings behind them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.incident.deploys import ReportDeploy
from watcher.incident.event import Event, PageRequested, Recommended
from watcher.incident.findings import FactStated
from watcher.incident.machines import id_of, kind_of, number_of
from watcher.incident.proof import test_of
from watcher.incident.silences import EndSilence, Silence
from watcher.known import unseen
from watcher.serve import body, duty, standing, trial
from watcher.serve.asking import file, named, put, read
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.metrics import tallies
from watcher.serve.problem import Problem
from watcher.serve.verbs import VERBS
from watcher.view import advised, summary, timeline
from watcher.view.documents.written import NAMES, written

LISTED_MAX = 1000
"""A list is for reading; exports read the log."""
SILENCE = re.compile(r"[0-9]{1,9}")
COMMIT = re.compile(r"[0-9a-f]{40}")
MATCH = ("source", "key", "system", "environment", "category", "rule")


Endpoint = Callable[[Request], Awaitable[Response]]


def routes(desk: Desk) -> list[Route]:
    """Everything below /api/v1."""

    def route(path: str, endpoint: Callable[[Desk, Request], Awaitable[Any]], method: str = "GET") -> Route:
        async def answering(request: Request) -> Response:
            return JSONResponse(await endpoint(desk, request))

        return Route(f"/api/v1{path}", answering, methods=[method])

    return [
        route("/status", _status),
        route("/incidents", _list),
        route("/incidents/{id}", _show),
        route("/incidents/{id}/{document}", _document),
        route("/incidents/{id}/{verb}", _act, "POST"),
        route("/deploys", _deploy, "POST"),
        route("/silences", _silences),
        route("/silences", _silence, "POST"),
        route("/silences/{number}", _end_silence, "DELETE"),
        route("/on-call", duty.who),
        route("/overrides", duty.held),
        route("/overrides", duty.override, "POST"),
        route("/overrides/{number}", duty.end, "DELETE"),
        route("/reload", _reload, "POST"),
        route("/page-test", trial.begin, "POST"),
        route("/page-test/{id}", trial.result),
        route("/drill", trial.drill, "POST"),
    ]


async def _status(desk: Desk, _: Request) -> Any:
    try:
        counts = tallies.read(await read(desk, lambda log: log.remembered("tally")))
    except Problem:  # a log that cannot be read is the hour in which people ask how the daemon stands
        return {**standing.status(desk), "advice": None}
    return {**standing.status(desk), "advice": advised.served(counts)}


async def _list(desk: Desk, request: Request) -> Any:
    """The open ones; with ?all=1 the closed ones as well, newest first."""
    if request.query_params.get("all") not in ("1", "true"):
        return {
            "incidents": [summary.incident(i) for i in standing.incidents(desk)],
            "suspicions": [summary.suspicion(s) for s in standing.suspicions(desk)],
        }
    rows = await read(desk, lambda log: list(log.milestones("incident")))
    newest = sorted(rows, key=lambda row: number_of(row["name"]), reverse=True)
    return {"incidents": [summary.listed(row) for row in newest[:LISTED_MAX]], "suspicions": []}


async def _show(desk: Desk, request: Request) -> Any:
    found = await file(desk, named(request.path_params["id"], "incident", "suspicion"))
    lines = [line.plain() for line in timeline.lines(found.rows)]
    return {**summary.of(found.state), **standing.commands(desk, found.state), "timeline": lines}


async def _document(desk: Desk, request: Request) -> Any:
    """A document as Markdown."""
    name = request.path_params["document"]
    if name not in NAMES:
        raise Problem(404, f"there is no such document; known are {', '.join(NAMES)}")
    found = await file(desk, named(request.path_params["id"], "incident"))
    markdown = written(name, found.state, found.rows, desk.clock.now())
    return {"id": found.state.id, "document": name, "markdown": markdown}


async def _act(desk: Desk, request: Request) -> Any:
    id_, name = request.path_params["id"], request.path_params["verb"]
    if name not in VERBS:
        raise Problem(404, f"there is no such command; known are {', '.join(VERBS)}")
    verb = VERBS[name]
    if name == "ack" and test_of(id_) is not None:
        return await trial.answer(desk, id_, body.who(request, await body.fields(request, ("as",))), "api")
    stream = named(id_, "incident", "suspicion")
    given = await body.fields(request, ("as", *verb.fields))
    by = body.who(request, given)
    if kind_of(stream) not in verb.kinds:
        raise Problem(409, f"{id_of(stream)} is no {' or '.join(verb.kinds)}; {name} is for one")
    events = await put(desk, stream, verb.command(by, given))
    state = desk.engine.streams.get(stream) or (await file(desk, stream)).state
    became = standing.became(desk, state) if name == "confirm" else None
    whole = {**summary.of(state), **standing.commands(desk, state)}
    return {"said": said(events), **whole, **({"incident": became} if became else {})}


def said(events: list[Event]) -> list[str]:
    """The facts that were asked for, what follows for the recommendation, and who hears of it."""
    told = [e for e in events[1:] if isinstance(e, PageRequested | FactStated | Recommended)]
    return [timeline.line(event, {}).text for event in (*events[:1], *told)]


async def _deploy(desk: Desk, request: Request) -> Any:
    known = ("version", "previous", "system", "environment", "deployed_at", "migration", "commit", "as")
    given = await body.fields(request, known)
    command = ReportDeploy(
        version=given.line("version", needed=True) or "",
        previous=given.line("previous"),
        system=given.line("system"),
        environment=given.line("environment") or "production",
        deployed_at=given.moment("deployed_at"),
        migration=given.flag("migration"),
        told_by=given.line("as") or request.state.caller or "api",
        commit=_commit(given),
    )
    events = await put(desk, "deploys", command)
    return {"said": said(events)}


def _commit(given: Fields) -> str | None:
    """It is put into a shell: a whole one, or none."""
    commit = given.line("commit")
    if commit is not None and not COMMIT.fullmatch(commit):
        raise Problem(400, "'commit' must be a whole commit: forty digits and letters a to f")
    return commit


async def _silences(desk: Desk, _: Request) -> Any:
    return {"silences": standing.silences(desk)}


async def _silence(desk: Desk, request: Request) -> Any:
    given = await body.fields(request, ("match", "for", "minutes", "until", "by", "as", "because"))
    command = Silence(
        match=given.words("match", MATCH),
        until=_until(given, desk.clock.now()),
        by=given.line("by") or body.who(request, given),
        because=given.line("because", 500, needed=True) or "",
    )
    events = await put(desk, "silences", command)
    states = desk.engine.streams.values()
    return _silenced(
        desk, events, unseen(command.match, desk.config(), desk.engine.judge.governing.rulebook, states)
    )


def _silenced(desk: Desk, events: list[Event], doubts: Iterable[str] = ()) -> dict[str, Any]:
    """What changed, what is doubtful about it, and what holds now."""
    words = [timeline.line(event, {}).text for event in events]
    return {"said": [*words, *doubts], "silences": standing.silences(desk)}


def _until(given: Fields, now: datetime) -> datetime:
    until, minutes, span = given.moment("until"), given.number("minutes"), given.span("for")
    if [until, minutes, span].count(None) != 2:  # noqa: PLR2004 - all but one
        raise Problem(400, "a silence has an end: give one of 'for', 'minutes' and 'until'")
    return until or now + (span if span is not None else timedelta(minutes=minutes or 0))


async def _end_silence(desk: Desk, request: Request) -> Any:
    by = request.query_params.get("as", "")[: body.NAME_MAX].strip() or request.state.caller
    if not by or not by.isprintable():
        raise Problem(400, "say who acts: add ?as=NAME")
    number = request.path_params["number"]
    if not SILENCE.fullmatch(number):
        raise Problem(404, "there is no such silence; its number stands first in the list of them")
    ended = EndSilence(silence=int(number), by=by)
    return _silenced(desk, await put(desk, "silences", ended))


async def _reload(desk: Desk, request: Request) -> Any:
    await body.fields(request, ("as",))
    done = await desk.reload()
    if not done.ok:
        because = "the configuration was not taken; the one before goes on governing"
        raise Problem(422, because, faults=list(done.faults), generation=done.generation)
    return {"ok": True, "generation": done.generation}
