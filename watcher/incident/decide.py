"""What follows from a command. Pure: the answer is events, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from watcher.incident import command as ask
from watcher.incident import compose, passing, people, repair, seeing, weighing
from watcher.incident.draft import Draft
from watcher.incident.event import Event, Opened
from watcher.incident.receipts import record
from watcher.incident.state import FINAL, Incident, begin


def open_incident(number: int, command: ask.Open, now: datetime) -> list[Event]:
    """The first facts: opened, what was deployed before, what to do, and the page. One append."""
    first = command.signs[0]
    opened = Opened(
        at=now,
        title=first.title,
        category=first.category,
        environment=command.environment,
        group=command.group,
        rulebook=command.rulebook,
        signs=command.signs,
        policy=command.policy,
        service=command.service,
        drill=command.drill,
        deploys_told=command.deploys_told,
    )
    draft = Draft(begin(number, opened))
    draft.events.append(opened)
    for change in command.changes:
        draft.add(change)
    seeing.recommend(draft, now)
    passing.pass_time(draft, now)
    return draft.events


def decide(state: Incident, command: object, now: datetime) -> list[Event]:
    """The events that follow from a command, time included: whatever is due by `now` comes along.

    Raises `Refused` where the command cannot be carried out; the state is unchanged then.
    """
    draft = Draft(state)
    if state.status in FINAL and isinstance(command, SEEN):
        return []
    _STEPS[type(command)](draft, command, now)
    passing.pass_time(draft, now)
    return draft.events


def deadline(state: Incident) -> datetime | None:
    """The next moment at which time alone changes something."""
    return passing.deadline(state)


SEEN = (ask.Observe, ask.Unsee, ask.LoseWatch, ask.RegainWatch, ask.SeeLife)
"""What is seen of an incident changes nothing once it is over."""


def _record(draft: Draft, command: ask.Record, now: datetime) -> None:
    before = draft.state.outbox.reached
    for event in record(draft.state.outbox, command, now):
        draft.add(event)
    late = draft.state.outbox.reached - before
    if late and draft.state.closed and not _was_told(draft.state, command.target):
        to = [f"@{target}" for target in sorted(late)]
        draft.tell("closed", to, compose.closed(draft.state, draft.state.closed.by, now), now)


def _was_told(state: Incident, target: str) -> bool:
    closing = [p for p in state.outbox.pages.values() if p.request.purpose == "closed"]
    return any(f"@{target}" in page.request.to for page in closing)


def _pass(_draft: Draft, _command: ask.Tick, _now: datetime) -> None:
    """Time alone: what is due comes after."""


_STEPS: dict[type, Callable[[Draft, Any, datetime], None]] = {
    ask.Observe: seeing.observe,
    ask.Unsee: seeing.unsee,
    ask.LoseWatch: seeing.lose_watch,
    ask.RegainWatch: seeing.regain_watch,
    ask.Acknowledge: people.acknowledge,
    ask.Take: people.take,
    ask.Escalate: people.escalate,
    ask.Resolve: people.resolve,
    ask.MarkFalse: people.mark_false,
    ask.Note: people.note,
    ask.Measure: weighing.measure,
    ask.SeeChange: weighing.see_change,
    ask.SeeNoChange: weighing.see_no_change,
    ask.FindCause: weighing.find_cause,
    ask.FindThirdParty: weighing.find_third_party,
    ask.State: weighing.state_fact,
    ask.Decide: weighing.decide,
    ask.JudgeAdvice: weighing.judge,
    ask.TickItem: repair.tick,
    ask.Review: repair.review,
    ask.Deploy: repair.deploy,
    ask.SeeLife: repair.see_life,
    ask.Update: repair.update,
    ask.Release: repair.release,
    ask.Record: _record,
    ask.Tick: _pass,
}
