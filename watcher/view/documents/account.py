"""What the log of one incident amounts to: its times, its impact, what helped and what did not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.incident import advice, checklist, protocol
from watcher.incident.compose import clock, spell
from watcher.incident.event import (
    Acknowledged,
    AcknowledgementExpired,
    ChangeSeen,
    Escalated,
    Event,
    Mitigated,
    Opened,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    ReachedNobody,
    Reopened,
    SignalsUnseen,
    WatchLost,
)
from watcher.incident.findings import Decided, ImpactMeasured
from watcher.incident.responding import Deployed, VerificationFailed, VerificationPassed
from watcher.incident.state import Incident
from watcher.view.timeline import Numbered

QUICK_ACK = timedelta(minutes=5)
NAMED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One incident and the events that led to it, oldest first."""

    state: Incident
    rows: Sequence[Numbered]

    def all(self, *kinds: type[Event]) -> list[Event]:
        return [row.event for row in self.rows if isinstance(row.event, kinds)]

    def at(self, *kinds: type[Event]) -> datetime | None:
        """When the first of them happened."""
        return next((e.at for e in self.all(*kinds)), None)

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
        return next((e.at for e in self.all(PageAccepted) if getattr(e, "page", None) in wakes), None)

    @property
    def ended_at(self) -> datetime | None:
        """When the harm ended: the mitigation that held; where there was none, the closing."""
        return self.state.mitigated_at or (self.state.closed.at if self.state.closed else None)

    @property
    def mended_by(self) -> Deployed | None:
        """The deployment that ended the harm; while it lasts, the last one."""
        response = self.state.response
        return response.held if self.state.mitigated_at is not None else response.deployed

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
    return [
        ("Noticed", start - state.started_at, "estimated start of the harm to the first signal"),
        ("Paged", _since(account.paged_at, start), "first signal to the first page taken"),
        ("Acknowledged", _since(state.acknowledged_at, start), "first signal to the first person"),
        ("Decided", _since(decided, start), "first signal to the decision"),
        ("Restored (MTTR)", _since(account.ended_at, start), "first signal to the mitigation that held"),
        ("Closed", _since(closed, start), "first signal to the end"),
    ]


def after(took: timedelta) -> str:
    """How long after the first signal, in words."""
    return "within a second" if took < timedelta(seconds=1) else f"after {spell(took)}"


def _since(at: datetime | None, start: datetime) -> timedelta | None:
    return max(at - start, timedelta(0)) if at is not None else None


def went_well(account: Account) -> list[str]:
    """What the log speaks well of."""
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
    ended = account.ended_at
    if ended is not None and ended - state.detected_at <= protocol.TARGET:
        left = protocol.TARGET - (ended - state.detected_at)
        found.append(f"It was over {spell(left)} before the two hours were up.")
    met = [c for c in protocol.checkpoints(state) if c.standing == "met"]
    if met and not state.response.missed:
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
    if late > timedelta(minutes=3):
        found.append(f"It was noticed {spell(late)} after it began.")
    found += _pages_that_failed(account)
    if rungs := account.all(Escalated):
        found.append(f"It had to be escalated {_times(len(rungs))}.")
    if account.all(AcknowledgementExpired):
        found.append(
            f"An acknowledgement expired without a word {_times(len(account.all(AcknowledgementExpired)))}."
        )
    found += [
        f"Missed: {protocol.BY_NAME[name].asks} (due {clock(e.due)})."
        for name, e in state.response.missed.items()
    ]
    for failed in account.all(VerificationFailed):
        assert isinstance(failed, VerificationFailed)
        found.append(f"{failed.version or 'What was deployed'} did not hold ({clock(failed.at)}).")
    if state.reopenings:
        found.append(f"It came back {_times(state.reopenings)} after it was over.")
    found += _not_seen(account)
    return found


