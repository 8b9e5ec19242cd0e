"""Test pages and drills: asked for over the API, shown and answered through the link of the page itself."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rules.signal import CATEGORIES
from watcher.incident import command as ask
from watcher.incident.compose import clock
from watcher.incident.event import PageRequested
from watcher.incident.life import Daemon
from watcher.incident.people import NOTE_MAX
from watcher.incident.proof import id_of_test, test_of
from watcher.incident.tending import AnswerProof, ProvePage
from watcher.serve import body, duty
from watcher.serve.answers import page
from watcher.serve.asking import hear, put
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.links import Grant
from watcher.serve.matter import Button, Matter
from watcher.serve.problem import Problem
from watcher.view import summary
from watcher.view.when import iso

SPEED_MAX = 1000
"""The whole ladder in four seconds; faster is no ladder."""


async def begin(desk: Desk, request: Request, given: Fields) -> Any:
    """POST /page-test: a test page to a contact (whoever is on call where none is named)."""
    contact = given.line("contact") or duty.on_call(desk)["person"]
    if contact not in desk.config().contacts:
        raise Problem(404, f"there is no contact {contact!r}; known are {', '.join(desk.config().contacts)}")
    events = await put(desk, "daemon", ProvePage(to=contact, by=body.who(request, given)))
    asked = next(e for e in events if isinstance(e, PageRequested))
    life = _life(desk)
    number = max(v for v, owed in life.outbox.pages.items() if owed.request == asked)
    return _result(life, number)


async def result(desk: Desk, request: Request, _: Fields) -> Any:
    """GET /page-test/{id}: who took it on which target, and who answered it."""
    return _result(_life(desk), _number(request.path_params["id"]))


async def answer(desk: Desk, id_: str, by: str, via: str) -> Any:
    """A person answers a test page."""
    number = _number(id_)
    await put(desk, "daemon", AnswerProof(page=number, by=by, via=via))
    found = _result(_life(desk), number)
    return {**found, "said": [f"{by} answered it by {via}"]}


async def drill(desk: Desk, request: Request, given: Fields) -> Any:
    """POST /drill: an incident that pages as a real one does, marked, and out of every response time."""
    category = given.one_of("category", CATEGORIES, needed=True)
    assert category is not None
    speed = given.number("speed") or 1
    if speed != int(speed) or speed > SPEED_MAX:
        raise Problem(400, f"'speed' is a whole number of at most {SPEED_MAX}")
    text = given.text("text", NOTE_MAX, needed=True) or ""
    by = body.who(request, given)
    command = ask.Declare(by=by, category=category, text=text, drill=True, speed=int(speed))
    heard = await hear(desk, command)
    return {"id": heard.id, "because": heard.because}


def shown(desk: Desk, grant: Grant) -> Response:
    """What the link of a test page shows."""
    return _page(desk, grant, _life(desk))


async def acted(desk: Desk, grant: Grant, request: Request) -> Response:
    """Its button was pressed."""
    who = (await body.form(request)).get("who", "")
    if who not in desk.config().contacts:
        fault = "Say who you are: choose a name."
        return _page(desk, grant, _life(desk), status=400, fault=fault)
    await answer(desk, grant.id, who, "link")
    done = (f"{who}, it works.", "Your answer arrived; nothing else has to be done.")
    return _page(desk, grant, _life(desk), done=done)


def _page(desk: Desk, grant: Grant, life: Daemon, *, status: int = 200, **more: Any) -> Response:
    number = _number(grant.id)
    return page(
        "ack.html",
        status,
        it=_matter(life, number),
        names=list(desk.config().contacts),
        asked=grant.contact,
        **{"fault": "", "done": None, "look": False, **more},
    )


def _matter(life: Daemon, number: int) -> Matter:
    id_, known = id_of_test(number), life.proven.get(number)
    standing = f"{known.by} answered it at {clock(known.at)}." if known else "Nobody has answered."
    buttons = () if known else (Button(do="ack", label=f"Acknowledge {id_}"),)
    return Matter(id=id_, title="a test page", status="nothing is wrong", standing=standing, buttons=buttons)


def _life(desk: Desk) -> Daemon:
    found = desk.engine.streams.get("daemon")
    if not isinstance(found, Daemon):
        raise Problem(503, "the watcher is starting; ask again in a moment", {"retry-after": "1"})
    return found


def _number(id_: str) -> int:
    number = test_of(id_)
    if number is None:
        raise Problem(404, "there is no such test page; an id reads TEST-12")
    return number


def _result(life: Daemon, number: int) -> dict[str, Any]:
    owed, known = life.outbox.pages.get(number), life.proven.get(number)
    if owed is None or owed.request.purpose != "test":
        raise Problem(404, f"there is no {id_of_test(number)}, or it was long ago")
    return {
        "id": id_of_test(number),
        "to": owed.request.to[0],
        "requested_at": owed.request.at.isoformat(),
        "receipts": summary.receipts(owed),
        "acknowledged_by": known.by if known else None,
        "acknowledged_at": iso(known.at if known else None),
    }
