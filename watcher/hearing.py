"""What people say: declared incidents, reports, confirmed suspicions. No I/O: it adds to a turn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rules.classify import classify
from rules.mask import clean, mask
from rules.signal import ReportSignal
from rules.verdict import Verdict
from watcher.config import ROLES
from watcher.incident import command as ask
from watcher.incident.event import Event
from watcher.incident.grouping import environment_of, group_of, home, sign_of
from watcher.incident.machines import id_of
from watcher.incident.record import Sign
from watcher.incident.silences import Silence
from watcher.incident.suspicion import Suspicion, demand_open
from watcher.incident.watched import by_word
from watcher.known import impossible
from watcher.opening import Opening, live
from watcher.shadow import Shadow
from watcher.turn import Turn

TEXT_MAX = 4000
"""A report is a mail or a chat message; the rest is cut."""

OF_NOW = {"release": None, "last_at": None}
"""A person's word is of what runs now, whatever the event said that it is about."""
SUSPICIONS_MAX = 10
"""Open questions out of reports; what comes then is noted at one of its category, for each of them rings in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of a report: for the one who said it."""

    outcome: Literal["incident", "suspicion", "joined", "none"]
    id: str | None
    because: str


def carry_out(
    turn: Turn, stream: str, command: object, opening: Opening, shadow: Shadow, streams: Mapping[str, Any]
) -> object:
    """What anybody asks for: said to no stream yet, or put to one. Raises Refused, LookupError."""
    by = getattr(command, "by", "")
    if by.startswith("@") or by.casefold() in ROLES:
        raise ask.Refused(f"{by!r} is a role or a target, no person; say who you are by name")
    if isinstance(command, ask.Declare):
        return declare(turn, command, opening, streams)
    if isinstance(command, ask.Report):
        return report(turn, command, opening, shadow, streams)
    if isinstance(command, ask.Confirm):
        return confirm(turn, stream, command.by, opening, streams)
    if isinstance(command, Silence):
        governing = opening.governing
        if wrong := list(impossible(command.match, governing.config, governing.rulebook)):
            raise ask.Refused("; ".join(wrong))
    return turn.decide(stream, command)


def declare(turn: Turn, command: ask.Declare, opening: Opening, streams: Mapping[str, Any]) -> Heard:
    """A person's word is enough: it opens an incident, or widens the one that is open."""
    text = f"DRILL: {_said(command.text)}" if command.drill else _said(command.text)
    sign = Sign(
        source="report:declare",
        key=_key(text),
        title=text.partition("\n")[0][:200] or f"{command.category} declared",
        category=command.category,
        rule="declared",
        because=(f"declared by {command.by}",),
        system=command.system,
        seen_at=turn.now,
    )
    verdict = Verdict(
        signal=ReportSignal(
            source=sign.source, key=sign.key, at=turn.now, text=text, environment=command.environment
        ),
        outcome="p0",
        rule=sign.rule,
        category=command.category,
        system=command.system,
    )
    group = group_of(verdict, opening.governing.config.rules.group_by)
    if command.drill:  # stands apart: a real incident must never join it
        apart = f"drill {sign.key} {group}"
        stream = opening.open(turn, apart, (sign,), command.environment, drill=True, speed=command.speed)
        return Heard(outcome="incident", id=id_of(stream), because=f"a drill, started by {command.by}")
    return _open_or_join(turn, (sign,), command.environment, group, command.by, opening, streams)


def confirm(turn: Turn, stream: str, by: str, opening: Opening, streams: Mapping[str, Any]) -> list[Event]:
    """A confirmed suspicion becomes an incident with all that was noted; its end names it. Raises Refused, LookupError."""
    state = turn.state(stream)
    if not isinstance(state, Suspicion):
        return turn.decide(stream, ask.Confirm(by=by))
    demand_open(state)  # before an incident is opened for it
    said = state.suspected
    group = said.group or f"environment={said.environment}"
    heard = _open_or_join(turn, state.signs, said.environment, group, by, opening, streams)
    return turn.decide(stream, ask.Confirm(by=by, incident=heard.id or ""))


def _open_or_join(
    turn: Turn,
    signs: tuple[Sign, ...],
    environment: str,
    group: str,
    by: str,
    opening: Opening,
    streams: Mapping[str, Any],
) -> Heard:
    sign = signs[0]
    found = home(sign, group, (state for _, state in live(turn, streams, "incident")))
    if found is not None:
        words = tuple(one.model_copy(update=OF_NOW) for one in signs)
        turn.decide(f"incident/{found.number}", ask.Observe(failing=words))
        return Heard(outcome="joined", id=found.id, because=f"{found.id} is open and covers it")
    stream = opening.open(turn, group, signs, environment)
    if by == turn.plan().person(turn.now):
        turn.decide(stream, ask.Acknowledge(by=by, via="word"))  # the one to wake is awake
    return Heard(
        outcome="incident", id=id_of(stream), because=sign.because[0] if sign.because else sign.title
    )


def report(
    turn: Turn, command: ask.Report, opening: Opening, shadow: Shadow, streams: Mapping[str, Any]
) -> Heard:
    """The rules judge the words; what they recognise is a suspicion, however sure the rule is."""
    text = _said(command.text)
    signal = ReportSignal(
        source=f"report:{command.via}",
        key=_key(text),
        at=turn.now,
        text=text,
        author=command.by,
        environment=command.environment,
        system=command.system,
    )
    verdict = classify(opening.governing.rulebook, signal)
    shadow.hear(turn, verdict)
    if verdict.outcome == "none":
        return Heard(outcome="none", id=None, because="; ".join(verdict.because) or "no rule speaks of this")
    return _suspect_or_join(turn, verdict, text, command, opening, streams)


def _suspect_or_join(
    turn: Turn, verdict: Verdict, text: str, command: ask.Report, opening: Opening, streams: Mapping[str, Any]
) -> Heard:
    sign, environment = sign_of(verdict), environment_of(verdict)
    group = group_of(verdict, opening.governing.config.rules.group_by)
    note = ask.Note(by=command.by, text=f"report: {text}", action=False)
    because = "; ".join(verdict.because)
    found = home(sign, group, (state for _, state in live(turn, streams, "incident")))
    if found is not None and found.status != "watching" and sign.category in found.categories:
        turn.decide(f"incident/{found.number}", note)
        return Heard(outcome="joined", id=found.id, because=because)
    asked = [(stream, s) for stream, s in live(turn, streams, "suspicion") if s.status == "suspected"]
    crowded = sum(by_word(s.suspected.sign) for _, s in asked) >= SUSPICIONS_MAX
    for stream, state in asked:
        same = (state.suspected.sign.category, state.suspected.group) == (sign.category, group)
        if same or (crowded and state.suspected.sign.category == sign.category):
            turn.decide(stream, note)
            return Heard(outcome="joined", id=id_of(stream), because=because)
    if not opening.may_open(turn, sign, environment):
        return Heard(outcome="none", id=None, because=opening.why_quiet(sign))
    return Heard(
        outcome="suspicion", id=id_of(opening.suspect(turn, sign, environment, group)), because=because
    )


def _said(text: str) -> str:
    return mask(clean(text, TEXT_MAX))


def _key(text: str) -> str:
    """The same words are the same report."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:12]
