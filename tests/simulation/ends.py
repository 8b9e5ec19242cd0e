"""Properties of endings: what is answered expires, what is clean recovers, and whoever was paged hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.simulation.owing import ANSWERS, ENDS
from tests.simulation.reading import BEGINS, Reading, ended
from tests.simulation.tape import Written
from watcher.incident.event import (
    Closed,
    EscalationAsked,
    Mitigated,
    Noted,
    Opened,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recovered,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
)
from watcher.incident.findings import Decided, FactStated
from watcher.incident.responding import Deployed, FixApproved, Ticked, Updated, VerificationPassed
from watcher.incident.surroundings import Confirmed, Suspected

SLACK = timedelta(seconds=40)
PROGRESS = (
    Noted,
    EscalationAsked,
    FactStated,
    Decided,
    Ticked,
    Updated,
    FixApproved,
    Deployed,
    VerificationPassed,
)
SIGHT = (Opened, SignalsJoined, SignalsCleared, SignalsUnseen, Deployed)


def expires(reading: Reading) -> Iterator[str]:
    """An acknowledgement ends when nothing was heard for its time: nobody sleeps on it for ever."""
    for rows in reading.incidents.values():
        limit = _opened(rows).policy.acknowledgement_expires + SLACK
        for span in reading.spans(rows, ANSWERS, (*BEGINS, *ENDS)):
            if ended(rows, span.begin):
                continue  # whoever has what is being watched need not say so
            inside = (r.at for r in rows if span.begin.order < r.order < span.end_order and _acts(r))
            for one, other in pairwise([span.begin.at, *inside, span.until]):
                if reading.waited(rows, one, other) > limit:
                    yield f"{span.stream} is acknowledged and unheard from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"


def _acts(row: Written) -> bool:
    event = row.event
    return isinstance(event, PROGRESS) and (not isinstance(event, Noted) or event.action)


def recovers(reading: Reading) -> Iterator[str]:
    """Every signal seen clean for the whole window: that is the recovery, and it is said."""
    for stream, rows in reading.incidents.items():
        wanted = _opened(rows).policy.clean_for + SLACK
        for since, until in _clean_stretches(reading, rows):
            if reading.lived(since, until) > wanted and not any(
                isinstance(r.event, (*ENDS, Recovered)) and r.at <= until for r in rows
            ):
                yield f"{stream} is clean since {since:%d %H:%M:%S} and does not recover until {until:%d %H:%M:%S}"


def _clean_stretches(reading: Reading, rows: list[Written]) -> Iterator[tuple[datetime, datetime]]:
    """From the row that cleared the last signal to the next that says otherwise."""
    state: dict[str, bool] = {}
    looks = [r for r in rows if isinstance(r.event, SIGHT)]
    for number, row in enumerate(looks):
        event = row.event
        if isinstance(event, Opened | SignalsJoined):
            state.update(dict.fromkeys((s.ref for s in event.signs), False))
        elif isinstance(event, SignalsCleared | SignalsUnseen):
            state.update(dict.fromkeys(event.refs, isinstance(event, SignalsCleared)))
        if all(state.values()):
            yield row.at, looks[number + 1].at if number + 1 < len(looks) else reading.tape.ended


def told(reading: Reading) -> Iterator[str]:
    """Recovery and end are told in the same append wherever a page was taken before."""
    for rows in reading.incidents.values():
        outside = {
            r.version for r in rows if isinstance(r.event, PageRequested) and r.event.kind == "publish"
        }
        inside = (r.order for r in rows if isinstance(r.event, PageAccepted) and r.event.page not in outside)
        taken = next(inside, float("inf"))
        for row in rows:
            purpose = {Recovered: "recovered", Closed: "closed"}.get(type(row.event))
            if purpose is None or taken > row.order:
                continue
            same = [r.event for r in rows if r.append == row.append]
            if purpose == "recovered" and not any(isinstance(e, Mitigated) for e in same):
                purpose = "unverified"  # quiet, after a deployment that nothing shows in use
            if not any(isinstance(e, PageRequested) and e.purpose == purpose for e in same):
                yield f"{row.stream}/{row.version} {type(row.event).__name__} is told to nobody"


def confirmed(reading: Reading) -> Iterator[str]:
    """A confirmed suspicion is an incident's in the same append."""
    for stream, rows in reading.suspicions.items():
        suspected = rows[0].event
        assert isinstance(suspected, Suspected)
        for row in rows:
            if isinstance(row.event, Confirmed) and not _taken_up(reading, row, suspected.sign.ref):
                yield f"{stream} is confirmed at {row.at:%d %H:%M:%S}, and no incident takes it up"


def _taken_up(reading: Reading, row: Written, ref: str) -> bool:
    for rows in reading.incidents.values():
        closed = next((r for r in rows if isinstance(r.event, Closed)), None)
        if closed is not None and closed.append < row.append:
            continue
        for other in rows:
            has = isinstance(other.event, Opened | SignalsJoined) and any(
                s.ref == ref for s in other.event.signs
            )
            if has and (other.append == row.append or other.at < row.at):
                return True
    return False


def once(reading: Reading) -> Iterator[str]:
    """Of what was taken, nothing more is recorded."""
    for one in reading.owed:
        taken = next((n for n, r in enumerate(one.results) if isinstance(r.event, PageAccepted)), None)
        if taken is not None and any(
            isinstance(r.event, PageAccepted | PageFailed) for r in one.results[taken + 1 :]
        ):
            yield f"{one.key} was accepted, and something more is recorded of it"


def _opened(rows: list[Written]) -> Opened:
    event = rows[0].event
    assert isinstance(event, Opened)
    return event
