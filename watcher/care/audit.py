"""The audit: do our own promises hold, on what lives in memory at this moment? Pure; it changes nothing.

1. Every open stream has a next action: a moment at which time acts on it, or a page that is owed.
2. An incident that nobody has acknowledged has a rung of that ladder ahead, or its page is being tried.
3. Time acts when it should: no moment lies in the past for long.
4. Every page has a result, a retry to come, or an attempt that began a short while ago.
5. The inbox is emptied, every source looks or is said to be blind, and the last canary was taken.
The readings of the machines are asked, not believed: what they promise is compared with what has happened since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from watcher.incident import decide, escalation
from watcher.incident import outbox as box
from watcher.incident.compose import clock
from watcher.incident.life import Daemon
from watcher.incident.machines import MACHINES, id_of, kind_of
from watcher.incident.outbox import Outbox
from watcher.incident.state import FINAL, Incident
from watcher.incident.suspicion import Suspicion
from watcher.posting import Job

Promise = Literal["next-action", "ladder", "time", "receipt", "inbox", "source", "canary", "audit"]

LATE_AFTER = timedelta(minutes=1)
"""A turn comes at least every half minute, and acts on everything that is due."""
STUCK_AFTER = timedelta(minutes=5)
"""One attempt ends within its target's timeout; a lane that works off a bad night's backlog needs minutes."""
CROWDED_AFTER = timedelta(minutes=1)
CANARY_WITHIN = timedelta(minutes=10)
"""Ten retries: a target that has not taken a message by then would not have woken anybody."""
NAMED_MAX = 100
"""Complaints of one audit; more of the same says nothing more."""

Delivery = tuple[str, int, str, int]
"""A delivery that is due: stream, page, target, attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One promise that does not hold. The text names ids, targets and sources, and stays the same while it lasts."""

    promise: Promise
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A source that is configured: known to us since then, and when it last looked."""

    name: str
    since: datetime
    looked_at: datetime | None
    patience: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the streams alone do not tell."""

    since: datetime  # the audit has watched since then: what is older is not our lateness
    due_since: Mapping[Delivery, datetime] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    crowded_since: datetime | None = None  # more waits in the inbox than one turn takes


def audit(streams: Mapping[str, Any], now: datetime, around: Circumstances) -> tuple[Complaint, ...]:
    """Everything that does not hold; nothing where all is well."""
    found: list[Complaint] = []
    for complaint in _complaints(streams, now, around):
        found.append(complaint)
        if len(found) >= NAMED_MAX:
            break
    return tuple(found)


def deliveries_due(streams: Mapping[str, Any], now: datetime) -> Iterator[Delivery]:
    """What should be attempted at this moment, but for what is held back on purpose."""
    for stream, state in streams.items():
        for due in box.due(state.outbox, now) if state.outbox.pages else ():
            if not Job(stream, due).may_wait:
                yield stream, due.page, due.delivery.target, due.attempt


def _complaints(streams: Mapping[str, Any], now: datetime, around: Circumstances) -> Iterator[Complaint]:
    for stream, state in streams.items():
        yield from _idle(state)
        yield from _overdue(stream, state, now, around.since)
    yield from _stuck(now, around.due_since)
    if around.crowded_since is not None and now - around.crowded_since > CROWDED_AFTER:
        since = clock(around.crowded_since)
        yield Complaint(promise="inbox", text=f"more comes in than is worked off since {since}")
    for look in around.looks:
        yield from _unseen(look, streams.get(f"source/{look.name}"), now)
    daemon = streams.get("daemon")
    if isinstance(daemon, Daemon):
        yield from _canary(daemon, now)


def _idle(state: Any) -> Iterator[Complaint]:
    """An open file that nothing will ever happen to."""
    if isinstance(state, Suspicion) and state.status == "suspected":
        if MACHINES["suspicion"].deadline(state) is None and box.settled(state.outbox):
            yield Complaint(promise="next-action", text=f"{state.id} has no next action")
        return
    if not isinstance(state, Incident) or state.status in FINAL:
        return
    if decide.deadline(state) is None and box.settled(state.outbox) and not _waits_for_a_look(state):
        yield Complaint(promise="next-action", text=f"{state.id} has no next action")
    if state.paging and state.acknowledged_by is None and not _climbs(state):
        yield Complaint(promise="ladder", text=f"{state.id} is unacknowledged, and no rung is ahead")


def _waits_for_a_look(state: Incident) -> bool:
    """While it is watched, a signal that cannot be seen holds everything: that source is said to be blind."""
    return state.status == "watching" and any(w.clean_from is None for w in state.watched.values())


def _climbs(state: Incident) -> bool:
    ahead = any(step.ladder == "unacknowledged" for step in escalation.steps(state))
    return ahead or any(
        owed.request.ladder == "unacknowledged" and not box.settled(Outbox(pages={version: owed}))
        for version, owed in state.outbox.pages.items()
    )


def _overdue(stream: str, state: Any, now: datetime, since: datetime) -> Iterator[Complaint]:
    """A delivery's retry is the lanes' matter; every other moment is the turn's."""
    at = MACHINES[kind_of(stream)].deadline(state)
    if at is None or at == box.deadline(state.outbox) or now - max(at, since) <= LATE_AFTER:
        return
    yield Complaint(promise="time", text=f"{id_of(stream)} waits for what was due at {clock(at)}")


def _stuck(now: datetime, due_since: Mapping[Delivery, datetime]) -> Iterator[Complaint]:
    for (stream, page, target, _), since in due_since.items():
        if now - since > STUCK_AFTER:
            what = f"{id_of(stream)}/{page}@{target}"
            text = f"page {what} has neither a result nor a retry since {clock(since)}"
            yield Complaint(promise="receipt", text=text)


def _unseen(look: Look, eye: Any, now: datetime) -> Iterator[Complaint]:
    last = look.looked_at or look.since
    if now - max(last, look.since) <= look.patience or (eye is not None and eye.blind_since is not None):
        return
    yield Complaint(promise="source", text=f"{look.name} has not looked since {clock(last)}")


def _canary(daemon: Daemon, now: datetime) -> Iterator[Complaint]:
    owed = daemon.canary
    if owed is None or daemon.plan is None or daemon.plan.every is None:
        return
    for target, attempt in owed.attempts.items():
        late = attempt.ended or now - owed.request.at > CANARY_WITHIN
        if late and not attempt.accepted and target in _meant(owed.request.to):
            text = f"the canary to {target} was not taken (sent {clock(owed.request.at)})"
            yield Complaint(promise="canary", text=text)


def _meant(to: Iterable[str]) -> set[str]:
    """Not the targets that stand in: they must not hide that the one before them failed."""
    return {who.removeprefix("@") for who in to}
