"""The page of one incident or suspicion: everything that is known, what fits the moment first, and a form for each act."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rules.mask import clean
from watcher.incident import command as ask
from watcher.incident.attained import unspoken
from watcher.incident.checklist import PHASES
from watcher.incident.compose import who
from watcher.incident.machines import id_of, kind_of
from watcher.incident.state import Incident
from watcher.incident.suspicion import Suspicion
from watcher.serve import standing
from watcher.serve.asking import File, current, file, named, put
from watcher.serve.desk import Desk
from watcher.serve.problem import Problem
from watcher.serve.verbs import FACTS
from watcher.serve.web import acts, wording
from watcher.serve.web.done import done
from watcher.serve.web.forms import Given, read
from watcher.serve.web.hall import SAID, Hall, onward, over, visitor_of
from watcher.serve.web.outward import leads, phones
from watcher.serve.web.session import LIMITED, NOBODY, WHOLE
from watcher.serve.web.visitor import Visitor
from watcher.view import moment, progress, summary, timeline
from watcher.view.documents.written import NAMES, written
from watcher.view.reached import owners, reached

LINES_SHOWN = 12
"""Of the timeline: what happened lately; all of it is a page of its own."""
TITLES = {"postmortem": "Post-mortem", "hotfix-pr": "Pull request of the hotfix", "checklist": "Checklist"}


def routes(hall: Hall) -> list[Route]:
    async def shown(request: Request) -> Response:
        return await _shown(hall, request)

    async def acted(request: Request) -> Response:
        return await _acted(hall, request)

    async def told(request: Request) -> Response:
        return await _timeline(hall, request)

    async def document(request: Request) -> Response:
        return await _document(hall, request)

    async def left(request: Request) -> Response:
        return await _left(hall, request)

    return [
        Route("/incidents/{id}", shown, methods=["GET"]),
        Route("/incidents/{id}/timeline", told, methods=["GET"]),
        Route("/incidents/{id}/documents/{name}", document, methods=["GET"]),
        Route("/incidents/{id}/sign-out", left, methods=["POST"]),
        Route("/incidents/{id}/{act}", acted, methods=["POST"]),
    ]


async def _shown(hall: Hall, request: Request) -> Response:
    found = await _file(hall, request)
    if await _review(hall, request, found):
        found = await _file(hall, request)
    async with hall.alone():
        answer = _page(hall, request, found, said=done(request.cookies.get(SAID, ""), found))
    if SAID in request.cookies:
        answer.delete_cookie(SAID, path=f"/incidents/{found.state.id}")
    return answer


def _owners(desk: Desk) -> dict[str, str]:
    return owners((name, contact.targets) for name, contact in desk.config().contacts.items())


async def _file(hall: Hall, request: Request) -> File:
    return await file(hall.desk, named(request.path_params["id"], "incident", "suspicion"))


async def _review(hall: Hall, request: Request, found: File) -> bool:
    """Whoever has it and sees this page has looked at the deployments, which stand on it: said once."""
    name, state = visitor_of(request).name, found.state
    if not name or request.method != "GET" or not isinstance(state, Incident) or over(state):
        return False
    if state.acknowledged_by != name or "deployments" in state.response.ticked:
        return False
    return bool(await put(hall.desk, f"incident/{state.number}", ask.Review(by=name)))


def _page(hall: Hall, request: Request, found: File, code: int = 200, **more: Any) -> Response:
    """`fault`: why an act was refused; `typed` and `act`: what was sent, so that nothing has to be typed again."""
    state, desk = found.state, hall.desk
    visitor = visitor_of(request)
    kind = "incident.html" if isinstance(state, Incident) else "suspicion.html"
    lines = [line.plain() for line in timeline.lines(found.rows)]
    values = {
        "it": {**summary.of(state), **standing.commands(desk, state)},
        "over": over(state),
        "moment": moment.of(state, visitor.name),
        "may": moment.may(state, visitor.name) if visitor.acts else frozenset(),
        "blind": [source for source in standing.sources(desk) if source["state"] == "blind"],
        "lines": lines[::-1][:LINES_SHOWN],
        "lines_all": len(lines),
        "version": state.version,
        "people": reached(state.outbox.pages, _owners(desk)),
        "said": "",
        "fault": "",
        "typed": {},
        "act": "",
        **(_incident(hall, visitor, state) if isinstance(state, Incident) else _suspicion(hall, state)),
        **more,
    }
    return hall.page(request, kind, code, **values)


def _incident(hall: Hall, visitor: Visitor, state: Incident) -> dict[str, Any]:
    now, config = hall.desk.clock.now(), hall.desk.config()
    signs = [w.sign for w in state.watched.values() if not w.clean] or list(state.opened.signs)
    done = progress.progress(state)["checklist"]
    cause, evidence = state.known.cause
    groups = next((i.groups for i in state.known.impacts.values() if i.groups), ())
    return {
        "who": who(state, signs),
        "groups": [f"{name}: {users}" for name, users in groups],
        "cause": (cause, evidence),
        "phases": [(words, [x for x in done if x["phase"] == phase]) for phase, words in PHASES.items()],
        "stated": {field: _said(state, fact) for field, fact in FACTS.items()},
        "documents": [(name, TITLES[name]) for name in NAMES],
        "secret": state.policy.secret,
        "unspoken": unspoken(state),
        "drill": state.opened.drill,
        "elapsed": round((now - state.detected_at).total_seconds()),
        "meant": moment.meant(state),
        "asks_first": moment.asks_first(state),
        "leads": leads(state, config),
        "phones": phones(visitor, config),
        "decisions": len(state.known.decisions),
    }


def _said(state: Incident, fact: Any) -> str:
    """What a person stated, as a form writes it."""
    known = state.known.stated.get(fact)
    value = known.value if known is not None else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _suspicion(hall: Hall, state: Suspicion) -> dict[str, Any]:
    sign = state.suspected.sign
    return {
        "became": standing.became(hall.desk, state) if state.status == "confirmed" else None,
        "suspected": moment.suspected(sign.category, clean(sign.title, summary.TEXT_MAX)),
    }


async def _acted(hall: Hall, request: Request) -> Response:
    """Carried out and shown, or refused with the page and the reason."""
    stream = named(request.path_params["id"], "incident", "suspicion")
    visitor, act = visitor_of(request), request.path_params["act"]
    if not visitor.acts:
        raise Problem(403, "a token in a header opens pages only; sign in to act")
    given = await read(request)
    try:
        hall.seals.check(visitor, given)
        async with hall.seals.once(request.url.path, given) as first:
            if not first:
                return _onward(hall, request, f"/incidents/{id_of(stream)}", "again")
            by = visitor.name or hall.person(given)
            await put(hall.desk, stream, acts.command(act, kind_of(stream), by, given, hall.desk.clock.now()))
    except Problem as problem:
        return await _refused(hall, request, act, given, problem)
    return await _done(hall, request, stream, act, by)


async def _refused(hall: Hall, request: Request, act: str, given: Given, problem: Problem) -> Response:
    """The page again, with the reason on top and what was typed where it was typed."""
    if problem.status not in (400, 403, 409):
        raise problem
    found, fault = await _file(hall, request), wording.fault(problem.because)
    return _page(hall, request, found, problem.status, fault=fault, typed=dict(given), act=act)


async def _done(hall: Hall, request: Request, stream: str, act: str, by: str) -> Response:
    home = f"/incidents/{id_of(stream)}"
    limited = LIMITED in request.cookies and not visitor_of(request).everything
    became, said = None, act
    if act == "confirm":
        state = await current(hall.desk, stream)
        became = standing.became(hall.desk, state)
        said = "joined" if became and standing.joined(hall.desk, state, became) else act
    answer = _onward(hall, request, f"/incidents/{became}" if became else home, said)
    if became and limited:
        hall.admit(request, answer, by, became)
    if visitor_of(request).session is None:
        hall.remember(request, answer, by, opened_by=NOBODY)
    return answer


def _onward(hall: Hall, request: Request, path: str, said: str) -> Response:
    answer = onward(path)
    hall.say(request, answer, said, path)
    return answer


async def _timeline(hall: Hall, request: Request) -> Response:
    found = await _file(hall, request)
    async with hall.alone():
        lines = [line.plain() for line in timeline.lines(found.rows)]
        return hall.page(request, "timeline.html", it=summary.of(found.state), lines=lines[::-1])


async def _document(hall: Hall, request: Request) -> Response:
    """A document as people copy it: its Markdown, as text."""
    name = request.path_params["name"]
    if name not in NAMES:
        raise Problem(404, "there is no such document")
    found = await file(hall.desk, named(request.path_params["id"], "incident"))
    title = TITLES[name]
    async with hall.alone():
        text = written(name, found.state, found.rows, hall.desk.clock.now())
        return hall.page(
            request, "document.html", it=summary.of(found.state), title=title, name=name, text=text
        )


async def _left(hall: Hall, request: Request) -> Response:
    """Sign out of the one incident, and of everything where this browser was signed in to it as well."""
    visitor, given = visitor_of(request), await read(request)
    hall.seals.check(visitor, given)
    home = f"/incidents/{id_of(named(request.path_params['id'], 'incident', 'suspicion'))}"
    if visitor.session is not None:
        hall.sessions.end(visitor.session)
    whole = hall.sessions.read(request.cookies.get(WHOLE, ""))
    if whole is not None:
        hall.sessions.end(whole)
    answer = onward("/sign-in")
    answer.delete_cookie(LIMITED, path=home)
    answer.delete_cookie(WHOLE, path="/")
    return answer
