"""What a log says that cannot be true together: while it does, no document of it may be taken for final. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from watcher.incident.event import Acknowledged, Event, Mitigated, Opened
from watcher.incident.findings import ImpactMeasured
from watcher.incident.responding import Deployed
from watcher.incident.state import Incident
from watcher.incident.watched import by_word

NAMED_MAX = 5

A = TypeVar("A", bound=Event)


class Every(Protocol):
    """All events of a kind, oldest first."""

    def __call__(self, kind: type[A], /) -> list[A]: ...


def contradictions(state: Incident, every: Every) -> list[str]:
    """What cannot be true together: while one stands, no document of it is final."""
    found = [
        f"the fix went out at {_exact(event.deployed_at)}, before the harm began ({_exact(state.started_at)})"
        for event in every(Deployed)
        if event.deployed_at < state.started_at
    ]
    if state.closed is not None and state.status == "resolved":
        found += _open_ends(state)
    stated, most = state.known.said("affected", int), _most(every(ImpactMeasured))
    if stated is not None and most is not None and stated < most:
        found.append(f"{stated} users are stated as affected, and at least {most} were counted")
    return found + _order(state, every)


def _open_ends(state: Incident) -> list[str]:
    fails = [w.sign.title for w in state.watched.values() if not w.clean and not by_word(w.sign)]
    found = [
        f"it is closed as resolved, and was never seen clean again: {title}" for title in fails[:NAMED_MAX]
    ]
    deployed, response = state.response.deployed, state.response
    if deployed is not None and response.passed is None:
        found.append("a fix was deployed, and nobody saw that it holds")
    return found


def _most(impacts: Iterable[ImpactMeasured]) -> int | None:
    counted = [i.affected for i in impacts if i.affected is not None]
    return max(counted, default=None)


def _order(state: Incident, every: Every) -> list[str]:
    """What follows must not come before what it follows. A decision that is recorded late is no contradiction."""
    first = {kind: next((e.at for e in every(kind)), None) for kind in (Acknowledged, Opened, Mitigated)}
    acked, opened, mitigated = first[Acknowledged], first[Opened], first[Mitigated]
    found = []
    if acked is not None and opened is not None and acked < opened:
        found.append(f"it was acknowledged at {_exact(acked)}, and opened only at {_exact(opened)}")
    if mitigated is not None and state.started_at > mitigated:
        found.append(f"it ended at {_exact(mitigated)}, and began only at {_exact(state.started_at)}")
    return found


def _exact(at: datetime) -> str:
    """To the second: two moments that contradict each other must not look the same."""
    return f"{at:%H:%M:%S} UTC"
