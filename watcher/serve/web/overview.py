"""The overview: what is open, what is seen, who is on call, what is silenced; with the forms that belong to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watcher.incident.life import Daemon
from watcher.oncall import moments
from watcher.serve import duty, silencing, standing
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import MATCH
from watcher.serve.metrics.windows import ALL, Window
from watcher.serve.problem import Problem
from watcher.serve.web.forms import Given, read
from watcher.serve.web.hall import SAID, Hall, onward, visitor_of
from watcher.serve.web.session import NOBODY
from watcher.view.measures import LABELS, MEASURES
from watcher.view.moment import suspected
from watcher.view.when import iso

SHOWN = "30d"
"""The window of the response times: a month."""
SPANS = ("30m", "1h", "2h", "4h", "8h", "1d", "7d")
DONE: Mapping[str, str] = {
    "silenced": "Silenced. What matches opens nothing until then.",
    "unsilenced": "The silence has ended. What still fails pages at once.",
    "overridden": "Arranged. Whoever is relieved is told.",
    "taken-back": "The override has ended.",
    "again": "That was sent twice, and was done once.",
}

Carry = Callable[[Hall, Request, Given, str], Awaitable[str]]


def routes(hall: Hall) -> list[Route]:
    async def shown(request: Request) -> Response:
        async with hall.alone():
            answer = page(hall, request, said=done(hall.desk, request.cookies.get(SAID, "")))
        if SAID in request.cookies:
            answer.delete_cookie(SAID, path="/")
        return answer

    def form(path: str, carry: Carry) -> Route:
        async def acted(request: Request) -> Response:
            return await _acted(hall, request, carry)

        return Route(path, acted, methods=["POST"])

    return [
        Route("/", shown, methods=["GET"]),
        form("/silences", _silence),
        form("/silences/{number}/end", _end_silence),
        form("/overrides", _override),
        form("/overrides/{number}/end", _end_override),
    ]


def done(desk: Desk, act: str) -> str:
    """What was done, and what is doubtful about it: the same as whoever does it at a terminal reads."""
    doubted: list[str] = []
    if act == "silenced" and (silences := standing.silences(desk)):
        newest = max(silences, key=lambda one: int(one["silence"]))
        doubted = silencing.doubts(desk, newest["match"])
    if act == "overridden" and (overrides := duty.overrides(desk)):
        newest = max(overrides, key=lambda one: int(one["override"]))
        doubted = duty.warnings(desk, newest["person"])
    return " ".join([DONE.get(act, ""), *(f"But {words}." for words in doubted)])


def page(hall: Hall, request: Request, code: int = 200, **more: Any) -> Response:
    """Read from memory alone: however long the past is, it costs the same."""
    desk = hall.desk
    life = desk.engine.streams.get("daemon")
    status = standing.status(desk)
    values = {
        **status,
        "version_of": status["version"],
        "suspected": {one["id"]: suspected(one["category"], one["title"]) for one in status["suspicions"]},
        "until": _until(desk, status["on_call"]["until"]),
        "ahead": [{**one, "span": _span(desk, one)} for one in duty.ahead(desk)],
        "zone": desk.config().on_call.zone.key,
        "canary_at": iso(life.canary_at) if isinstance(life, Daemon) else None,
        "drilled_at": iso(life.drilled_at) if isinstance(life, Daemon) else None,
        "canary": desk.config().canary is not None,
        "times": times(desk.windows()[SHOWN]),
        "window": SHOWN,
        "match": MATCH,
        "spans": SPANS,
        "version": hall.live.version(None),
        "said": "",
        "fault": "",
        "typed": {},
        "act": "",
        **more,
    }
    return hall.page(request, "overview.html", code, **values)


def _until(desk: Desk, moment: str | None) -> str:
    """On the clock of the hand-over, as everything that is said of on-call."""
    zone = desk.config().on_call.zone
    return f"{moments.local(datetime.fromisoformat(moment), zone)} ({zone.key})" if moment else ""


def _span(desk: Desk, one: Mapping[str, Any]) -> str:
    ends = datetime.fromisoformat(one["until"]) if one["until"] else None
    return moments.span(datetime.fromisoformat(one["from"]), ends, desk.config().on_call.zone)


def times(window: Window) -> list[dict[str, Any]]:
    """The response times of one window; of none there is no line, and no zero."""
    found = ((LABELS[m], window.stats(m, ALL)) for m in MEASURES)
    return [{"name": name, **stats} for name, stats in found if stats["n"]]


async def _acted(hall: Hall, request: Request, carry: Carry) -> Response:
    visitor = visitor_of(request)
    if not visitor.acts:
        raise Problem(403, "a token in a header opens pages only; sign in to act")
    given, by, said = await read(request), "", "again"
    try:
        hall.seals.check(visitor, given)
        async with hall.seals.once(request.url.path, given) as first:
            if first:
                by = visitor.name or hall.person(given)
                said = await carry(hall, request, given, by)
    except Problem as problem:
        return _refused(hall, request, given, problem)
    answer = onward("/")
    if by and visitor.session is None:
        hall.remember(request, answer, by, opened_by=NOBODY)
    hall.say(request, answer, said, "/")
    return answer


def _refused(hall: Hall, request: Request, given: Given, problem: Problem) -> Response:
    if problem.status not in (400, 403, 404, 409):
        raise problem
    fault = f"{problem.because[:1].upper()}{problem.because[1:]}."
    act = request.url.path.split("/")[1]
    return page(hall, request, problem.status, fault=fault, typed=dict(given), act=act)


async def _silence(hall: Hall, _: Request, given: Given, by: str) -> str:
    match = {given.get("key", ""): given.get("value", "").strip()}
    fields = {"match": match, "for": given.get("for", ""), "because": given.get("because", "")}
    await silencing.put_silence(hall.desk, Fields(fields, tuple(fields)), by)
    return "silenced"


async def _end_silence(hall: Hall, request: Request, _: Given, by: str) -> str:
    await silencing.end_silence(hall.desk, request.path_params["number"], by)
    return "unsilenced"


async def _override(hall: Hall, _: Request, given: Given, by: str) -> str:
    known = ("person", "from", "for", "because")
    fields = Fields({name: given[name] for name in known if given.get(name, "").strip()}, known)
    await duty.arrange(hall.desk, fields, by)
    return "overridden"


async def _end_override(hall: Hall, request: Request, _: Given, by: str) -> str:
    await duty.take_back(hall.desk, request.path_params["number"], by)
    return "taken-back"
