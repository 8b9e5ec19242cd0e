"""What follows from what people ask for."""

from __future__ import annotations

from datetime import datetime

from watcher.incident import advice, compose, escalation, messages, protocol, publishing
from watcher.incident import command as ask
from watcher.incident.draft import Draft
from watcher.incident.event import (
    Acknowledged,
    Closed,
    Escalated,
    EscalationAsked,
    MarkedFalse,
    Noted,
    Resolved,
    Taken,
)
from watcher.incident.responding import CheckpointMet
from watcher.incident.state import FINAL, Incident

NOTE_MAX = 4000
"""A person's words are kept whole up to here; more is a document, not a note."""


def acknowledge(draft: Draft, command: ask.Acknowledge, now: datetime) -> None:
    """Recorded whoever was first; the paging of others stops."""
    refuse_final(draft.state)
    former = draft.state.acknowledged_by
    until = now + draft.state.policy.acknowledgement_expires
    draft.add(Acknowledged(at=now, by=command.by, via=command.via, until=until))
    if former and former != command.by:  # two who each believe that it is theirs help nobody
        draft.tell("taken", (former,), compose.taken(draft.state, command.by, now), now)


def take(draft: Draft, command: ask.Take, now: datetime) -> None:
    """Hand over: who had it is told."""
    refuse_final(draft.state)
    former = draft.state.acknowledged_by
    draft.add(Taken(at=now, by=command.by, until=now + draft.state.policy.acknowledgement_expires))
    if former and former != command.by:
        draft.tell("taken", (former,), compose.taken(draft.state, command.by, now), now)


def escalate(draft: Draft, command: ask.Escalate, now: datetime) -> None:
    """Help now: the next rung that has not fired, whoever has it."""
    refuse_final(draft.state)
    draft.add(EscalationAsked(at=now, by=command.by))
    step = escalation.next_up(draft.state)
    rung = draft.state.climbs[step.ladder].policy_rung(step.rung)
    draft.add(Escalated(at=now, ladder=step.ladder, rung=rung))
    words = compose.help_asked(draft.state, command.by, now)
    draft.wake("rung", step.policy.page, words, now, ladder=step.ladder, rung=step.rung)


def resolve(draft: Draft, command: ask.Resolve, now: datetime) -> None:
    refuse_final(draft.state)
    draft.add(Resolved(at=now, by=command.by, text=command.text[:NOTE_MAX]))
    close(draft, command.by, now)


def mark_false(draft: Draft, command: ask.MarkFalse, now: datetime) -> None:
    refuse_final(draft.state)
    draft.add(MarkedFalse(at=now, by=command.by, text=command.text[:NOTE_MAX]))
    close(draft, command.by, now)


def close(draft: Draft, by: str, now: datetime) -> None:
    """Close the file and tell everybody who was paged, or may have been: nobody else."""
    to = draft.paged(now)
    told = bool(draft.state.response.messages) and publishing.speaks(draft.state)
    outcome = "false_alarm" if draft.state.status == "false_alarm" else "resolved"
    if outcome == "resolved":
        _settle(draft, now)
    draft.add(Closed(at=now, outcome=outcome, by=by, deployment_caused=advice.deployment_caused(draft.state)))
    draft.tell("closed", to, compose.closed(draft.state, by, now), now)
    if told:
        draft.publish("all-clear", messages.all_clear(draft.state, now), now)


def _settle(draft: Draft, now: datetime) -> None:
    """What might have been lost again is there for good, with the file."""
    response = draft.state.response
    for step in protocol.STEPS:
        due = protocol.due_at(draft.state, step)
        open_ = step.name not in {**response.met, **response.missed}
        if not step.early and open_ and due is not None and step.there(draft.state):
            draft.add(CheckpointMet(at=now, checkpoint=step.name, due=due))


def note(draft: Draft, command: ask.Note, now: datetime) -> None:
    draft.add(Noted(at=now, by=command.by, text=command.text[:NOTE_MAX], action=command.action))


def refuse_final(state: Incident) -> None:
    """What is over says by whom and when."""
    if state.status in FINAL and state.closed:
        word = "marked as a false alarm" if state.status == "false_alarm" else "resolved"
        raise ask.Refused(
            f"{state.id} was already {word} by {state.closed.by} at {compose.clock(state.closed.at)}"
        )
