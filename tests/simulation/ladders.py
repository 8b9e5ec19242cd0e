"""Properties of the ladders: pages go on until somebody answers, climb in their time, and stop when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.simulation.owing import ENDS
from tests.simulation.reading import BEGINS, NOUGHT, SECOND, Reading, Span, ended
from tests.simulation.restraint import wake_asked
from tests.simulation.tape import BEFORE, Attempt, Written
from watcher.incident.event import (
    Acknowledged,
    AcknowledgementExpired,
    Closed,
    EscalationAsked,
    Mitigated,
    Opened,
    PageFailed,
    PageRequested,
    ReachedNobody,
    Reopened,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
    Taken,
)
from watcher.incident.responding import Deployed
from watcher.incident.surroundings import Confirmed, Dismissed, Suspected

SLACK = timedelta(seconds=40)
"""One turn at the latest every 30 s, and the way to the target."""
RETRY_MAX = timedelta(seconds=60)
REPEAT = timedelta(minutes=3)
SEND_MAX = timedelta(seconds=15)
FALLBACK_AFTER = timedelta(seconds=30)
LOOK_WITHIN = timedelta(seconds=90)
RESUME_AFTER = timedelta(minutes=10)
RING_AFTER = timedelta(minutes=10)


def _opened(rows: list[Written]) -> Opened:
    event = rows[0].event
    assert isinstance(event, Opened)
    return event


def next_action(reading: Reading) -> Iterator[str]:
    """Acknowledged or watched, something happens within the time that the policy gives it."""
    for stream, rows in reading.incidents.items():
        policy = _opened(rows).policy
        for span in reading.spans(rows, (Acknowledged, Taken), (*BEGINS, *ENDS)):
            limit = policy.acknowledgement_expires + SLACK
            if ended(rows, span.begin):
                continue  # whoever has what is being watched need not say so
            yield from _gaps(reading, rows, span, limit, "acknowledged")
        for span in reading.spans(rows, (Mitigated,), (Reopened, Closed)):
            if _all_clean(rows, span):
                limit = policy.clean_for + policy.watch_for + SLACK
                yield from _gaps(reading, rows, span, limit, "watched")
        if any(isinstance(r.event, ENDS[1:]) for r in rows) != any(isinstance(r.event, Closed) for r in rows):
            yield f"{stream} ended without being closed"


def _gaps(reading: Reading, rows: list[Written], span: Span, limit: timedelta, what: str) -> Iterator[str]:
    moments = [r.at for r in rows if span.begin.order <= r.order < span.end_order] + [span.until]
    for one, other in pairwise(moments):
        if reading.lived(one, other) > limit:
            yield f"{span.stream} is {what} and silent from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"


def _all_clean(rows: list[Written], span: Span) -> bool:
    """Every signal is seen clean from the beginning on, and none fails or is lost from sight in between."""
    clean: dict[str, bool] = {}
    for row in rows:
        event = row.event
        if row.order >= span.end_order:
            break
        if row.order > span.begin.order and isinstance(event, SignalsUnseen | SignalsJoined | SignalsCleared):
            return False
        if isinstance(event, Opened | SignalsJoined):
            clean.update(dict.fromkeys((sign.ref for sign in event.signs), False))
        elif isinstance(event, SignalsCleared | SignalsUnseen):
            clean.update(dict.fromkeys(event.refs, isinstance(event, SignalsCleared)))
    return all(clean.values())


def keeps_trying(reading: Reading) -> Iterator[str]:
    """While nobody answers, an attempt follows the other."""
    for rows in reading.incidents.values():
        repeat = _opened(rows).policy.unacknowledged[0].repeat or REPEAT
        for span in reading.unanswered(rows):
            tries = [at for a in _wakes(reading, span) for at in (a.began, a.ended or a.began)]
            inside = (at for at in [*tries, *_without_target(rows)] if span.begin.at < at < span.until)
            moments = [span.begin.at, *sorted(inside), span.until]
            limit, waits = repeat + RETRY_MAX + SEND_MAX + SLACK, _waits(rows)
            for one, other in pairwise(moments):
                allowed = max(one, _asked_to_wait(waits, other))
                waited = reading.waited(rows, allowed, other) if other > allowed else NOUGHT
                if waited > limit and waited - _at_work(reading, rows, allowed, other) > limit:
                    yield f"{span.stream} unanswered, nothing tried from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"


def _at_work(reading: Reading, rows: list[Written], start: datetime, end: datetime) -> timedelta:
    """How long the lanes were at work, of those to whom pages were due: others wait there as well."""
    pages = (r.event for r in rows if start <= r.at <= end and wake_asked(r))
    targets = {d.target for p in pages if isinstance(p, PageRequested) for d in p.deliveries}
    return max((reading.busy(target, start, end) for target in targets), default=NOUGHT)


def _without_target(rows: list[Written]) -> list[datetime]:
    """Tries that the world did not see: the configuration had lost the target."""
    return [r.at for r in rows if isinstance(r.event, PageFailed) and r.event.reason == "no_such_target"]


def _asked_to_wait(waits: list[tuple[datetime, datetime]], at: datetime) -> datetime:
    """Until when a service had asked us to wait, at that moment."""
    return max((until for since, until in waits if since <= at), default=BEFORE)


def _waits(rows: list[Written]) -> list[tuple[datetime, datetime]]:
    """From when until when a service had asked us to wait."""
    return [
        (r.at, e.retry_at)
        for r in rows
        if isinstance(e := r.event, PageFailed) and e.reason == "rate_limited" and e.retry_at
    ]


def _wakes(reading: Reading, span: Span) -> list[Attempt]:
    return [
        a
        for a in reading.of_stream.get(span.stream, [])
        if a.page.kind == "wake" and span.begin.order < a.order < span.end_order
    ]


def keeps_ringing(reading: Reading) -> Iterator[str]:
    """As long as one of the on-call's ringing targets (or what stands in for it) accepts, it rings in time."""
    for rows in reading.incidents.values():
        for span in reading.unanswered(rows):
            yield from _rings(reading, rows, span)


