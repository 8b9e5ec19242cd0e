"""Properties of restraint: nobody is woken because we were away, and nobody once it is answered or over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.simulation.owing import ANSWERS, ENDS
from tests.simulation.reading import BEGINS, NOUGHT, Reading, Span
from tests.simulation.tape import Written
from watcher.incident.event import (
    Closed,
    Escalated,
    EscalationAsked,
    Mitigated,
    PageRequested,
    ReachedNobody,
    Reopened,
    SignalsJoined,
    StillFailing,
    WatchLost,
    WatchRegained,
)

LOOK_WITHIN = timedelta(seconds=90)
OFFLINE_MAX = timedelta(minutes=15)


def stays_down(reading: Reading) -> Iterator[str]:
    """Nobody climbs because we were away: first a look that tells, or the time for one."""
    for rows in reading.incidents.values():
        for row in rows:
            if not isinstance(row.event, Escalated) or helped(rows, row):
                continue
            away = [
                a
                for a in reading.long_absences
                if rows[0].at < a.start and a.end <= row.at < a.end + LOOK_WITHIN
            ]
            for absence in away:
                looked = any(
                    isinstance(r.event, StillFailing | SignalsJoined)
                    and r.at >= absence.end
                    and r.order < row.order
                    for r in rows
                )
                if not looked and not _hurried(rows, row):
                    yield f"{row.stream} climbs at {row.at:%d %H:%M:%S}, back since {absence.end:%H:%M:%S}, without a look"


def stays_down_offline(reading: Reading) -> Iterator[str]:
    """Nor while our own network is away, for a quarter of an hour; nor before the look after that."""
    for rows in reading.incidents.values():
        for span in reading.spans(rows, (WatchLost,), (WatchRegained, Mitigated, Closed)):
            lost, end = span.begin.event, span.end.event if span.end else None
            if not isinstance(lost, WatchLost) or lost.because != "offline":
                continue
            back = isinstance(end, WatchRegained)
            until = min(span.until + (LOOK_WITHIN if back else NOUGHT), lost.at + OFFLINE_MAX)
            climbs = (r for r in rows if r.order > span.begin.order and isinstance(r.event, Escalated))
            for row in climbs:
                if (
                    row.at < until
                    and not _looked(rows, span, row)
                    and not helped(rows, row)
                    and not _hurried(rows, row)
                ):
                    yield f"{row.stream} climbs at {row.at:%d %H:%M:%S}, offline since {lost.at:%H:%M:%S}"


def _looked(rows: list[Written], span: Span, row: Written) -> bool:
    """A look told, once our network was back."""
    looks = (StillFailing, SignalsJoined)
    return any(isinstance(r.event, looks) and span.end_order <= r.order < row.order for r in rows)


def _hurried(rows: list[Written], row: Written) -> bool:
    """The rung before it reached nobody."""
    return any(r.append == row.append and isinstance(r.event, ReachedNobody) for r in rows)


def silent_when_over(reading: Reading) -> Iterator[str]:
    """No ladder asks for a page once it is answered, mitigated or closed, but a person who asks for help."""
    for rows in reading.incidents.values():
        for span in reading.spans(rows, (Mitigated, Closed), (Reopened,)):
            for page in _asked_within(rows, span):
                yield f"{span.stream} asks for a page at {page.at:%d %H:%M:%S}, after it was over"
        for span in reading.spans(rows, ANSWERS, (*BEGINS, *ENDS)):
            for page in _asked_within(rows, span):
                if getattr(page.event, "ladder", None) == "unacknowledged":
                    yield f"{span.stream} climbs at {page.at:%d %H:%M:%S} though somebody has it"


def rests(reading: Reading) -> Iterator[str]:
    """Quiet after a deployment, and not seen in use: no ladder climbs until something tells."""
    for rows in reading.incidents.values():
        for began, ended in reading.rests(rows):
            for row in rows:
                ladder = isinstance(row.event, PageRequested) and row.event.ladder is not None
                if ladder and began < row.at < ended and not helped(rows, row):
                    yield f"{row.stream}/{row.version} rings at {row.at:%d %H:%M:%S}, quiet since {began:%H:%M:%S}"


def _asked_within(rows: list[Written], span: Span) -> list[Written]:
    inside = (r for r in rows if span.begin.order < r.order < span.end_order)
    return [r for r in inside if wake_asked(r) and not helped(rows, r)]


def not_begun_when_over(reading: Reading) -> Iterator[str]:
    """Nor does a page that was asked for before go out after."""
    for one in reading.owed:
        if one.withdrawn is None or one.page.kind != "wake":
            continue
        for attempt in reading.attempts.get(one.key, []):
            if attempt.order > one.withdrawn.order:
                what = type(one.withdrawn.event).__name__
                yield f"{one.key} is begun at {attempt.began:%d %H:%M:%S}, after {what} at {one.withdrawn.at:%H:%M:%S}"


def helped(rows: list[Written], row: Written) -> bool:
    return any(r.append == row.append and isinstance(r.event, EscalationAsked) for r in rows)


def wake_asked(row: Written) -> bool:
    return isinstance(row.event, PageRequested) and row.event.kind == "wake"
