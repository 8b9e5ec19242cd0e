"""What the log of one incident amounts to: its times, its impact, what helped and what did not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, overload

from watcher.incident import advice, checklist, protocol
from watcher.incident.compose import clock, spell
from watcher.incident.event import (
    AcknowledgementExpired,
    ChangeSeen,
    Escalated,
    Event,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    ReachedNobody,
    Reopened,
    SignalsUnseen,
    WatchLost,
)
from watcher.incident.findings import Decided
from watcher.incident.responding import Deployed, VerificationFailed, VerificationPassed
from watcher.incident.state import Incident
from watcher.view.documents.contradictions import contradictions
from watcher.view.measures import LABELS, Measure
from watcher.view.timeline import Numbered

A = TypeVar("A", bound=Event)
B = TypeVar("B", bound=Event)

NOTICED_LATE = timedelta(minutes=3)
QUICK_ACK = timedelta(minutes=5)
NAMED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One incident and the events that led to it, oldest first."""

    state: Incident
    rows: Sequence[Numbered]

    @overload
    def all(self, kind: type[A], /) -> list[A]: ...
    @overload
    def all(self, kind: type[A], other: type[B], /) -> list[A | B]: ...
    def all(self, *kinds: type[Event]) -> list[Any]:
        """The events of these kinds, oldest first."""
        return [row.event for row in self.rows if isinstance(row.event, kinds)]

    @property
    def wakes(self) -> set[int]:
        """The pages that ring, by their place in the stream."""
        return {
            row.version
            for row in self.rows
            if isinstance(row.event, PageRequested) and row.event.kind == "wake"
        }

    @property
    def paged_at(self) -> datetime | None:
        wakes = self.wakes
        return next((e.at for e in self.all(PageAccepted) if e.page in wakes), None)

    @property
    def ended_at(self) -> datetime | None:
        """When the harm ended, as it was seen: the mitigation that held. A closing alone shows nothing."""
        return self.state.mitigated_at

    @property
    def over_at(self) -> datetime | None:
        """When it was over, or a person closed it."""
        return self.ended_at or (self.state.closed.at if self.state.closed else None)

    @property
    def mended_by(self) -> Deployed | None:
        """The deployment that ended the harm; none while it lasts."""
        return self.state.response.held if self.ended_at is not None else None

    def verified(self, deployed: Deployed) -> VerificationPassed | None:
        """The verification of one deployment: the first after it, and before the next."""
        later = (e for e in self.all(Deployed, VerificationPassed) if e.at >= deployed.at and e != deployed)
        first = next(later, None)
        return first if isinstance(first, VerificationPassed) else None

    @property
    def suspect(self) -> ChangeSeen | None:
        return advice.suspect(self.state)


def times(account: Account) -> list[tuple[str, timedelta | None, str]]:
    """Each response time: its name, how long, and from when to when in words."""
    state = account.state
    start = state.detected_at
    decided = state.known.decisions[0].at if state.known.decisions else None
    closed = state.closed.at if state.closed else None
    found: dict[Measure, tuple[timedelta | None, str]] = {
        "detect": (start - state.started_at, "estimated start of the harm to the first signal"),
        "page": (_since(account.paged_at, start), "first signal to the first page taken"),
        "acknowledge": (_since(state.acknowledged_at, start), "first signal to the first person"),
        "decide": (_since(decided, start), "first signal to the decision"),
        "restore": (_since(account.ended_at, start), "first signal to the mitigation that held"),
        "resolve": (_since(closed, start), "first signal to the end"),
    }
    return [(LABELS[measure], *row) for measure, row in found.items()]


def lasted(account: Account) -> str:
    """How long the harm lasted, as far as anybody saw."""
    state = account.state
    if account.ended_at is not None:
        return spell(account.ended_at - state.started_at)
    if state.closed is None:
        return "it goes on"
    if state.status == "false_alarm":
        return "it was a false alarm"
    closed = after(state.closed.at - state.started_at)
    return f"not known: it was closed {closed}, and nothing had shown that it was over"


def after(took: timedelta) -> str:
    """How long after the beginning, in words."""
    return "within a second" if took < timedelta(seconds=1) else f"after {spell(took)}"


def _since(at: datetime | None, start: datetime) -> timedelta | None:
    return max(at - start, timedelta(0)) if at is not None else None


def went_well(account: Account) -> list[str]:
    """What the log speaks well of. Of the end it says nothing that somebody did not see, or that is contradicted."""
    state, found = account.state, []
    paged = _since(account.paged_at, state.detected_at)
    if paged is not None and paged <= timedelta(minutes=1):
        found.append(f"The first page was taken {after(paged)}.")
    acked = _since(state.acknowledged_at, state.detected_at)
    if acked is not None and acked <= QUICK_ACK:
        found.append(f"A person had it {after(acked)}.")
    found += _advice_held(account)
    if state.response.passed is not None and not account.all(VerificationFailed, Reopened):
        found.append("The first deployment of the fix held.")
    return found + _ended_well(account)