def _rings(reading: Reading, rows: list[Written], span: Span) -> Iterator[str]:
    pages = [r.event for r in rows if span.begin.order < r.order < span.end_order and wake_asked(r)]
    lowest = [
        p for p in pages if isinstance(p, PageRequested) and (p.ladder, p.rung) == ("unacknowledged", 0)
    ]
    targets = set().union(*map(_ringing, lowest)) if lowest else set()
    rang = [a.ended for a in _wakes(reading, span) if a.ended and a.arrived and a.target in targets]
    repeat = _opened(rows).policy.unacknowledged[0].repeat or REPEAT
    limit = repeat + RETRY_MAX + FALLBACK_AFTER + 2 * SEND_MAX + SLACK
    moments, waits = [span.begin.at, *rang, span.until], _waits(rows)
    for one, other in pairwise(moments):
        begin = max(one, _asked_to_wait(waits, other))
        if begin < other and reading.waited(rows, begin, other) > limit:
            last = [p for p in lowest if p.at <= one][-1:]  # whoever is on call may have changed since
            asked = [_ringing(p) for p in lowest if one <= p.at < other] or [_ringing(p) for p in last]
            able = sorted(t for t in targets.intersection(*asked) if reading.well(t, begin, other))
            if able:
                yield f"{span.stream} unanswered, {able} well, no ring from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"


def _ringing(page: PageRequested) -> set[str]:
    """The targets of a page that ring, and what stands in for them."""
    ringing = {d.target for d in page.deliveries if d.wakes}
    return ringing | {d.fallback for d in page.deliveries if d.wakes and d.fallback}


