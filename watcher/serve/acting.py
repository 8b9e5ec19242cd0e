"""What the API does: the verbs of an incident or a suspicion, the word of a deploy, and a reload."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from starlette.requests import Request

from watcher.incident.deploys import ReportDeploy
from watcher.incident.event import Event, PageRequested, Recommended
from watcher.incident.findings import FactStated
from watcher.incident.machines import id_of, kind_of
from watcher.incident.proof import test_of
from watcher.serve import body, practice, standing
from watcher.serve.asking import current, named, put
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import WORD
from watcher.serve.operation import Act, Operation
from watcher.serve.problem import Problem
from watcher.serve.verbs import STATEMENTS, VERBS, Verb
from watcher.view import summary, timeline

COMMIT = re.compile(r"[0-9a-f]{40}")
"""It is put into a shell: a whole one, or none."""
ACK = "ack"
"""A test page is answered by it as well."""


async def act(name: str, desk: Desk, request: Request, given: Fields) -> Any:
    """One verb."""
    verb, id_, by = VERBS[name], request.path_params["id"], body.who(request, given)
    if name == ACK and test_of(id_) is not None:
        return await practice.answer(desk, id_, by, "api")
    stream = named(id_, "incident", "suspicion")
    if kind_of(stream) not in verb.kinds:
        raise Problem(409, f"{id_of(stream)} is no {' or '.join(verb.kinds)}; {name} is for one")
    command = verb.command(by, given)
    given.past("at", desk.clock.now())  # what is said to be deployed is not still to come
    events = await put(desk, stream, command)
    state = await current(desk, stream)
    became = standing.became(desk, state) if name == "confirm" else None
    whole = {**summary.of(state), **standing.commands(desk, state)}
    return {"said": said(events), **whole, **({"incident": became} if became else {})}


def said(events: list[Event]) -> list[str]:
    """The facts that were asked for, what follows for the recommendation, and who hears of it."""
    told = [e for e in events[1:] if isinstance(e, PageRequested | FactStated | Recommended)]
    return [timeline.line(event, {}).text for event in (*events[:1], *told)]


async def deploy(desk: Desk, request: Request, given: Fields) -> Any:
    command = ReportDeploy(
        version=given.line("version", needed=True) or "",
        previous=given.line("previous"),
        system=given.line("system"),
        environment=given.line("environment") or "production",
        deployed_at=given.past("deployed_at", desk.clock.now()),
        migration=given.flag("migration"),
        told_by=given.name("as") or request.state.caller or "api",
        commit=given.matching("commit", COMMIT, "a whole commit: forty digits and letters a to f"),
    )
    events = await put(desk, "deploys", command)
    return {"said": said(events)}


async def reload(desk: Desk, _: Request, given: Fields) -> Any:
    given.name("as")  # no event holds it, but what is no name is refused here too
    done = await desk.reload()
    if not done.ok:
        because = "the configuration was not taken; the one before goes on governing"
        raise Problem(422, because, faults=list(done.faults), generation=done.generation)
    return {"ok": True, "generation": done.generation}


def _verb(name: str, verb: Verb) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=f"/api/v1/incidents/{{id}}/{name}",
        says=verb.says,
        answers="Answered" if name == ACK else "Acted",
        takes=("as", *verb.fields),
        needs=verb.needs,
        any_of=tuple(STATEMENTS) if name == "state" else (),
        own=STATEMENTS if name == "state" else {},
        example=verb.example,
    )


DEPLOY = Operation(
    name="deploys",
    method="POST",
    path="/api/v1/deploys",
    says="Something was deployed; said by a CI job as its last step.",
    answers="Said",
    takes=("version", "previous", "system", "environment", "deployed_at", "migration", "commit", "as"),
    needs=("version",),
    own={"version": WORD},
    example={
        "version": "2.41.1",
        "previous": "2.41.0",
        "system": "web",
        "migration": False,
        "commit": "3f2b9c1d8e77aa0c19ff550e8400e29b41d4a716",
    },
)
RELOAD = Operation(
    name="reload",
    method="POST",
    path="/api/v1/reload",
    says="Read the configuration and the rules again; all of it is taken, or nothing.",
    answers="Reloaded",
    takes=("as",),
)

SERVED: tuple[tuple[Operation, Act], ...] = (
    *((_verb(name, verb), partial(act, name)) for name, verb in VERBS.items()),
    (DEPLOY, deploy),
    (RELOAD, reload),
)
