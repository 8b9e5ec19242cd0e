"""What follows from a command. Pure: the answer is events, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from watcher.incident import advice, compose, escalation, recovery
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import (
    Acknowledged,
    Closed,
    Escalated,
    Event,
    MarkedFalse,
    Mitigated,
    Noted,
    Opened,
    PageRequested,
    Recommended,
    Recovered,
    Reopened,
    Resolved,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
    Widened,
)
from watcher.incident.record import Sign
from watcher.incident.state import FINAL, Incident, begin, evolve

NOTE_MAX = 4000
"""A person's words are kept whole up to here; more is a document, not a note."""


class Draft:
    """Events being decided, each on the state that the former ones left."""

    def __init__(self, state: Incident) -> None:
        self.state = state
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.state = evolve(self.state, event)


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
        deploys_told=command.deploys_told,
    )
    draft = Draft(begin(number, opened))
    draft.events.append(opened)
    for change in command.changes:
        draft.add(change)
    _recommend(draft, now)
    _pass_time(draft, now)
    return draft.events


def decide(state: Incident, command: object, now: datetime) -> list[Event]:
    """The events that follow from a command, time included: whatever is due by `now` comes along.

    Raises `Refused` where the command cannot be carried out; the state is unchanged then.
    """
    draft = Draft(state)
    _STEPS[type(command)](draft, command, now)
    _pass_time(draft, now)
    return draft.events


def deadline(state: Incident) -> datetime | None:
    """The next moment at which time alone changes something."""
    moments = (escalation.deadline(state), recovery.deadline(state), box.deadline(state.outbox))
    return min((at for at in moments if at is not None), default=None)


def _observe(draft: Draft, command: ask.Observe, now: datetime) -> None:
    watched = draft.state.watched
    news = tuple(s for s in command.failing if s.ref not in watched or watched[s.ref].clean)
    if news:
        _fail(draft, news, now)
    clean = tuple(ref for ref in command.clean if ref in watched and watched[ref].clean_from is None)
    if clean:
        draft.add(SignalsCleared(at=now, refs=clean))


def _fail(draft: Draft, signs: tuple[Sign, ...], now: datetime) -> None:
    back = draft.state.status == "watching"
    if back:
        draft.add(Reopened(at=now, because=signs[0].title))
    draft.add(SignalsJoined(at=now, signs=signs))
    added = [c for c in dict.fromkeys(s.category for s in signs) if c not in draft.state.categories]
    for category in added:
        draft.add(Widened(at=now, category=category))
    _recommend(draft, now)
    if back:
        _page_first_rung(draft, "reopened", *compose.reopened(draft.state, now), now)
    elif added:
        _page_first_rung(draft, "widened", *compose.widened(draft.state, now), now)


def _page_first_rung(draft: Draft, purpose: Any, title: str, lines: tuple[str, ...], now: datetime) -> None:
    """It is worse than the last page said: whoever answers first is paged at once."""
    rung = draft.state.policy.unacknowledged[0]
    draft.add(
        PageRequested(
            at=now,
            kind="wake",
            purpose=purpose,
            to=rung.page,
            title=title,
            lines=lines,
            ladder="unacknowledged",
            rung=0,
        )
    )


def _recommend(draft: Draft, now: datetime) -> None:
    """Say what to do where that has changed."""
    fresh = advice.recommend(draft.state, now)
    before = draft.state.recommended
    if before is None or (before.choice, before.letter) != (fresh.choice, fresh.letter):
        draft.add(
            Recommended(
                at=now,
                choice=fresh.choice,
                letter=fresh.letter,
                headline=fresh.headline,
                because=fresh.because,
                against=fresh.against,
                missing=tuple(str(question) for question in fresh.missing),
                blockers=fresh.blockers,
                mitigations=fresh.mitigations,
            )
        )


def _unsee(draft: Draft, command: ask.Unsee, now: datetime) -> None:
    lost = tuple(
        ref
        for ref, w in draft.state.watched.items()
        if w.clean_from is not None and command.source in (None, w.sign.source)
    )
    if lost:
        draft.add(SignalsUnseen(at=now, refs=lost, since=command.since))


def _acknowledge(draft: Draft, command: ask.Acknowledge, now: datetime) -> None:
    _refuse_final(draft.state)
    until = now + draft.state.policy.acknowledgement_expires
    draft.add(Acknowledged(at=now, by=command.by, via=command.via, until=until))


