"""What is owed: every delivery of every page, with what the log says of it in order. It reads event fields alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation.tape import Written
from watcher.incident.event import (
    Acknowledged,
    Closed,
    MarkedFalse,
    Mitigated,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Reopened,
    Resolved,
    Taken,
)
from watcher.incident.record import Delivery
from watcher.incident.surroundings import Confirmed, Dismissed, SightRegained, SourceSighted

ENDS = (Mitigated, Resolved, MarkedFalse)
ANSWERS = (Acknowledged, Taken)
OVER = (Closed, Confirmed, Dismissed, SightRegained, SourceSighted)


@dataclass(slots=True)
class Owed:
    """One delivery of one page: what the log says of it, in order."""

    request: Written
    page: PageRequested
    delivery: Delivery
    due: datetime
    results: list[Written] = field(default_factory=list)
    withdrawn: Written | None = None
    stand_in: bool = False

    @property
    def key(self) -> tuple[str, int, str]:
        return self.request.stream, self.request.version, self.delivery.target


def owed_of(rows: list[Written]) -> list[Owed]:
    found: dict[tuple[int, str], Owed] = {}
    for row in rows:
        event = row.event
        if isinstance(event, PageRequested):
            if event.purpose == "update":  # a newer one takes the place of those that wait
                _overtake(found, row)
            for d in event.deliveries:
                found[row.version, d.target] = Owed(row, event, d, event.at)
        elif isinstance(event, PageAccepted | PageFailed | PageAbandoned) and event.target is not None:
            _result(found, row, event.page, event.target)
        elif isinstance(event, (*ANSWERS, *ENDS, *OVER, Reopened)):
            _withdraw(found, row)
    return list(found.values())


def _result(found: dict[tuple[int, str], Owed], row: Written, page: int, target: str) -> None:
    one = found.get((page, target))
    if one is None:
        primary = next(
            (o for (p, _), o in found.items() if p == page and o.delivery.fallback == target), None
        )
        if primary is None:
            return
        one = Owed(primary.request, primary.page, Delivery(target=target), primary.due, stand_in=True)
        taken = (r for r in primary.results if isinstance(r.event, PageAccepted))
        one.withdrawn = primary.withdrawn or next(taken, None)
        found[page, target] = one
    one.results.append(row)
    spared = found.get((page, one.delivery.fallback or ""))
    if isinstance(row.event, PageAccepted) and spared is not None and spared.stand_in:
        spared.withdrawn = spared.withdrawn or row


def _overtake(found: dict[tuple[int, str], Owed], row: Written) -> None:
    for one in found.values():
        if one.page.purpose == "update":
            one.withdrawn = one.withdrawn or row


def _withdraw(found: dict[tuple[int, str], Owed], row: Written) -> None:
    for one in found.values():
        if one.withdrawn is None and _is_over(one.page, row):
            one.withdrawn = row


def _is_over(page: PageRequested, row: Written) -> bool:
    """What the row says makes the page needless: it need not be tried again."""
    if isinstance(row.event, SourceSighted):
        return True
    if page.kind == "wake":
        if isinstance(row.event, Reopened):
            return False
        answered = isinstance(row.event, ANSWERS) and row.stream.startswith("incident")
        return not answered or page.ladder == "unacknowledged"
    return isinstance(row.event, Closed | Reopened) and page.purpose == "recovered"
