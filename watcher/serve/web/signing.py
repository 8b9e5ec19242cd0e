"""Signing in with a token and a name, and signing out."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.serve import answers, body
from watcher.serve.door import REPORTER, TOKEN_MAX
from watcher.serve.problem import Problem
from watcher.serve.web.forms import Given, read
from watcher.serve.web.hall import Hall, onward, visitor_of, within
from watcher.serve.web.session import NOBODY, WHOLE, digest

NOT_THIS = "That is not the right token."
NOT_REPORT = "The token for reports reports, and opens no pages; use another."


def routes(hall: Hall) -> list[Route]:
    async def asked(request: Request) -> Response:
        if not hall.desk.config().serve.tokens:
            hall.door.enter(request)  # only whoever sits here is told names
        return _form(hall, 200, onward=within(request.query_params.get("onward", "/")))

    async def signed(request: Request) -> Response:
        return await _signed(hall, request)

    async def left(request: Request) -> Response:
        return await _left(hall, request)

    return [
        Route("/sign-in", asked, methods=["GET"]),
        Route("/sign-in", signed, methods=["POST"]),
        Route("/sign-out", left, methods=["POST"]),
    ]


def _form(hall: Hall, code: int, **more: Any) -> Response:
    """Whoever is not signed in is told no names."""
    tokens = bool(hall.desk.config().serve.tokens)
    headers = {"www-authenticate": "Bearer"} if code == 401 else {}  # noqa: PLR2004 - not signed in
    names = [] if tokens else list(hall.desk.config().contacts)
    values = {"onward": "/", "fault": "", "name": "", "names": names, "tokens": tokens, **more}
    answer = answers.page("sign-in.html", code, **values)
    answer.headers.update(headers)
    return answer


async def _signed(hall: Hall, request: Request) -> Response:
    given = await read(request)
    path = within(given.get("onward", "/"))
    try:
        opened_by = _opened(hall, request, given)
        name = hall.person(given)
    except Problem as problem:
        if problem.status == 429:  # noqa: PLR2004 - it has a page of its own, and a header
            raise
        name = given.get("name", "")[: body.NAME_MAX]
        return _form(hall, problem.status, onward=path, fault=problem.because, name=name)
    answer = onward(path)
    hall.remember(request, answer, name, opened_by=opened_by)
    return answer


def _opened(hall: Hall, request: Request, given: Given) -> str:
    """What the session stands on. Raises Problem 401, 403, 429."""
    if not hall.desk.config().serve.tokens:
        hall.door.enter(request)  # only whoever sits here
        return NOBODY
    token = given.get("token", "").strip()
    if not token or len(token) > TOKEN_MAX:
        raise Problem(401, NOT_THIS)
    try:
        named = hall.door.prove(request, token)
    except Problem as problem:
        raise problem if problem.status == 429 else Problem(401, NOT_THIS) from None  # noqa: PLR2004 - too many
    if named == REPORTER:
        raise Problem(403, NOT_REPORT)
    return digest(token)


async def _left(hall: Hall, request: Request) -> Response:
    """The cookie is good no more, wherever it was copied to."""
    visitor = visitor_of(request)
    hall.seals.check(visitor, await read(request))
    if visitor.session is not None:
        hall.sessions.end(visitor.session)
    answer = onward("/sign-in" if hall.desk.config().serve.tokens else "/")
    answer.delete_cookie(WHOLE, path="/")
    return answer
