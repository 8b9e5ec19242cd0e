"""What time brings to an incident: recovery first, because it stops the ladders."""

from __future__ import annotations

from datetime import datetime

from watcher.incident import afterwards, compose, course, escalation, news, recovery, repair
from watcher.incident import outbox as box
from watcher.incident.draft import Draft
from watcher.incident.event import (
    AcknowledgementExpired,
    Escalated,
    Mitigated,
    ReachedNobody,
    Recovered,
    Resolved,
)
from watcher.incident.people import close
from watcher.incident.responding import WATCHER
from watcher.incident.state import Incident


def pass_time(draft: Draft, now: datetime) -> None:
    """Everything that is due by now."""
    if (turn := recovery.reached(draft.state, now)) is not None:
        _recover(draft, turn, now)
    for ladder, rung, page in escalation.nobody(draft.state):
        draft.add(ReachedNobody(at=now, page=page, ladder=ladder, rung=rung))
    _ask_or_expire(draft, now)
    for step in escalation.due(draft.state, now):
        _fire(draft, step, now)
    if (at := news.due_at(draft.state)) is not None and at <= now:
        draft.tell("news", draft.paged(now), compose.news(draft.state, now), now)
    course.run(draft, now)
    afterwards.remind(draft, now)


def deadline(state: Incident) -> datetime | None:
    """The next moment at which time alone changes something."""
    moments = (
        escalation.deadline(state),
        recovery.deadline(state),
        news.due_at(state),
        box.deadline(state.outbox),
        course.deadline(state),
        afterwards.deadline(state),
    )
    return min((at for at in moments if at is not None), default=None)


def _recover(draft: Draft, turn: recovery.Turn, now: datetime) -> None:
    state, paged = draft.state, draft.paged(now)
    since = recovery.held_since(state, now) or now
    match turn:
        case "verified":
            repair.passed(draft, WATCHER, now)
        case "quiet":
            draft.add(Recovered(at=now, since=since))
        case "closed":
            draft.add(Resolved(at=now, by=WATCHER, text="clean for the whole time of watching"))
            close(draft, WATCHER, now)
        case "mitigated":
            draft.add(Recovered(at=now, since=since))
            draft.add(Mitigated(at=now, because="every signal seen clean"))
            draft.tell("recovered", paged, compose.recovered(draft.state, since), now)
            repair.announce(draft, now)


def _ask_or_expire(draft: Draft, now: datetime) -> None:
    """Silence is no progress: first a question, then the one who has it is paged again."""
    state, owner = draft.state, draft.state.acknowledged_by
    expires, ask_at = escalation.expires_at(state), escalation.ask_at(state)
    if owner is None or expires is None:
        return
    if expires <= now:
        level = state.climbs["unacknowledged"].reached
        draft.add(AcknowledgementExpired(at=now, owner=owner, level=level))
    elif ask_at is not None and ask_at <= now:
        draft.tell("still-on-it", (owner,), compose.still_on_it(state, expires), now)


def _fire(draft: Draft, step: escalation.Step, now: datetime) -> None:
    climb = draft.state.climbs[step.ladder]
    rung = climb.policy_rung(step.rung)
    higher = step.ladder == "unmitigated" or rung > 0
    if higher and not step.again:
        draft.add(Escalated(at=now, ladder=step.ladder, rung=rung))
    later = step.again or climb.owner is not None
    words = compose.escalated if higher else compose.again if later else compose.opened
    draft.wake(
        "rung",
        step.policy.page,
        words(draft.state, now),
        now,
        ladder=step.ladder,
        rung=step.rung,
        loudest=step.again,
    )
