"""What may be asked of an incident or a suspicion: the verbs of the API, the fields of each, and the command that it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from watcher.incident import command as ask
from watcher.incident.findings import Stated
from watcher.incident.people import NOTE_MAX
from watcher.serve.body import Fields
from watcher.serve.problem import Problem

FACT_MAX = 500
"""A root cause is a sentence or two."""


@dataclass(frozen=True, slots=True)
class Verb:
    """What may be done to which kinds of stream, and the command that it is. `command` raises Problem 400."""

    kinds: tuple[str, ...]
    command: Callable[[str, Fields], object]
    fields: tuple[str, ...] = ("text",)


INCIDENT, SUSPICION = ("incident",), ("suspicion",)
STATED: tuple[Stated, ...] = get_args(Stated)
FACTS: dict[str, Stated] = {fact.replace("-", "_"): fact for fact in STATED}
"""Field: the fact that it states."""
READ: dict[Stated, Callable[[Fields, str], str | int | bool | None]] = {
    "root-cause": lambda given, field: given.text(field, FACT_MAX),
    "third-party": lambda given, field: given.line(field),
    "affected": lambda given, field: given.count(field),
    "fix-minutes": lambda given, field: given.count(field),
}
"""How a fact is read; the others are yes or no."""
Choice = Literal["rollback", "hotfix", "other"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


def _text(given: Fields, *, needed: bool = False) -> str:
    return given.text("text", NOTE_MAX, needed=needed) or ""


def _state(by: str, given: Fields) -> ask.State:
    """Each field that is given is a statement; null takes it back."""
    facts = {FACTS[field]: _fact(given, field) for field in given.names() if field in FACTS}
    if not facts:
        raise Problem(400, f"state at least one fact: {', '.join(FACTS)}; null takes a statement back")
    return ask.State(by=by, facts=facts)


def _fact(given: Fields, field: str) -> str | int | bool | None:
    read = READ.get(FACTS[field])
    return read(given, field) if read else given.flag(field)


def _decide(by: str, given: Fields) -> ask.Decide:
    return ask.Decide(by=by, choice=_one_of(given, "choice", CHOICES), text=_text(given))


def _judge(by: str, given: Fields) -> ask.JudgeAdvice:
    right = given.flag("right")
    if right is None:
        raise Problem(400, "'right' is missing: true or false")
    return ask.JudgeAdvice(by=by, right=right)


def _tick(by: str, given: Fields) -> ask.TickItem:
    return ask.TickItem(by=by, item=given.line("item", needed=True) or "", text=_text(given))


def _deployed(by: str, given: Fields) -> ask.Deploy:
    return ask.Deploy(by=by, version=given.line("version"), deployed_at=given.moment("at"))


def _one_of(given: Fields, field: str, words: tuple[Any, ...]) -> Any:
    word = given.line(field, needed=True)
    if word not in words:
        raise Problem(400, f"{field!r} must be one of {', '.join(words)}")
    return word


VERBS: dict[str, Verb] = {
    "ack": Verb(INCIDENT + SUSPICION, lambda by, _: ask.Acknowledge(by=by, via="api")),
    "take": Verb(INCIDENT, lambda by, _: ask.Take(by=by)),
    "escalate": Verb(INCIDENT, lambda by, _: ask.Escalate(by=by)),
    "state": Verb(INCIDENT, _state, tuple(FACTS)),
    "decide": Verb(INCIDENT, _decide, ("choice", "text")),
    "judge-advice": Verb(INCIDENT, _judge, ("right",)),
    "resolve": Verb(INCIDENT, lambda by, given: ask.Resolve(by=by, text=_text(given))),
    "false-alarm": Verb(INCIDENT, lambda by, given: ask.MarkFalse(by=by, text=_text(given))),
    "note": Verb(INCIDENT + SUSPICION, lambda by, given: ask.Note(by=by, text=_text(given, needed=True))),
    "tick": Verb(INCIDENT, _tick, ("item", "text")),
    "update": Verb(INCIDENT, lambda by, given: ask.Update(by=by, text=_text(given, needed=True))),
    "deployed": Verb(INCIDENT, _deployed, ("version", "at", "text")),
    "release": Verb(INCIDENT, lambda by, _: ask.Release(by=by)),
    "confirm": Verb(SUSPICION, lambda by, _: ask.Confirm(by=by)),
    "not-p0": Verb(SUSPICION, lambda by, given: ask.Dismiss(by=by, text=_text(given))),
}