def _pages_that_failed(account: Account) -> list[str]:
    wakes = account.wakes
    failed: dict[str, int] = {}
    for event in account.all(PageFailed, PageAbandoned):
        target, page = getattr(event, "target", None), getattr(event, "page", 0)
        if target and page in wakes:
            failed[target] = failed.get(target, 0) + 1
    lines = [f"Paging {target} failed {_times(n)}." for target, n in list(failed.items())[:NAMED_MAX]]
    nobody = len(account.all(ReachedNobody))
    return [*lines, *([f"A rung of the ladder reached nobody {_times(nobody)}."] if nobody else [])]


def _not_seen(account: Account) -> list[str]:
    lost = account.all(WatchLost)
    blind = account.all(SignalsUnseen)
    lines = [f"The watcher itself was away {_times(len(lost))}."] if lost else []
    return [*lines, *([f"What failed was out of sight {_times(len(blind))}."] if blind else [])]


def _times(count: int) -> str:
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
    if state.started_at + timedelta(minutes=3) < state.detected_at:
        found.append(("Let it be noticed sooner", "a probe or a rule that sees it would have paged earlier"))
    if state.closed is not None and state.closed.deployment_caused and not _tested(state):
        found.append(("Have a test that fails as it failed", "a deployment caused it, and no test is named"))
    open_ = [line.item for line in checklist.lines(state) if not line.done and line.item.name != "postmortem"]
    found += [(item.text, "not ticked") for item in open_ if item.phase in ("deploy", "after")]
    return found


def _tested(state: Incident) -> bool:
    return "regression-test" in state.response.ticked


def _failing(account: Account) -> list[str]:
    wakes = account.wakes
    failed = (e for e in account.all(PageFailed) if isinstance(e, PageFailed) and e.page in wakes)
    return list(dict.fromkeys(e.target for e in failed))[:NAMED_MAX]


def contradictions(account: Account) -> list[str]:
    """What cannot be true together: while one stands, no document of it is final."""
    state, found = account.state, []
    for event in account.all(Deployed):
        assert isinstance(event, Deployed)
        if event.deployed_at < state.started_at:
            found.append(
                f"the fix went out at {clock(event.deployed_at)}, before the harm began ({clock(state.started_at)})"
            )
    if state.closed is not None and state.status == "resolved":
        found += _open_ends(state)
    stated, most = state.known.said("affected", int), _most(account.all(ImpactMeasured))
    if stated is not None and most is not None and stated < most:
        found.append(f"{stated} users are stated as affected, and at least {most} were counted")
    return found + _order(account)


def _open_ends(state: Incident) -> list[str]:
    fails = [
        w.sign.title
        for w in state.watched.values()
        if not w.clean and not w.sign.source.startswith("report:")
    ]
    found = [
        f"it is closed as resolved, and was never seen clean again: {title}" for title in fails[:NAMED_MAX]
    ]
    deployed, response = state.response.deployed, state.response
    if deployed is not None and response.passed is None:
        found.append("a fix was deployed, and nobody saw that it holds")
    return found


def _most(impacts: Iterable[Event]) -> int | None:
    counted = [i.affected for i in impacts if isinstance(i, ImpactMeasured) and i.affected is not None]
    return max(counted, default=None)


def _order(account: Account) -> list[str]:
    """What follows must not come before what it follows."""
    decided, deployed = account.at(Decided), account.all(Deployed)
    found = []
    if (
        decided is not None
        and deployed
        and isinstance(deployed[0], Deployed)
        and deployed[0].deployed_at < decided
    ):
        found.append(
            f"it was deployed at {clock(deployed[0].deployed_at)}, and decided only at {clock(decided)}"
        )
    acked, opened = account.at(Acknowledged), account.at(Opened)
    if acked is not None and opened is not None and acked < opened:
        found.append("it was acknowledged before it was opened")
    mitigated = account.at(Mitigated)
    if mitigated is not None and account.state.started_at > mitigated:
        found.append("it ended before it began")
    return found
