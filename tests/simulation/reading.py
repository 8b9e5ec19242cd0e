"""Readings of a tape that properties share: courses of incidents, spans, owed deliveries, time that was lived.

They read event fields alone, and call nothing that decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from tests.simulation.owing import ANSWERS, ENDS, Owed, owed_of
from tests.simulation.tape import Absence, Attempt, Tape, Written
from watcher.incident.event import (
    AcknowledgementExpired,
    Mitigated,
    Opened,
    Recovered,
    Reopened,
    SignalsJoined,
    Widened,
)
from watcher.incident.findings import MajorityAffected
from watcher.incident.responding import Deployed, VerificationFailed, VerificationPassed

NOUGHT = timedelta(0)
SECOND = timedelta(seconds=1)
BEGINS = (Opened, Reopened, Widened, AcknowledgementExpired, MajorityAffected)
TELLS = (SignalsJoined, Deployed, VerificationPassed, VerificationFailed, *ENDS)
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


class Reading:
    """A tape with its indexes."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.incidents = tape.streams("incident")
        self.suspicions = tape.streams("suspicion")
        self._held_of: dict[str, list[tuple[datetime, datetime]]] = {}

    # -- time

    def lived(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from..until the daemon could act in."""
        return end - start - overlap(self._gone, start, end)

    def waited(self, rows: list[Written], start: datetime, end: datetime) -> timedelta:
        """How much of it the daemon could act in, and the incident's ladders ran."""
        return end - start - overlap(self._held(rows), start, end)

    def put_off(self, rows: list[Written], at: datetime, within: timedelta) -> datetime:
        """As `back_after`; and a ladder that rested goes on after."""
        return _after(self._held(rows), at, within)

    def _held(self, rows: list[Written]) -> list[tuple[datetime, datetime]]:
        stream = rows[0].stream
        if stream not in self._held_of:
            rest = self.rests(rows)
            self._held_of[stream] = (
                merged([*self._gone, *rest, *self._offline]) if rest or self._offline else self._gone
            )
        return self._held_of[stream]

    def rests(self, rows: list[Written]) -> list[tuple[datetime, datetime]]:
        """When the incident's ladders rested."""
        return _rests(rows, self.tape.ended)

    @cached_property
    def _offline(self) -> list[tuple[datetime, datetime]]:
        """Our own network was away."""
        return [(f.start, f.end + WAIT_MAX) for f in self.tape.faults if f.kind == "offline"]

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
        return _after(self._gone, at, within)

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
        return [one for rows in streams.values() for one in owed_of(rows)]

    @cached_property
    def owed_by_key(self) -> dict[tuple[str, int, str], list[Owed]]:
        found: dict[tuple[str, int, str], list[Owed]] = {}
        for one in self.owed:
            found.setdefault(one.key, []).append(one)
        return found


def _after(spans: list[tuple[datetime, datetime]], at: datetime, within: timedelta) -> datetime:
    for first, last in spans:
        if first - SECOND <= at and last + within > at:
            at = last + within
    return at


def _rests(rows: list[Written], ended: datetime) -> list[tuple[datetime, datetime]]:
    """After a deployment it was quiet, and nothing showed that it is in use: the ladders rest until something tells."""
    found: list[tuple[datetime, datetime]] = []
    began: datetime | None = None
    for row in rows:
        if began is not None and isinstance(row.event, TELLS):
            found.append((began, row.at))
            began = None
        same = (r.event for r in rows if r.append == row.append)
        if isinstance(row.event, Recovered) and not any(isinstance(e, Mitigated) for e in same):
            began = row.at
    return [*found, *([(began, ended)] if began else [])]


def _sets_aside(rows: list[Written], row: Written) -> bool:
    """Only where somebody had it: that was for another matter. What has ended is set aside by nothing."""
    kinds = (*ANSWERS, Opened, Reopened, Widened, AcknowledgementExpired)
    before = [r.event for r in rows if r.order < row.order]
    held = [e for e in before if isinstance(e, kinds)]
    return isinstance(held[-1], ANSWERS) and not ended(rows, row)


def ended(rows: list[Written], row: Written) -> bool:
    """At this row the incident was mitigated, or over."""
    kinds = (*ENDS, Opened, Reopened)
    last = [r.event for r in rows if r.order < row.order and isinstance(r.event, kinds)][-1:]
    return bool(last) and isinstance(last[0], ENDS)


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