def rungs(reading: Reading) -> Iterator[str]:
    """No rung late by more than an absence and one fresh look; none early without being asked for or hurried."""
    for rows in reading.incidents.values():
        policy = _opened(rows).policy
        for span in reading.spans(rows, (Opened, Reopened), ENDS):
            for number, rung in enumerate(policy.unmitigated):
                yield from _rung(reading, rows, span, "unmitigated", number, rung.after)
        for span in reading.unanswered(rows):
            if isinstance(span.begin.event, AcknowledgementExpired):
                yield from _rung(reading, rows, span, "unacknowledged", 1, RESUME_AFTER)
                continue
            for number, rung in enumerate(policy.unacknowledged):
                yield from _rung(reading, rows, span, "unacknowledged", number, rung.after)


def _rung(
    reading: Reading, rows: list[Written], span: Span, ladder: str, number: int, after: timedelta
) -> Iterator[str]:
    policy = _opened(rows).policy
    due = span.begin.at + after
    anew = sum(
        1 for r in rows if span.begin.order < r.order < span.end_order and isinstance(r.event, Deployed)
    )
    within = LOOK_WITHIN + (2 + anew) * policy.clean_for  # it may be clean since, and recover
    late = reading.put_off(rows, due + SLACK, within) + SLACK
    name = f"{span.stream} {ladder}[{number}] due {due:%d %H:%M:%S}"
    fired = [r for r in rows if span.begin.order < r.order <= span.end_order and _is_rung(r, ladder, number)]
    if not fired:
        if span.until > late and not _clean_since(reading, span, late, policy.clean_for):
            yield f"{name} never came until {span.until:%d %H:%M:%S}"
        return
    if fired[0].at > late:
        yield f"{name} came at {fired[0].at:%d %H:%M:%S}"
    if fired[0].at < due and not _asked(rows, span, fired[0]):
        yield f"{name} came early, at {fired[0].at:%d %H:%M:%S}"


def _clean_since(reading: Reading, span: Span, late: datetime, clean_for: timedelta) -> bool:
    """It was away, nothing failed at the first look, and it recovered: nobody had to climb."""
    away = any(span.begin.at - SECOND <= a.end <= span.until for a in reading.long_absences)
    healed = span.end is not None and isinstance(span.end.event, Mitigated)
    return away and healed and span.until - clean_for <= late


def _is_rung(row: Written, ladder: str, number: int) -> bool:
    event = row.event
    return isinstance(event, PageRequested) and (event.ladder, event.rung) == (ladder, number)


def _asked(rows: list[Written], span: Span, fired: Written) -> bool:
    """A person asked for help, or the rung before reached nobody."""
    before = [r for r in rows if span.begin.order < r.order < fired.order]
    return any(isinstance(r.event, EscalationAsked | ReachedNobody) for r in before)


def suspicions(reading: Reading) -> Iterator[str]:
    """Told at once; unanswered for ten minutes it rings, and again every few minutes."""
    for stream, rows in reading.suspicions.items():
        answered = (Confirmed, Dismissed, Acknowledged)
        for span in reading.spans(rows, (Suspected,), answered):
            rings = [r.at for r in rows if r.order < span.end_order and wake_asked(r)]
            due = span.begin.at + RING_AFTER
            if span.until > reading.back_after(due, timedelta(0)) + SLACK and not rings:
                yield f"{stream} unanswered since {span.begin.at:%d %H:%M:%S} never rang"
            tries = sorted([*(a.began for a in _wakes(reading, span)), *_without_target(rows)])
            moments, waits = [due, *(at for at in tries if due < at < span.until), span.until], _waits(rows)
            for one, other in pairwise(moments):
                begin = max(one, _asked_to_wait(waits, other))
                if begin < other and reading.lived(begin, other) > REPEAT + RETRY_MAX + 2 * SEND_MAX + SLACK:
                    yield f"{stream} unanswered, nothing tried from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"
