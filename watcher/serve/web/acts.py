"""What the forms of an incident's page do: each field read as what it is, and the command that it comes to.

A field of the statements is sent beside what it was when the page was made (`was-…`): only what somebody changed is stated,
so that a page that stood open for a while takes nobody else's statement back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from watcher.incident import command as ask
from watcher.serve.body import Fields
from watcher.serve.fields import COUNT, FLAG
from watcher.serve.problem import Problem
from watcher.serve.verbs import FACTS, STATEMENTS, VERBS
from watcher.serve.web import wording
from watcher.serve.web.forms import Given

FLAGS = {"yes": True, "no": False, "": None}
AGO_MAX = 1440
"""Minutes: what went out a day ago is said on the command line, with its moment."""
SURE = "sure"


@dataclass(frozen=True, slots=True)
class Form:
    """How one form becomes a command. `sure`: it has a box to tick, so that no slip of a thumb is enough."""

    read: Callable[[Given, datetime], dict[str, Any]] = lambda _given, _now: {}
    sure: bool = False


def _text(given: Given, _: datetime) -> dict[str, Any]:
    return {"text": given.get("text", "")}


def _facts(given: Given, _: datetime) -> dict[str, Any]:
    """The facts whose field is not what it was."""
    changed = (f for f in FACTS if f in given and given[f].split() != given.get(f"was-{f}", "").split())
    facts = {field: _fact(field, given[field].strip()) for field in changed}
    if not facts:
        raise Problem(400, "nothing was changed: fill in what you know")
    return facts


def _fact(field: str, said: str) -> Any:
    takes = STATEMENTS[field]
    if takes is COUNT:
        return _whole(field, said)
    if takes is not FLAG:
        return said or None
    if said not in FLAGS:
        raise Problem(400, f"{_words(field)}: this is yes, no or not known")
    return FLAGS[said]


def _whole(field: str, said: str) -> int | None:
    digits = said.replace(" ", "").replace(",", "").replace("'", "")
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 11):  # noqa: PLR2004 - `Fields` names its own bound
        raise Problem(400, f"{_words(field)}: write a whole number, 0 or more")
    return int(digits)


def _words(field: str) -> str:
    return wording.field(field.replace("_", " "))


def _decide(given: Given, _: datetime) -> dict[str, Any]:
    return {"choice": given.get("choice", ""), "text": given.get("text", "")}


def _tick(given: Given, _: datetime) -> dict[str, Any]:
    return {"item": given.get("item", ""), "text": given.get("text", "")}


def _judge(given: Given, _: datetime) -> dict[str, Any]:
    return {"right": FLAGS.get(given.get("right", ""))}


def _deployed(given: Given, now: datetime) -> dict[str, Any]:
    ago = _whole("minutes ago", given.get("ago", "")) or 0
    if ago > AGO_MAX:
        raise Problem(400, f"{_words('minutes ago')}: at most {AGO_MAX}")
    at = (now - timedelta(minutes=ago)).isoformat() if ago else None
    return {"version": given.get("version", "").strip() or None, "at": at}


FORMS: Mapping[str, Form] = {
    "ack": Form(),
    "take": Form(),
    "escalate": Form(),
    "state": Form(_facts),
    "decide": Form(_decide),
    "judge-advice": Form(_judge),
    "resolve": Form(_text, sure=True),
    "false-alarm": Form(_text, sure=True),
    "note": Form(_text),
    "tick": Form(_tick),
    "update": Form(_text),
    "deployed": Form(_deployed),
    "release": Form(sure=True),
    "confirm": Form(),
    "not-p0": Form(_text),
}
"""By the verb of the API that it is."""


def command(act: str, kind: str, by: str, given: Given, now: datetime) -> object:
    """The command of a form. Raises Problem 400, 404, 409."""
    form, verb = FORMS.get(act), VERBS.get(act)
    if form is None or verb is None:
        raise Problem(404, "there is no such button")
    if kind not in verb.kinds:
        raise Problem(409, f"this is no {' or '.join(verb.kinds)}")
    if form.sure and given.get(SURE) != "yes":
        raise Problem(400, "tick the box first: it says what this does")
    if act == "ack":
        return ask.Acknowledge(by=by, via="web")
    values = form.read(given, now)
    found = verb.command(by, Fields(values, tuple(values)))
    if isinstance(found, ask.Decide):
        return replace(found, after=_whole("after", given.get("after", "")))
    return found
