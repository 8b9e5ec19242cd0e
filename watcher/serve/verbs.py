"""What may be asked of an incident or a suspicion: the verbs of the API, the fields of each, and the command that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from watcher.incident import command as ask
from watcher.incident.findings import Stated
from watcher.incident.people import NOTE_MAX
from watcher.incident.responding import PATHS
from watcher.serve.body import Fields
from watcher.serve.fields import COUNT, FACT, FACT_MAX, FLAG, LINE, Schema
from watcher.serve.problem import Problem


@dataclass(frozen=True, slots=True)
class Verb:
    """What may be done to which kinds of stream, and the command that it is. `command` raises Problem 400."""

    says: str  # in a sentence
    kinds: tuple[str, ...]
    command: Callable[[str, Fields], object]
    fields: tuple[str, ...] = ("text",)
    needs: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)


INCIDENT, SUSPICION = ("incident",), ("suspicion",)
STATED: tuple[Stated, ...] = get_args(Stated)
FACTS: dict[str, Stated] = {fact.replace("-", "_"): fact for fact in STATED}
"""Field: the fact that it states."""
Read = Callable[[Fields, str], str | int | bool | None]
KINDS: dict[Stated, tuple[Schema, Read]] = {
    "root-cause": (FACT, lambda given, field: given.text(field, FACT_MAX)),
    "third-party": (LINE, Fields.line),
    "affected": (COUNT, Fields.count),
    "fix-minutes": (COUNT, Fields.count),
}
"""What a fact takes, and how it is read; the others are yes or no."""
YES_OR_NO: tuple[Schema, Read] = (FLAG, Fields.flag)
STATEMENTS: dict[str, Schema] = {name: KINDS.get(fact, YES_OR_NO)[0] for name, fact in FACTS.items()}


def _text(given: Fields, *, needed: bool = False) -> str:
    return given.text("text", NOTE_MAX, needed=needed) or ""


def _state(by: str, given: Fields) -> ask.State:
    """Each field that is given is a statement; null takes it back."""
    stated = {field: FACTS[field] for field in given.names() if field in FACTS}
    facts = {fact: KINDS.get(fact, YES_OR_NO)[1](given, field) for field, fact in stated.items()}
    if not facts:
        raise Problem(400, f"state at least one fact: {', '.join(FACTS)}; null takes a statement back")
    return ask.State(by=by, facts=facts)


def _decide(by: str, given: Fields) -> ask.Decide:
    choice = given.one_of("choice", PATHS, needed=True)
    assert choice is not None
    return ask.Decide(by=by, choice=choice, text=_text(given))


def _judge(by: str, given: Fields) -> ask.JudgeAdvice:
    right = given.flag("right")
    if right is None:
        raise Problem(400, "'right' is missing: true or false")
    return ask.JudgeAdvice(by=by, right=right)


def _tick(by: str, given: Fields) -> ask.TickItem:
    return ask.TickItem(by=by, item=given.line("item", needed=True) or "", text=_text(given))


def _deployed(by: str, given: Fields) -> ask.Deploy:
    return ask.Deploy(by=by, version=given.line("version"), deployed_at=given.moment("at"))


VERBS: dict[str, Verb] = {
    "ack": Verb(
        "I have it: the paging of others stops.",
        INCIDENT + SUSPICION,
        lambda by, _: ask.Acknowledge(by=by, via="api"),
        fields=(),
    ),
    "take": Verb(
        "I have it now; whoever had it is told.",
        INCIDENT,
        lambda by, _: ask.Take(by=by),
        fields=(),
    ),
    "escalate": Verb(
        "Help: the next in the ladder are paged now.",
        INCIDENT,
        lambda by, _: ask.Escalate(by=by),
        fields=(),
    ),
    "state": Verb(
        "What a person knows; null takes it back. The recommendation follows at once.",
        INCIDENT,
        _state,
        fields=tuple(FACTS),
        example={"root_cause": "the pool of connections is exhausted", "isolated": True, "fix_minutes": 20},
    ),
    "decide": Verb(
        "What is done about it.",
        INCIDENT,
        _decide,
        fields=("choice", "text"),
        needs=("choice",),
        example={"choice": "rollback", "text": "2.41.1 broke it"},
    ),
    "judge-advice": Verb(
        "Whether the recommendation was right, said afterwards.",
        INCIDENT,
        _judge,
        fields=("right",),
        needs=("right",),
        example={"right": True},
    ),
    "resolve": Verb(
        "It is over.",
        INCIDENT,
        lambda by, given: ask.Resolve(by=by, text=_text(given)),
        example={"text": "rolled back to 2.41.0"},
    ),
    "false-alarm": Verb(
        "It was no P0.",
        INCIDENT,
        lambda by, given: ask.MarkFalse(by=by, text=_text(given)),
        example={"text": "a load test"},
    ),
    "note": Verb(
        "Words for the timeline.",
        INCIDENT + SUSPICION,
        lambda by, given: ask.Note(by=by, text=_text(given, needed=True)),
        needs=("text",),
        example={"text": "the provider says that they look at it"},
    ),
    "tick": Verb(
        "An item of the checklist is done.",
        INCIDENT,
        _tick,
        fields=("item", "text"),
        needs=("item",),
        example={"item": "public-status"},
    ),
    "update": Verb(
        "Words for the stakeholders; they leave at once.",
        INCIDENT,
        lambda by, given: ask.Update(by=by, text=_text(given, needed=True)),
        needs=("text",),
        example={"text": "We are rolling back; sign-in works again in ten minutes."},
    ),
    "deployed": Verb(
        "The fix, or the rollback, is out: it is verified from here on.",
        INCIDENT,
        _deployed,
        fields=("version", "at"),
        example={"version": "2.41.0"},
    ),
    "release": Verb(
        "A security incident may be spoken of.",
        INCIDENT,
        lambda by, _: ask.Release(by=by),
        fields=(),
    ),
    "confirm": Verb(
        "A suspicion is a P0: an incident opens.",
        SUSPICION,
        lambda by, _: ask.Confirm(by=by),
        fields=(),
    ),
    "not-p0": Verb(
        "A suspicion is no P0.",
        SUSPICION,
        lambda by, given: ask.Dismiss(by=by, text=_text(given)),
        example={"text": "one customer, who has deleted them"},
    ),
}
