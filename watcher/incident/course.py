"""The protocol as time runs it: checkpoints are met or missed, updates leave, people are reminded. Each thing once."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.incident import prompting, protocol, publishing, repair
from watcher.incident.draft import Draft
from watcher.incident.news import MESSAGE_EVERY
from watcher.incident.responding import WATCHER, Announced, CheckpointMet, CheckpointMissed
from watcher.incident.state import FINAL, Incident

QUIET_EVERY = timedelta(minutes=15)
"""How often whoever has it is asked to try what nothing was seen of."""
BEHIND_EVERY = timedelta(hours=1)
"""How often it is said that production runs behind, while the incident is open."""


def run(draft: Draft, now: datetime) -> None:
    """What the protocol brings by now."""
    if draft.state.status in FINAL:
        return
    _announced(draft, now)
    if (at := publishing.next_at(draft.state)) is not None and at <= now:
        repair.publish(draft, now)
    _meet(draft, now)
    _remind(draft, now)


def deadline(state: Incident) -> datetime | None:
    """The next moment at which this room changes something by time alone."""
    if state.status in FINAL:
        return None
    moments = (
        publishing.deadline(state),
        protocol.deadline(state),
        _quiet_at(state),
        _unseen_at(state),
        _behind_at(state),
    )
    return min((at for at in moments if at is not None), default=None)


def _announced(draft: Draft, now: datetime) -> None:
    """The message that it holds has arrived."""
    response = draft.state.response
    told = any(
        m.about == "fixed" and m.taken and m.at >= (draft.state.mitigated_at or now)
        for m in response.messages
    )
    if told and response.announced is None and draft.state.mitigated_at is not None:
        draft.add(Announced(at=now, by=WATCHER))


def _meet(draft: Draft, now: datetime) -> None:
    """What came after its moment was missed first, also where no turn came between: after a time of ours away.

    What was there before its path was decided, or before it might be spoken of, was never missed, and is not late; nor is what
    is asked for only because it came: a verification after the harm had ended by itself.
    """
    for step, due in list(protocol.unmet(draft.state)):
        there, over = step.there(draft.state), now - due
        passed = over > timedelta(0) if there else over >= timedelta(0)
        before = step.there(draft.before) or (there and protocol.due_at(draft.before, step) is None)
        if passed and not before and step.name not in draft.state.response.missed:
            draft.add(CheckpointMissed(at=now, checkpoint=step.name, due=due))
        if there and (step.early or over >= timedelta(0)):
            missed = draft.state.response.missed.get(
                step.name
            )  # perhaps under another path, and another moment
            asked = missed.due if missed else due
            late = now - asked if missed else timedelta(0)
            draft.add(CheckpointMet(at=now, checkpoint=step.name, due=asked, late=late))


def _remind(draft: Draft, now: datetime) -> None:
    """One word each before it is too late, to whoever has it."""
    for step, due in list(protocol.lapsing(draft.state)):
        at = protocol.reminder_at(draft.state, step, due)
        if at is not None and at <= now < due:
            soon = tuple((s, d) for s, d in protocol.lapsing(draft.state) if due < d <= due + MESSAGE_EVERY)
            words = prompting.checkpoint(draft.state, step, due, soon)
            draft.tell("checkpoint", repair.holder(draft.state), words, now, about=step.name)
    state, leaves = draft.state, publishing.next_at(draft.state)
    if leaves is not None and (at := publishing.ask_at(state)) is not None and at <= now:
        about = str(len(state.response.messages))
        draft.tell("words", repair.holder(state), prompting.words(state, leaves), now, about=about)
    if (at := _quiet_at(draft.state)) is not None and at <= now:
        draft.tell("unverified", repair.holder(draft.state), prompting.quiet(draft.state), now, about="quiet")
    if (at := _unseen_at(draft.state)) is not None and at <= now:
        words = prompting.unseen(draft.state)
        draft.tell("unverified", repair.holder(draft.state), words, now, about="unseen")
    if (at := _behind_at(draft.state)) is not None and at <= now:
        draft.tell("behind", repair.holder(draft.state), prompting.behind(draft.state), now)


def _quiet_at(state: Incident) -> datetime | None:
    """When it is said (again) that it is quiet and not verified."""
    since = state.response.recovered_at
    if not state.response.verifying or since is None:
        return None
    last = state.response.said("unverified", "quiet")
    return since if last is None or last < since else last + QUIET_EVERY


def _unseen_at(state: Incident) -> datetime | None:
    """When it is said (again) that nothing sees whether the fix holds: once it would have been verified otherwise."""
    moments = [w.unseen_from for w in state.watched.values() if w.unseen_from is not None]
    deployed = state.response.deployed
    if not state.response.verifying or deployed is None or not moments or state.lost is not None:
        return None  # after our own absence the next look tells first
    since = max(deployed.at, min(moments)) + state.policy.clean_for
    last = state.response.said("unverified", "unseen")
    return since if last is None or last < since else last + QUIET_EVERY


def _behind_at(state: Incident) -> datetime | None:
    """When it is said again that rolled back is not finished; the first time, the verification says it."""
    if state.response.behind is None or state.mitigated_at is None:
        return None
    last = state.response.said("behind") or state.mitigated_at
    return max(last, state.mitigated_at) + BEHIND_EVERY