def _resolve(draft: Draft, command: ask.Resolve, now: datetime) -> None:
    _refuse_final(draft.state)
    draft.add(Resolved(at=now, by=command.by, text=command.text[:NOTE_MAX]))
    _close(draft, command.by, now)


def _mark_false(draft: Draft, command: ask.MarkFalse, now: datetime) -> None:
    _refuse_final(draft.state)
    draft.add(MarkedFalse(at=now, by=command.by, text=command.text[:NOTE_MAX]))
    _close(draft, command.by, now)


def _close(draft: Draft, by: str, now: datetime) -> None:
    """Close the file and tell everybody who was paged, or may have been: nobody else."""
    state = draft.state
    in_flight = {d.delivery.target for d in box.due(state.outbox, now) if d.request.kind == "wake"}
    outcome = "false_alarm" if state.status == "false_alarm" else "resolved"
    draft.add(Closed(at=now, outcome=outcome, by=by))
    _tell(draft, "closed", state.outbox.reached | in_flight, *compose.closed(draft.state, by, now), now)


def _tell(
    draft: Draft,
    purpose: Any,
    targets: frozenset[str] | set[str],
    title: str,
    lines: tuple[str, ...],
    now: datetime,
) -> None:
    if not targets:
        return
    to = tuple(f"@{target}" for target in sorted(targets))
    draft.add(PageRequested(at=now, kind="tell", purpose=purpose, to=to, title=title, lines=lines))


def _note(draft: Draft, command: ask.Note, now: datetime) -> None:
    draft.add(Noted(at=now, by=command.by, text=command.text[:NOTE_MAX]))


def _record(draft: Draft, command: ask.Record, now: datetime) -> None:
    before = draft.state.outbox.reached
    for event in box.record(
        draft.state.outbox, command.page, command.target, command.attempt, command.receipt, now
    ):
        draft.add(event)
    late = draft.state.outbox.reached - before
    if late and draft.state.closed and not _was_told(draft.state, command.target):
        _tell(draft, "closed", late, *compose.closed(draft.state, draft.state.closed.by, now), now)


def _was_told(state: Incident, target: str) -> bool:
    closing = [p for p in state.outbox.pages.values() if p.request.purpose == "closed"]
    return any(f"@{target}" in page.request.to for page in closing)


def _refuse_final(state: Incident) -> None:
    if state.status in FINAL and state.closed:
        word = "marked as a false alarm" if state.status == "false_alarm" else "resolved"
        raise ask.Refused(
            f"{state.id} was already {word} by {state.closed.by} at {compose.clock(state.closed.at)}"
        )


def _pass_time(draft: Draft, now: datetime) -> None:
    """Whatever time brings: recovery first, because it stops the ladders."""
    if recovery.reached(draft.state, now):
        _recover(draft, now)
    for step in escalation.due(draft.state, now):
        _fire(draft, step, now)


def _recover(draft: Draft, now: datetime) -> None:
    state = draft.state
    if state.status == "watching":
        draft.add(Resolved(at=now, by="watcher", text="clean for the whole time of watching"))
        _close(draft, "the watcher", now)
        return
    since = recovery.held_since(state, now) or now
    draft.add(Recovered(at=now, since=since))
    draft.add(Mitigated(at=now, because="every signal seen clean"))
    _tell(draft, "recovered", draft.state.outbox.reached, *compose.recovered(draft.state, since), now)


def _fire(draft: Draft, step: escalation.Step, now: datetime) -> None:
    higher = step.ladder == "unmitigated" or step.rung > 0
    if higher and not step.again:
        draft.add(Escalated(at=now, ladder=step.ladder, rung=step.rung))
    words = compose.escalated if higher else compose.again if step.again else compose.opened
    title, lines = words(draft.state, now)
    draft.add(
        PageRequested(
            at=now,
            kind="wake",
            purpose="rung",
            to=step.policy.page,
            title=title,
            lines=lines,
            ladder=step.ladder,
            rung=step.rung,
            loudest=step.again,
        )
    )


def _pass(_draft: Draft, _command: ask.Tick, _now: datetime) -> None:
    """Time alone: what is due comes after."""


_STEPS: dict[type, Callable[[Draft, Any, datetime], None]] = {
    ask.Observe: _observe,
    ask.Unsee: _unsee,
    ask.Acknowledge: _acknowledge,
    ask.Resolve: _resolve,
    ask.MarkFalse: _mark_false,
    ask.Note: _note,
    ask.Record: _record,
    ask.Tick: _pass,
}
