"""The acknowledgement link: GET shows, only POST acts, because mail scanners and previews follow links."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.incident import command as ask
from watcher.incident.compose import clock
from watcher.incident.machines import id_of
from watcher.incident.state import FINAL
from watcher.serve import body
from watcher.serve.answers import page
from watcher.serve.asking import File, file, named, put
from watcher.serve.desk import Desk
from watcher.serve.links import BadToken, Grant
from watcher.serve.problem import Problem


def routes(desk: Desk) -> list[Route]:
    async def show(request: Request) -> Response:
        grant = _grant(desk, request)
        return _page(desk, grant, await _file(desk, grant))

    async def act(request: Request) -> Response:
        return await _acknowledge(desk, request)

    return [Route("/ack/{token}", show, methods=["GET"]), Route("/ack/{token}", act, methods=["POST"])]


def _grant(desk: Desk, request: Request) -> Grant:
    try:
        return desk.links.read(request.path_params["token"])
    except BadToken as bad:
        raise Problem(410 if bad.reason == "expired" else 403, bad.because) from None


async def _file(desk: Desk, grant: Grant) -> File:
    """The incident. A page about something else (a blind source) has nothing that could be taken."""
    try:
        return await file(desk, named(grant.id, "incident"))
    except Problem as problem:
        if problem.status == 404:  # noqa: PLR2004 - not found
            raise Problem(
                404, "there is no incident behind this link; nothing has to be acknowledged"
            ) from None
        raise


async def _acknowledge(desk: Desk, request: Request) -> Response:
    grant = _grant(desk, request)
    who = (await body.form(request)).get("who", "")
    found = await _file(desk, grant)
    if found.state.status in FINAL:
        return _page(desk, grant, found, status=409)
    if who not in desk.config().contacts:
        return _page(desk, grant, found, status=400, fault="Say who you are: choose a name.")
    stream = named(grant.id, "incident")
    try:
        await put(desk, stream, ask.Acknowledge(by=who, via="link"))
    except Problem as problem:
        if problem.status == 409:  # noqa: PLR2004 - it was closed in between
            return _page(desk, grant, await _file(desk, grant), status=409)
        raise
    return _page(desk, grant, await _file(desk, grant), done=who)


def _page(
    desk: Desk, grant: Grant, found: File, *, status: int = 200, fault: str = "", done: str = ""
) -> Response:
    state = found.state
    over = state.status in FINAL
    return page(
        "ack.html",
        status,
        id=id_of(named(grant.id, "incident")),
        title=state.opened.title,
        status=state.status.replace("_", " "),
        advice=state.recommended.headline if state.recommended else "",
        standing=_closing(state) if over else _holder(state),
        names=[] if over or done else list(desk.config().contacts),
        asked=grant.contact,
        fault=fault,
        done=done,
    )


def _holder(state: Any) -> str:
    """Who has it, since when, until when."""
    if state.acknowledged_by is None:
        return "Nobody has taken it."
    until = f", until {clock(state.acknowledged_until)}" if state.acknowledged_until else ""
    return f"{state.acknowledged_by} has it{until}. First acknowledged at {clock(state.acknowledged_at)}."


def _closing(state: Any) -> str:
    """By whom it was closed, and when."""
    word = "marked as a false alarm" if state.status == "false_alarm" else "resolved"
    return f"Already {word} by {state.closed.by} at {clock(state.closed.at)}. Nothing is left to do."
