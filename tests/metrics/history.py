"""An invented past: incidents as the daemon would have recorded them, written into a real log.

Seeded. Days without incidents come in whole weeks. The last ones are set: one open, one that came back, a false alarm, a
drill. Milestones come from the machine that the daemon folds with; what a test expects is read from the events alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from rules.signal import CATEGORIES, Category
from tests.support import policy
from watcher.clock import Clock
from watcher.inbox import Committed
from watcher.incident.event import (
    Acknowledged,
    Closed,
    Escalated,
    Event,
    MarkedFalse,
    Mitigated,
    Noted,
    Opened,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recommended,
    Reopened,
    Resolved,
)
from watcher.incident.findings import Decided, Judged
from watcher.incident.machines import MACHINES, fold, kind_of
from watcher.incident.milestones import columns
from watcher.incident.record import Delivery, Sign
from watcher.incident.responding import CheckpointMet, CheckpointMissed
from watcher.incident.surroundings import Confirmed, Dismissed, DrillAnswered, Suspected
from watcher.log import Append, Log
from watcher.serve.metrics import Metrics

Fate = Literal["resolved", "reopened", "false", "unanswered", "unmitigated", "open", "drill"]
FATES = get_args(Fate)
USUAL: tuple[Fate, ...] = ("resolved",) * 12 + ("reopened", "false", "unanswered", "unmitigated", "drill")
LAST: tuple[Fate, ...] = (
    "resolved",
    "resolved",
    "reopened",
    "false",
    "drill",
    "unanswered",
    "resolved",
    "open",
)
BATCH = 200
"""Incidents a transaction: ten thousand take seconds."""
PAGE = tuple(f"line {n} of a page, as long as such lines are when they say what happened" for n in range(8))
PHONE = Delivery(target="ann-phone", contact="ann", wakes=True)
CHAT = Delivery(target="chat", contact="ann")


@dataclass(slots=True)
class Tale:
    """One incident being told; `at` is the moment of the last fact."""

    at: datetime
    events: list[Event] = field(default_factory=list)

    def add(self, told: type[Event], after: float = 0, /, **facts: Any) -> int:
        """One more fact, so many seconds later; answers its place in the stream."""
        self.at += timedelta(seconds=after)
        self.events.append(told.model_validate({"at": self.at, **facts}))
        return len(self.events)


def moments(chance: random.Random, number: int, days: int, now: datetime) -> list[datetime]:
    """When incidents begin, in order: about every third week, from Monday to Monday, has none."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    this = midnight - timedelta(days=now.weekday())
    mondays = [this - timedelta(weeks=n) for n in range(1, max(days // 7, 2)) if n % 3]
    week = timedelta(days=6, hours=12).total_seconds()  # what begins late on a Sunday is still of its week
    return sorted(chance.choice(mondays) + timedelta(seconds=chance.uniform(0, week)) for _ in range(number))


def tell(chance: random.Random, fate: Fate, category: Category, began: datetime) -> list[Event]:
    """The facts of one incident."""
    received = began + timedelta(seconds=chance.uniform(1, 400))
    sign = _sign(chance, category, began, received)
    tale = Tale(received)
    tale.add(
        Opened,
        chance.uniform(0.01, 2),
        title=sign.title,
        category=category,
        environment="production",
        group="environment=production",
        rulebook="0" * 64,
        signs=(sign,),
        policy=policy(),
        service="shop",
        drill=fate == "drill",
    )
    _recommend(tale, chance)
    _page(tale, chance)
    if fate == "unanswered":
        tale.add(Escalated, 600, ladder="unacknowledged", rung=1)
        _page(tale, chance)
    else:
        tale.add(
            Acknowledged,
            chance.expovariate(1 / 240),
            by="ann",
            via="link",
            until=tale.at + timedelta(minutes=30),
        )
        _decide(tale, chance)
    if fate != "open":
        _end(tale, chance, fate)
    return tale.events


def _sign(chance: random.Random, category: Category, began: datetime, received: datetime) -> Sign:
    return Sign(
        source="health:api",
        key="state",
        title=f"{category} fails in part {chance.randrange(40)}",
        category=category,
        rule=f"{category}.invented",
        because=("40 users met errors within 5m",),
        system="api",
        started_at=began if chance.random() < 0.8 else None,
        seen_at=received,
        users=chance.randrange(5, 900),
    )


def _recommend(tale: Tale, chance: random.Random) -> None:
    letter = {"undecided": "undetermined-needs-human"}
    for _ in range(1 + (chance.random() < 0.2)):
        choice = chance.choice(("rollback", "rollback", "hotfix", "undecided"))
        tale.add(
            Recommended, choice=choice, letter=letter.get(choice, choice), headline=f"{choice}: first of all"
        )


def _page(tale: Tale, chance: random.Random) -> None:
    page = tale.add(
        PageRequested,
        kind="wake",
        purpose="rung",
        to=("on-call",),
        title="INC: P0",
        lines=PAGE,
        ladder="unacknowledged",
        rung=0,
        deliveries=(PHONE, CHAT),
    )
    if chance.random() < 0.1:
        tale.add(PageFailed, 1, page=page, target="ann-phone", attempt=1, reason="timeout", unknown=True)
        tale.add(PageAccepted, 4, page=page, target="ann-phone", attempt=2)
    else:
        tale.add(PageAccepted, chance.uniform(0.1, 9), page=page, target="ann-phone", attempt=1)
    tale.add(PageAccepted, 0.2, page=page, target="chat", attempt=1)


def _decide(tale: Tale, chance: random.Random) -> None:
    _checkpoint(tale, chance, "assessed")
    if chance.random() < 0.85:
        advised = [e.choice for e in tale.events if isinstance(e, Recommended)][-1]
        choice = advised if advised != "undecided" and chance.random() < 0.8 else "other"
        tale.add(Decided, chance.expovariate(1 / 300), by="ann", choice=choice, recommended=advised)
        _checkpoint(tale, chance, "decided")


def _checkpoint(tale: Tale, chance: random.Random, name: str) -> None:
    """Met in time, or missed and met late, or missed for good."""
    fate = chance.random()
    if fate < 0.7:
        tale.add(CheckpointMet, checkpoint=name, due=tale.at)
        return
    due = tale.at
    tale.add(CheckpointMissed, checkpoint=name, due=due)
    if fate < 0.9:
        tale.add(CheckpointMet, 120, checkpoint=name, due=due, late=timedelta(minutes=2))


def _end(tale: Tale, chance: random.Random, fate: Fate) -> None:
    if fate == "false":
        tale.add(MarkedFalse, 300, by="ann")
        tale.add(Closed, outcome="false_alarm", by="ann")
        return
    if fate != "unmitigated":
        tale.add(Mitigated, _repair(chance), because="every signal seen clean")
    if fate == "reopened":
        tale.add(Reopened, 1800, because="it fails again")
        _page(tale, chance)
        tale.add(Mitigated, _repair(chance), because="every signal seen clean")
    tale.add(Noted, 60, by="ann", text="the pool of connections was too small")
    tale.add(Resolved, chance.uniform(60, 7000), by="ann")
    caused = chance.choice((True, False, None))
    tale.add(Closed, outcome="resolved", by="ann", deployment_caused=caused)
    if chance.random() < 0.3:
        tale.add(Judged, 600, by="ann", right=chance.random() < 0.8)


def _repair(chance: random.Random) -> float:
    """Seconds: most within two hours, some at them exactly, some long after."""
    return 7200 if chance.random() < 0.02 else chance.lognormvariate(7.6, 1.1)


def tales(number: int, days: int, now: datetime, seed: int) -> Iterator[tuple[str, list[Event]]]:
    """Every stream and its facts, oldest first."""
    chance = random.Random(seed)
    old = moments(chance, number - len(LAST), days, now)
    fates: list[Fate] = [chance.choice(USUAL) for _ in old] + list(LAST)
    recent = [now - timedelta(hours=20 - 2 * n) for n in range(len(LAST))]
    for n, (fate, began) in enumerate(zip(fates, [*old, *recent], strict=True), 1):
        yield f"incident/{n}", tell(chance, fate, CATEGORIES[chance.randrange(5)], began)
    yield (
        "daemon",
        [DrillAnswered(at=now - timedelta(days=40), incident=1, by="ann", took=timedelta(minutes=2))],
    )
    endings: list[type[Event]] = [Confirmed, Dismissed, Dismissed]
    for n, ending in enumerate(endings, 1):
        at = now - timedelta(days=n)
        sign = _sign(chance, "data-loss", at, at)
        suspected = Suspected(at=at, sign=sign, environment="production")
        answer = ending.model_validate({"at": at + timedelta(minutes=5), "by": "ann"})
        yield f"suspicion/{n}", [suspected, answer]


def write(log: Log, *, number: int, days: int, now: datetime, seed: int = 1) -> None:
    """Invent so many incidents in the days before `now`, and keep them in the log, counters included."""
    metrics = Metrics(Clock(), version="invented")
    metrics.begin((), {})
    batch: list[Append] = []
    for stream, events in tales(number, days, now, seed):
        batch.append(_append(stream, events))
        if len(batch) == BATCH:
            _commit(log, metrics, batch, now)
            batch = []
    _commit(log, metrics, batch, now)


def _append(stream: str, events: Sequence[Event]) -> Append:
    machine = MACHINES[kind_of(stream)]
    incident = kind_of(stream) == "incident"
    state: Any = None
    former: dict[str, Any] = {}
    for event in events:  # one by one, as the daemon did it
        state = fold(stream, [event]) if state is None else machine.evolve(state, event)
        former = columns(state, former, (event,)) if incident else {}
    return Append(
        stream=stream,
        kind=kind_of(stream),
        expected_version=0,
        events=tuple(events),
        open=incident and state.closed is None,  # what is over has its post-mortem too
        drill=incident and state.opened.drill,
        columns=former,
    )


def _commit(log: Log, metrics: Metrics, batch: list[Append], now: datetime) -> None:
    rows = log.append(batch, metrics.tally(batch))
    metrics.turn(Committed(now, tuple(rows), {}))
