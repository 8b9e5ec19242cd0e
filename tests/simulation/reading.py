"""Readings of a tape that properties share: courses of incidents, spans, owed deliveries, time that was lived.

They read event fields alone, and call nothing that decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from tests.simulation.tape import Absence, Attempt, Tape, Written
from watcher.incident.event import (
    Acknowledged,
    AcknowledgementExpired,
    Closed,
    MarkedFalse,
    Mitigated,
    Opened,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Reopened,
    Resolved,
    Taken,
    Widened,
)
from watcher.incident.findings import MajorityAffected
from watcher.incident.record import Delivery
from watcher.incident.surroundings import Confirmed, Dismissed, SightRegained, SourceSighted

NOUGHT = timedelta(0)
SECOND = timedelta(seconds=1)
ENDS = (Mitigated, Resolved, MarkedFalse)
ANSWERS = (Acknowledged, Taken)
BEGINS = (Opened, Reopened, Widened, AcknowledgementExpired, MajorityAffected)
OVER = (Closed, Confirmed, Dismissed, SightRegained, SourceSighted)
FALLBACK_AFTER = timedelta(seconds=30)
AWAY_AFTER = timedelta(seconds=95)
"""A shorter absence is none: a minute, and the turn that it may hide in."""
WAIT_MAX = timedelta(seconds=15)
"""The longest stretch for which the daemon waits: after a leap of the clock it sees the time again within it."""


@dataclass(slots=True)
class Span:
    """A stretch of an incident's life; `end` is the row that ended it, None at the tape's end."""

    stream: str
    begin: Written
    end: Written | None
    until: datetime

    @property
    def end_order(self) -> float:
        return self.end.order if self.end else float("inf")


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


class Reading:
    """A tape with its indexes."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.incidents = tape.streams("incident")
        self.suspicions = tape.streams("suspicion")

    # -- time

    def lived(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from..until the daemon could act in."""
        return end - start - overlap(self._gone, start, end)

    def watched(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from..until passed for the daemon: what it slept through, or leapt over, did not."""
        return end - start - overlap(self._away, start, end)

    @cached_property
    def _gone(self) -> list[tuple[datetime, datetime]]:
        late = {a: NOUGHT if a.because == "down" else WAIT_MAX for a in self.tape.absences}
        return merged([(a.start, a.end + more) for a, more in late.items()])

    @cached_property
    def _away(self) -> list[tuple[datetime, datetime]]:
        return merged([(a.start, a.end) for a in self.tape.absences if a.end - a.start > AWAY_AFTER])

    def back_after(self, at: datetime, within: timedelta) -> datetime:
        """The moment, put off by every absence that ends within so long before it, or spans it."""
        for first, last in self._gone:
            if first - SECOND <= at and last + within > at:
                at = last + within
        return at

    @cached_property
    def long_absences(self) -> list[Absence]:
        """When we were away so long that a fresh look is owed."""
        return [a for a in self.tape.absences if a.end - a.start > AWAY_AFTER]

    # -- attempts

    @cached_property
    def attempts(self) -> dict[tuple[str, int, str], list[Attempt]]:
        found: dict[tuple[str, int, str], list[Attempt]] = {}
        for attempt in self.tape.attempts:
            found.setdefault(attempt.delivery, []).append(attempt)
        return found

    @cached_property
    def of_stream(self) -> dict[str, list[Attempt]]:
        found: dict[str, list[Attempt]] = {}
        for attempt in self.tape.attempts:
            found.setdefault(attempt.stream, []).append(attempt)
        return found

    @cached_property
    def of_target(self) -> dict[str, list[Attempt]]:
        found: dict[str, list[Attempt]] = {}
        for attempt in self.tape.attempts:
            found.setdefault(attempt.target, []).append(attempt)
        return found

    def busy(self, target: str, start: datetime, end: datetime) -> timedelta:
        """How long the target's lane was at work in between: sends follow one another."""
        spans = [(a.began, a.ended or a.began) for a in self.of_target.get(target, [])]
        inside = [(max(b, start), min(e, end)) for b, e in spans if b < end and e > start]
        return sum((last - first for first, last in merged(inside)), NOUGHT)

    def well(self, target: str, start: datetime, end: datetime) -> bool:
        """The target took whatever came, from..until: nothing was planned for it, and no try of anything failed."""
        planned = any(f.place == target and f.start < end and f.end > start for f in self.tape.faults)
        tries = (a for a in self.of_target.get(target, []) if start <= a.began <= end)
        return not planned and all(a.receipt is None or a.receipt.outcome == "accepted" for a in tries)

    # -- spans

    def spans(self, rows: list[Written], begins: tuple[type, ...], ends: tuple[type, ...]) -> Iterator[Span]:
        """Stretches that a row of `begins` begins, and one of `ends` (or of `begins`) ends."""
        open_: Written | None = None
        for row in rows:
            if isinstance(row.event, MajorityAffected) and not _sets_aside(rows, row):
                continue
            if open_ is not None and isinstance(row.event, (*begins, *ends)):
                yield Span(row.stream, open_, row, row.at)
                open_ = None
            if isinstance(row.event, begins):
                open_ = row
        if open_ is not None:
            yield Span(open_.stream, open_, None, self.tape.ended)

    def unanswered(self, rows: list[Written]) -> Iterator[Span]:
        """Nobody has it, and it has not ended."""
        yield from self.spans(rows, BEGINS, (*ENDS, *ANSWERS))

    # -- owed

    @cached_property
    def owed(self) -> list[Owed]:
        """Every delivery of every page, stand-ins included."""
        streams: dict[str, list[Written]] = {}
        for row in self.tape.rows:
            streams.setdefault(row.stream, []).append(row)
        return [one for rows in streams.values() for one in _owed(rows)]

    @cached_property
    def owed_by_key(self) -> dict[tuple[str, int, str], list[Owed]]:
        found: dict[tuple[str, int, str], list[Owed]] = {}
        for one in self.owed:
            found.setdefault(one.key, []).append(one)
        return found


def _sets_aside(rows: list[Written], row: Written) -> bool:
    """Only where somebody had it: that was for another matter."""
    kinds = (*ANSWERS, Opened, Reopened, Widened, AcknowledgementExpired)
    before = [r.event for r in rows if r.order < row.order and isinstance(r.event, kinds)]
    return isinstance(before[-1], ANSWERS)


def _owed(rows: list[Written]) -> list[Owed]:
    found: dict[tuple[int, str], Owed] = {}
    for row in rows:
        event = row.event
        if isinstance(event, PageRequested):
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


def overlap(spans: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """How much of start..end lies in the spans."""
    inside = [min(last, end) - max(first, start) for first, last in spans if first < end and last > start]
    return sum(inside, NOUGHT)


def merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time, each moment once."""
    out: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