def _ended_well(account: Account) -> list[str]:
    state, ended, found = account.state, account.ended_at, []
    if ended is None or contradictions(state, account.all):
        return []
    left = protocol.TARGET - (ended - state.detected_at)
    if left >= timedelta(0):
        found.append(f"It was over {spell(left)} before the two hours were up.")
    met = [c for c in protocol.checkpoints(state) if c.standing == "met"]
    if met and not state.response.missed and _unapproved(state) is None:
        found.append(f"All {len(met)} checkpoints that applied were met in time.")
    return found


def _advice_held(account: Account) -> list[str]:
    decided, response = account.state.known.decided, account.state.response
    if decided is None or decided.followed is not True or response.passed is None:
        return []
    return [f"The recommendation ({decided.choice}) was followed, and what was deployed held."]


def went_wrong(account: Account) -> list[str]:
    """What the log speaks ill of."""
    state, found = account.state, []
    late = state.detected_at - state.started_at
    if late > NOTICED_LATE:
        found.append(f"It was noticed {spell(late)} after it began.")
    found += _pages_that_failed(account) + _decided_late(account)
    if (version := _unapproved(state)) is not None:
        found.append(f"{version} went out, and nobody recorded that a senior approved it.")
    if rungs := account.all(Escalated):
        found.append(f"It had to be escalated {often(len(rungs))}.")
    if account.all(AcknowledgementExpired):
        found.append(
            f"An acknowledgement expired without a word {often(len(account.all(AcknowledgementExpired)))}."
        )
    found += [
        f"Missed: {protocol.BY_NAME[name].asks} (due {clock(e.due)})."
        for name, e in state.response.missed.items()
    ]
    for failed in account.all(VerificationFailed):
        found.append(f"{failed.version or 'What was deployed'} did not hold ({clock(failed.at)}).")
    if state.reopenings:
        found.append(f"It came back {often(state.reopenings)} after it was over.")
    found += _not_seen(account)
    return found


def _decided_late(account: Account) -> list[str]:
    """The usual night: hands were faster than the record."""
    decisions, deploys = account.all(Decided), account.all(Deployed)
    if not decisions or not deploys:
        return []
    late, what = decisions[0].at - deploys[0].deployed_at, deploys[0].version or "something"
    recorded = f"A decision was recorded only {spell(late)} after {what} was deployed."
    return [recorded] if late >= timedelta(seconds=1) else []


def _pages_that_failed(account: Account) -> list[str]:
    wakes = account.wakes
    failed: dict[str, int] = {}
    for event in account.all(PageFailed, PageAbandoned):
        if event.target and event.page in wakes:
            failed[event.target] = failed.get(event.target, 0) + 1
    lines = [f"Paging {target} failed {often(n)}." for target, n in list(failed.items())[:NAMED_MAX]]
    nobody = len(account.all(ReachedNobody))
    return [*lines, *([f"A rung of the ladder reached nobody {often(nobody)}."] if nobody else [])]


def _not_seen(account: Account) -> list[str]:
    lost = account.all(WatchLost)
    blind = account.all(SignalsUnseen)
    lines = [f"The watcher itself was away {often(len(lost))}."] if lost else []
    return [*lines, *([f"What failed was out of sight {often(len(blind))}."] if blind else [])]


def often(count: int) -> str:
    """Once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def actions(account: Account) -> list[tuple[str, str]]:
    """What is left to do, with why: as far as the log knows."""
    state = account.state
    found: list[tuple[str, str]] = []
    if state.response.behind is not None:
        found.append(
            (
                f"Bring forward what {state.response.behind} held, without its fault",
                "rolled back is not finished",
            )
        )
    if state.known.cause[0] != "known":
        found.append(("Find the cause", "nobody stated it"))
    found += [(f"Look at the target {target}", "it did not take a page") for target in _failing(account)]
    if state.detected_at - state.started_at > NOTICED_LATE:
        found.append(("Let it be noticed sooner", "a probe or a rule that sees it would have paged earlier"))
    if state.closed is not None and state.closed.deployment_caused and not _tested(state):
        found.append(("Have a test that fails as it failed", "a deployment caused it, and no test is named"))
    if (version := _unapproved(state)) is not None:
        found.append((f"Have a senior look at {version}", "no approval is recorded"))
    open_ = [line.item for line in checklist.lines(state) if not line.done and line.item.name != "postmortem"]
    found += [(item.text, "not ticked") for item in open_ if item.phase in ("deploy", "after")]
    return found


def _unapproved(state: Incident) -> str | None:
    """The hotfix that went out without an approval, which the clock forgives where the harm ended before it was due."""
    fix = next((d for d in reversed(state.response.deploys) if d.path == "hotfix"), None)
    return (fix.version or "A hotfix") if fix is not None and state.response.approved is None else None


def _tested(state: Incident) -> bool:
    return "regression-test" in state.response.ticked


def _failing(account: Account) -> list[str]:
    wakes = account.wakes
    failed = (e.target for e in account.all(PageFailed) if e.page in wakes)
    return list(dict.fromkeys(failed))[:NAMED_MAX]
