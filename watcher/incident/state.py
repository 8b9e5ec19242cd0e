"""What an incident is after its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from rules.signal import Category
from watcher.incident import knowledge, lost, response, watched
from watcher.incident import outbox as box
from watcher.incident.climb import Climb
from watcher.incident.event import (
    Acknowledged,
    AcknowledgementExpired,
    ChangeSeen,
    Closed,
    EscalationAsked,
    Event,
    Ladder,
    MarkedFalse,
    Mitigated,
    Noted,
    Opened,
    PageRequested,
    ReachedNobody,
    Recommended,
    Reopened,
    Resolved,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
    StillFailing,
    Taken,
    WatchLost,
    WatchRegained,
    Widened,
)
from watcher.incident.findings import Decided, FactStated, MajorityAffected
from watcher.incident.knowledge import Knowledge
from watcher.incident.lost import Lost
from watcher.incident.outbox import Outbox
from watcher.incident.record import Policy
from watcher.incident.responding import (
    WATCHER,
    Deployed,
    FixApproved,
    Ticked,
    Updated,
    VerificationFailed,
    VerificationPassed,
)
from watcher.incident.response import Response
from watcher.incident.watched import Watched

Status = Literal["investigating", "fixing", "verifying", "watching", "resolved", "false_alarm"]

FINAL: frozenset[Status] = frozenset({"resolved", "false_alarm"})

STATUS_AFTER: dict[type[Event], tuple[frozenset[Status], Status]] = {
    Decided: (frozenset({"investigating"}), "fixing"),
    Deployed: (frozenset({"investigating", "fixing"}), "verifying"),
    VerificationFailed: (frozenset({"verifying"}), "fixing"),
    Mitigated: (frozenset({"investigating", "fixing", "verifying"}), "watching"),
    Reopened: (frozenset({"watching"}), "investigating"),
    Resolved: (frozenset({"investigating", "fixing", "verifying", "watching"}), "resolved"),
    MarkedFalse: (frozenset({"investigating", "fixing", "verifying", "watching"}), "false_alarm"),
}
"""Which fact moves which status where. `Opened` begins with investigating; everything else leaves the status alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The state of one incident. `number` is the N of INC-N."""

    number: int
    version: int
    opened: Opened
    status: Status = "investigating"
    categories: tuple[Category, ...]
    watched: Mapping[str, Watched]
    changes: tuple[ChangeSeen, ...] = ()
    recommended: Recommended | None = None
    known: Knowledge = field(default_factory=Knowledge)
    response: Response = field(default_factory=Response)
    climbs: Mapping[Ladder, Climb]
    nobody: frozenset[int] = frozenset()  # pages that reached nobody
    lost: Lost | None = None  # nobody watched, and no look since says that it fails on
    news_from: datetime | None = None  # signals joined then that no page has named
    acknowledged_at: datetime | None = None  # the first human acknowledgement ever
    acknowledged_by: str | None = None  # of this stretch; None again when it is set aside
    acknowledged_until: datetime | None = None
    asked_for: datetime | None = None  # the expiry that was asked about
    mitigated_at: datetime | None = None  # of the mitigation that holds
    reopenings: int = 0
    closed: Closed | None = None
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def id(self) -> str:
        return f"INC-{self.number}"

    @property
    def policy(self) -> Policy:
        return self.opened.policy

    @property
    def systems(self) -> tuple[str, ...]:
        """The distinct systems that fail or failed, each once; a shared component stands for all that lean on it."""
        names = (w.sign.component or w.sign.system for w in self.watched.values())
        return tuple(sorted({name for name in names if name}))

    @property
    def started_at(self) -> datetime:
        """The estimated start of the harm: never later than the first signal."""
        starts = [s.started_at or s.seen_at for s in self.opened.signs]
        return min([*starts, self.detected_at])

    @property
    def detected_at(self) -> datetime:
        """Receipt of the first signal: the response clock starts here."""
        return min(s.seen_at for s in self.opened.signs)

    @property
    def paging(self) -> bool:
        """Somebody must still be found who takes it: it lasts, or nothing says that it does not."""
        held = self.response.verifying and self.response.recovered_at is not None
        return self.status not in FINAL and self.status != "watching" and not held


def begin(number: int, event: Opened) -> Incident:
    """The state after the first fact."""
    return Incident(
        number=number,
        version=1,
        opened=event,
        categories=tuple(dict.fromkeys(s.category for s in event.signs)),
        watched={s.ref: Watched(sign=s) for s in event.signs},
        climbs=_begun(event.at),
    )


def _begun(at: datetime) -> dict[Ladder, Climb]:
    return {"unacknowledged": Climb(began=at), "unmitigated": Climb(began=at)}


def evolve(state: Incident, event: Event) -> Incident:
    """The state after one more fact. It never refuses: what is in the log is true."""
    version = state.version + 1
    if (
        isinstance(event, PageRequested) and event.purpose == "update"
    ):  # the older would say what is no longer so
        state = replace(state, outbox=box.withdraw_told(state.outbox, "update"))
    before, after = STATUS_AFTER.get(type(event), (FINAL, state.status))
    state = replace(
        state,
        version=version,
        status=after if state.status in before else state.status,
        known=knowledge.evolve(state.known, event),
        response=response.evolve(state.response, event, version),
        outbox=box.evolve(state.outbox, event, version),
    )
    step = _STEPS.get(type(event))
    return step(state, event) if step else state


def _joined(state: Incident, event: SignalsJoined) -> Incident:
    new = any(sign.ref not in state.watched for sign in event.signs)
    since = state.news_from or (event.at if new else None)
    signals = watched.joined(state.watched, event.signs)
    return replace(state, watched=signals, lost=lost.seen(state.lost), news_from=since)


def _widened(state: Incident, event: Widened) -> Incident:
    return _set_aside(replace(state, categories=(*state.categories, event.category)), event.at)


def _set_aside(state: Incident, at: datetime) -> Incident:
    """The acknowledgement was for another matter: the unacknowledged ladder begins anew."""
    climbs = {**state.climbs, "unacknowledged": Climb(began=at)}
    return replace(state, acknowledged_by=None, acknowledged_until=None, climbs=climbs)


def _majority(state: Incident, event: MajorityAffected) -> Incident:
    """An acknowledgement is set aside; where there is none, the ladder goes on as it stands."""
    if state.acknowledged_by is None:
        return replace(state, news_from=state.news_from or event.at)
    return _set_aside(state, event.at)


def _reopened(state: Incident, event: Reopened) -> Incident:
    outbox = box.withdraw_told(state.outbox, "recovered")  # it would say what is no longer true
    again = state.reopenings + 1
    anew = replace(state, outbox=outbox, mitigated_at=None, reopenings=again, climbs=_begun(event.at))
    return _set_aside(anew, event.at)


def _acknowledged(state: Incident, event: Acknowledged | Taken) -> Incident:
    return replace(
        state,
        acknowledged_at=state.acknowledged_at or event.at,
        acknowledged_by=event.by,
        acknowledged_until=event.until,
        outbox=box.withdraw_told(box.withdraw(state.outbox, "unacknowledged"), "still-on-it"),
    )


def _expired(state: Incident, event: AcknowledgementExpired) -> Incident:
    climb = Climb(began=event.at, owner=event.owner, level=event.level)
    return replace(
        state,
        acknowledged_by=None,
        acknowledged_until=None,
        climbs={**state.climbs, "unacknowledged": climb},
        outbox=box.withdraw_told(state.outbox, "still-on-it"),
    )


def _progressed(state: Incident, event: Event) -> Incident:
    """Any action of a person keeps the acknowledgement; what we do ourselves is no word of theirs."""
    ours = getattr(event, "by", "") == WATCHER
    if state.acknowledged_by is None or ours or (isinstance(event, Noted) and not event.action):
        return state
    return replace(state, acknowledged_until=event.at + state.policy.acknowledgement_expires)


def _deployed(state: Incident, event: Deployed) -> Incident:
    """What was to be done is done: a message that still waits to say so is needless."""
    outbox = box.withdraw_told(state.outbox, "turned")
    signals = watched.anew(state.watched, event.deployed_at)
    return _progressed(replace(state, watched=signals, outbox=outbox), event)


def _requested(state: Incident, event: PageRequested) -> Incident:
    if event.purpose == "still-on-it":
        state = replace(state, asked_for=state.acknowledged_until)
    if event.kind == "wake" or event.purpose == "news":
        state = replace(state, news_from=None)
    if event.ladder is None or event.rung is None:
        return state
    climb = state.climbs[event.ladder].fire(event.rung, event.at, state.version)
    return replace(state, climbs={**state.climbs, event.ladder: climb})


def _reached_nobody(state: Incident, event: ReachedNobody) -> Incident:
    climbs = {**state.climbs, event.ladder: state.climbs[event.ladder].hurry(event.rung + 1, event.at)}
    return replace(state, climbs=climbs, nobody=state.nobody | {event.page})


def _watch_regained(state: Incident, event: WatchRegained) -> Incident:
    return replace(state, lost=lost.regain(state.lost, event.at), outbox=box.hasten(state.outbox, event.at))


def _mitigated(state: Incident, event: Mitigated) -> Incident:
    told = box.withdraw_told(state.outbox, "news", "turned", "words", "still-on-it")
    return replace(state, mitigated_at=event.at, lost=None, outbox=box.withdraw(told))


def _closed(state: Incident, event: Closed) -> Incident:
    told = box.withdraw_told(state.outbox, *response.OVERTAKEN)
    return replace(state, closed=event, outbox=box.withdraw(told))


def _others(state: Incident, event: ChangeSeen) -> tuple[ChangeSeen, ...]:
    """What is told again, with more, replaces what was told."""
    return tuple(c for c in state.changes if (c.version, c.system) != (event.version, event.system))


_STEPS: dict[type[Event], Callable[[Incident, Any], Incident]] = {
    SignalsJoined: _joined,
    SignalsCleared: lambda state, e: replace(state, watched=watched.cleared(state.watched, e.refs, e.at)),
    SignalsUnseen: lambda state, e: replace(state, watched=watched.unseen(state.watched, e)),
    Widened: _widened,
    ChangeSeen: lambda state, event: replace(state, changes=(*_others(state, event), event)),
    Recommended: lambda state, event: replace(state, recommended=event),
    PageRequested: _requested,
    Acknowledged: _acknowledged,
    Taken: _acknowledged,
    AcknowledgementExpired: _expired,
    Noted: _progressed,
    FactStated: _progressed,
    Decided: _progressed,
    Ticked: _progressed,
    Updated: _progressed,
    FixApproved: _progressed,
    Deployed: _deployed,
    VerificationPassed: _progressed,
    MajorityAffected: _majority,
    EscalationAsked: _progressed,
    ReachedNobody: _reached_nobody,
    WatchLost: lambda state, e: replace(state, lost=lost.lose(state.lost, e)),
    WatchRegained: _watch_regained,
    StillFailing: lambda state, _: replace(state, lost=lost.seen(state.lost)),
    Mitigated: _mitigated,
    Reopened: _reopened,
    Closed: _closed,
}
