"""On-call over the API: who has it at a moment, and overrides: put, listed, taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request

from rules.mask import clean
from watcher.incident.event import Event, PageRequested
from watcher.incident.overrides import EndOverride, Override, Overrides
from watcher.incident.surroundings import Overridden
from watcher.oncall import moments
from watcher.oncall.names import folded, named
from watcher.oncall.plan import Plan
from watcher.roster import Roster
from watcher.serve import body
from watcher.serve.asking import numbered, put
from watcher.serve.body import NAME_MAX, Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import FACT_MAX
from watcher.serve.problem import Problem
from watcher.view import duty, timeline

RELIEVED_MAX = 5
"""People who are told that somebody else has it; in the longest override are nine weeks."""


def plan(desk: Desk) -> Plan:
    """Who is on call, with what people have arranged by now."""
    return desk.engine.roster.plan(_arranged(desk))


def on_call(desk: Desk) -> dict[str, Any]:
    """Who has it now, until when, and who is next."""
    return duty.on_call(plan(desk), desk.config().on_call.zone, desk.clock.now())


def ahead(desk: Desk) -> list[dict[str, Any]]:
    """The duties from now on."""
    return duty.ahead(plan(desk), desk.clock.now())


def overrides(desk: Desk) -> list[dict[str, Any]]:
    """Those that hold or are to come."""
    return duty.overrides(_arranged(desk).active.values(), desk.config().on_call.zone)


async def who(desk: Desk, _: Request, given: Fields) -> Any:
    """GET /on-call?at=MOMENT: who has it then (now where no moment is given), and the duties that follow."""
    asked = given.line("at")
    at = _moment(desk, clean(asked, moments.TEXT_MAX), asked) if asked else desk.clock.now()
    found = duty.on_call(plan(desk), desk.config().on_call.zone, at)
    return {**found, "ahead": duty.ahead(plan(desk), at), "overrides": overrides(desk)}


async def held(desk: Desk, _: Request, __: Fields) -> Any:
    """GET /overrides."""
    return {"on_call": on_call(desk), "overrides": overrides(desk)}


async def override(desk: Desk, request: Request, given: Fields) -> Any:
    """POST /overrides: this person is on call from then (now) until then."""
    return await arrange(desk, given, body.who(request, given))


async def arrange(desk: Desk, given: Fields, by: str) -> Any:
    """Put an override, as the API's fields or a form's say."""
    person = _person(desk, given)
    begins, until = _span(desk, given)
    command = Override(
        person=person,
        begins=begins,
        until=until,
        by=by,
        because=given.line("because", FACT_MAX, needed=True) or "",
        span=moments.span(begins, until, desk.config().on_call.zone),
        instead=_relieved(desk, person, begins, until),
        service=desk.config().service.name,
    )
    said = _said(desk, await put(desk, "overrides", command))
    return {**said, "warnings": warnings(desk, person)}


async def end(desk: Desk, request: Request, given: Fields) -> Any:
    """DELETE /overrides/{number}?as=NAME."""
    return await take_back(desk, request.path_params["number"], body.who(request, given))


async def take_back(desk: Desk, number: str, by: str) -> Any:
    """End an override."""
    which = numbered(number, "override")
    command = EndOverride(
        override=which, by=by, instead=_again(desk, which), service=desk.config().service.name
    )
    return _said(desk, await put(desk, "overrides", command))


def _said(desk: Desk, events: list[Event]) -> dict[str, Any]:
    """What changed, who hears of it, and who is on call now."""
    words = [_words(desk, event) for event in events if not isinstance(event, PageRequested)]
    told = [who for event in events if isinstance(event, PageRequested) for who in event.to]
    also = [f"told: {', '.join(told)}"] if told else []
    return {"said": [*words, *also], "on_call": on_call(desk), "overrides": overrides(desk)}


def _words(desk: Desk, event: Event) -> str:
    """On the clock of the hand-over, as all that is said of on-call."""
    if not isinstance(event, Overridden):
        return timeline.line(event, {}).text
    span = moments.span(event.begins, event.until, desk.config().on_call.zone)
    return f"{clean(event.by, NAME_MAX)} puts {event.person} on call {span}: {clean(event.because, FACT_MAX)}"


def _arranged(desk: Desk) -> Overrides:
    state = desk.engine.streams.get("overrides")
    return state if isinstance(state, Overrides) else Overrides()


def _person(desk: Desk, given: Fields) -> str:
    said = given.line("person", needed=True) or ""
    found = named(desk.config().aliases).known.get(folded(said))
    if found is None:
        raise Problem(404, f"there is no contact {said!r}; known are {', '.join(desk.config().contacts)}")
    return found


def _span(desk: Desk, given: Fields) -> tuple[datetime, datetime]:
    now, begins, until = desk.clock.now(), given.line("from"), given.line("until")
    span = given.span("for")
    if (until is None) == (span is None):
        raise Problem(400, "an override has an end: give one of 'until' and 'for'")
    start = max(now, _moment(desk, "from", begins)) if begins else now
    return start, start + span if span is not None else _moment(desk, "until", until or "")


def _moment(desk: Desk, name: str, text: str) -> datetime:
    """`name` is what a refusal calls it: its field; the words themselves where there is no other."""
    try:
        return moments.read(text, desk.config().on_call.zone)
    except ValueError as error:
        raise Problem(400, f"{name!r}: {error}") from None


def _relieved(desk: Desk, person: str, begins: datetime, until: datetime) -> tuple[str, ...]:
    """Who would have had it meanwhile."""
    found: dict[str, None] = {}
    for one in plan(desk).duties(begins):
        if one.begins >= until or len(found) == RELIEVED_MAX:
            break
        found[one.person] = None
    return tuple(who for who in found if who != person)


def _again(desk: Desk, number: int) -> tuple[str, ...]:
    """Who has it once an override is over; nobody new where it did not hold."""
    now, arranged = desk.clock.now(), _arranged(desk)
    left = Overrides(active={n: one for n, one in arranged.active.items() if n != number})
    before, after = plan(desk).person(now), desk.engine.roster.plan(left).person(now)
    return (after,) if after != before else ()


def warnings(desk: Desk, person: str) -> list[str]:
    """Why a page would not wake this person."""
    if Roster(desk.config()).ringing(person):
        return []
    return [f"no target of {person} wakes: a page would not ring; mark one with wakes: true"]
