"""The acknowledgement link: GET shows, only POST acts, because mail scanners and previews follow links.

Whoever says who they are goes on to the page of the incident, signed in for that one alone; acknowledging is one way there,
looking without taking it is the other.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.incident.machines import id_of, kind_of
from watcher.incident.proof import test_of
from watcher.serve import body, practice, standing
from watcher.serve.answers import page
from watcher.serve.asking import current, file, named, put
from watcher.serve.desk import Desk
from watcher.serve.links import BadToken, Grant
from watcher.serve.matter import ACTS, Matter, matter, meant
from watcher.serve.problem import Problem
from watcher.serve.web.hall import Hall, onward

LOOK = "look"
"""The button that opens the page and takes nothing."""


def routes(hall: Hall) -> list[Route]:
    desk = hall.desk

    async def show(request: Request) -> Response:
        grant = _grant(desk, request)
        if test_of(grant.id) is not None:
            return practice.shown(desk, grant)
        found = await _matter(desk, grant)
        return _page(desk, grant, found, status=200 if found.buttons else 410)

    async def act(request: Request) -> Response:
        return await _act(hall, request)

    return [Route("/ack/{token}", show, methods=["GET"]), Route("/ack/{token}", act, methods=["POST"])]


def _grant(desk: Desk, request: Request) -> Grant:
    try:
        return desk.links.read(request.path_params["token"])
    except BadToken as bad:
        if bad.reason == "expired":
            ended = bad.because.partition(";")[0]
            raise Problem(410, f"{ended}; open the link of a newer page, or sign in") from None
        raise Problem(403, bad.because) from None


async def _matter(desk: Desk, grant: Grant) -> Matter:
    """What the link is about. A page about a blind source has nothing that could be taken."""
    try:
        found = await file(desk, named(grant.id, *ACTS))
        return matter(found, grant.contact, standing.became(desk, found.state))
    except Problem as problem:
        if problem.status == 404:  # noqa: PLR2004 - not found
            because = "there is no incident behind this link; nothing has to be acknowledged"
            raise Problem(404, because) from None
        raise


async def _act(hall: Hall, request: Request) -> Response:
    desk, grant = hall.desk, _grant(hall.desk, request)
    if test_of(grant.id) is not None:
        return await practice.acted(desk, grant, request)
    given = await body.form(request)
    found = await _matter(desk, grant)
    stream, do = named(grant.id, *ACTS), given.get("do", "ack")
    who = given.get("who", "")
    do = meant(found, do, who)
    act = ACTS[kind_of(stream)].get(do)
    if not found.buttons and do != LOOK:
        return _page(desk, grant, found, status=409)
    if who not in desk.config().contacts:
        return _page(desk, grant, found, status=400, fault="Say who you are: choose a name.")
    if act is None and do != LOOK:
        return _page(desk, grant, found, status=400, fault="Press one of the buttons.")
    try:
        if act is not None:
            await put(desk, stream, act(who))
    except Problem as problem:
        if problem.status == 409:  # noqa: PLR2004 - somebody was quicker
            return _page(desk, grant, await _matter(desk, grant), status=409)
        raise
    return await _admit(hall, request, stream, who, do)


async def _admit(hall: Hall, request: Request, stream: str, who: str, do: str) -> Response:
    """Go on to the page of what it is about; a suspicion that was confirmed has become an incident."""
    state = await current(hall.desk, stream)
    became = standing.became(hall.desk, state) if do == "confirm" else None
    id_ = became or id_of(stream)
    answer = onward(f"/incidents/{id_}")
    hall.admit(request, answer, who, id_)
    said = "joined" if became and standing.joined(hall.desk, state, became) else do
    hall.say(request, answer, said, f"/incidents/{id_}")
    return answer


def _page(desk: Desk, grant: Grant, found: Matter, *, status: int = 200, **more: Any) -> Response:
    return page(
        "ack.html",
        status,
        it=found,
        names=list(desk.config().contacts),
        asked=grant.contact,
        **{"fault": "", "done": None, "look": True, **more},
    )
