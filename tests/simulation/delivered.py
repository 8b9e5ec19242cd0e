"""Properties of delivery: asked for with its cause, tried in time, repeated only with reason, said to the right ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from tests.simulation.owing import Owed
from tests.simulation.reading import FALLBACK_AFTER, NOUGHT, Reading
from tests.simulation.tape import Attempt, Written
from watcher.incident.event import (
    AcknowledgementExpired,
    Closed,
    Escalated,
    Event,
    Opened,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recovered,
    Reopened,
    Widened,
)
from watcher.incident.surroundings import Suspected

TURN = timedelta(seconds=33)
"""A turn at the latest every 30 s; and the lane's way."""
MAY_WAIT = ("news", "still-on-it", "turned", "taken", "checkpoint", "words", "behind", "postmortem")
"""Updates and reminders are merged and held back: they are no promise to the minute."""
RETRY_AFTER_MAX = timedelta(minutes=10)
SETTLE = timedelta(minutes=12)
"""The longest delay that a service may ask for, and a little."""

CAUSES: dict[type[Event], str | None] = {
    Opened: "wake",
    Reopened: "wake",
    Widened: "wake",
    Escalated: "wake",
    AcknowledgementExpired: "wake",
    Suspected: "tell",
    Recovered: None,  # told where anybody was paged
    Closed: None,
}


def one_append(reading: Reading) -> Iterator[str]:
    """Whatever asks for a page is in the log together with it, or not at all."""
    appends: dict[tuple[int, str], list[Written]] = {}
    for row in reading.tape.rows:
        appends.setdefault((row.append, row.stream), []).append(row)
    for rows in appends.values():
        for number, row in enumerate(rows):
            kind = CAUSES.get(type(row.event))
            after = [r.event for r in rows[number:] if isinstance(r.event, PageRequested)]
            if kind is not None and not any(e.kind == kind for e in after):
                yield f"{row.stream}/{row.version} {type(row.event).__name__} stands without its page"
    yield from _neighbours(reading)


def _neighbours(reading: Reading) -> Iterator[str]:
    """One append is one stretch of the log, and holds one moment."""
    last: dict[int, Written] = {}
    for row in reading.tape.rows:
        known = last.get(row.append)
        if known is not None and row.seq != known.seq + 1:
            yield f"append {row.append} is torn at {row.seq}"
        last[row.append] = row


def prompt(reading: Reading) -> Iterator[str]:
    """From the moment when a try is due to the try: one turn, but for the lane's own work and our absence."""
    for one in reading.owed:
        if one.page.purpose in MAY_WAIT or one.stand_in:
            continue
        tries = reading.attempts.get(one.key, [])
        for due, after, result in _dues(one):
            yield from _tried(reading, one, tries, due, after, result)
        yield from _stand_in(reading, one)


def _dues(one: Owed) -> Iterator[tuple[datetime, float, Written | None]]:
    """(due, order after which, the row of its result) of each try that the log owes."""
    due, after = one.due, one.request.order
    for row in one.results:
        yield due, after, row
        event = row.event
        if not isinstance(event, PageFailed) or event.retry_at is None:
            return
        due, after = event.retry_at, row.order
    yield due, after, None


def _tried(
    reading: Reading, one: Owed, tries: list[Attempt], due: datetime, after: float, result: Written | None
) -> Iterator[str]:
    before = result.order if result else float("inf")
    began = next((a.began for a in tries if after < a.order < before), None)
    until = began or (result.at if result else reading.tape.ended)
    if one.withdrawn is not None and (began is None or one.withdrawn.order < before):
        until = min(until, one.withdrawn.at)
    if not _configured(reading, one.delivery.target):
        return
    waited = reading.lived(due, until) if until > due else NOUGHT
    if waited > TURN and waited - reading.busy(one.delivery.target, due, until) > TURN:
        yield (
            f"{one.key} was due {due:%d %H:%M:%S}, tried {began:%d %H:%M:%S}"
            if began
            else (f"{one.key} was due {due:%d %H:%M:%S}, not tried until {until:%d %H:%M:%S}")
        )


def _configured(reading: Reading, target: str) -> bool:
    """What the configuration lost is refused without a try."""
    lost = any(f.kind == "target-lost" and f.place == target for f in reading.tape.faults)
    return not lost


def _stand_in(reading: Reading, one: Owed) -> Iterator[str]:
    """What fails for good, or for half a minute, is tried on its fallback."""
    stand_in = one.delivery.fallback
    failed = [r for r in one.results if isinstance(r.event, PageFailed | PageAbandoned)]
    if stand_in is None or not failed or any(d.target == stand_in for d in one.page.deliveries):
        return
    final = next((r.at for r in failed if not getattr(r.event, "retry_at", None)), None)
    due = min(filter(None, (final, failed[0].at + FALLBACK_AFTER)))
    taken = next((r.at for r in one.results if isinstance(r.event, PageAccepted)), None)
    if taken is not None and taken <= due + TURN:
        return
    stood = reading.attempts.get((*one.key[:2], stand_in), [])
    moments = [m for m in (taken, one.withdrawn.at if one.withdrawn else None, reading.tape.ended) if m]
    until = stood[0].began if stood else min(moments)
    waited = reading.lived(due, until) if until > due else NOUGHT
    if waited > TURN and waited - reading.busy(stand_in, due, until) > TURN:
        yield f"{one.key}: {stand_in} should stand in from {due:%d %H:%M:%S}, did not until {until:%d %H:%M:%S}"


def retried(reading: Reading) -> Iterator[str]:
    """Whatever a service asks for: nobody waits for it until morning."""
    for one in reading.owed:
        for row in one.results:
            event = row.event
            if isinstance(event, PageFailed) and event.retry_at and event.retry_at - row.at > RETRY_AFTER_MAX:
                yield f"{one.key} failed at {row.at:%d %H:%M:%S}, tried again at {event.retry_at:%d %H:%M:%S} only"


def ends(reading: Reading) -> Iterator[str]:
    """When all is well again every page has its result: accepted, failed for good, or withdrawn."""
    for one in reading.owed:
        if one.page.purpose in MAY_WAIT or one.withdrawn is not None:
            continue
        last = one.results[-1].event if one.results else None
        open_ = last is None or (isinstance(last, PageFailed) and last.retry_at is not None)
        waits = last.retry_at if isinstance(last, PageFailed) and last.retry_at else one.request.at
        if open_ and reading.tape.ended - waits > SETTLE:
            yield f"{one.key} asked for at {one.request.at:%d %H:%M:%S} has no result"
    for rows in reading.incidents.values():
        for row in rows:
            empty = isinstance(row.event, PageRequested) and not row.event.deliveries
            if empty and not any(
                isinstance(r.event, PageAbandoned) and r.event.page == row.version for r in rows
            ):
                yield f"{row.stream}/{row.version} goes to nobody, and that is not said"


def repeats(reading: Reading) -> Iterator[str]:
    """A try after one that may have arrived says so; there is one more at most for each lost answer and each crash."""
    for delivery, tries in reading.attempts.items():
        if any(t.page.title[:1].isdigit() and " messages, first: " in t.page.title for t in tries):
            continue
        for former, later in pairwise(tries):
            cut_off = former.receipt is None
            maybe = cut_off or (former.receipt is not None and former.receipt.outcome == "unknown")
            if maybe and not later.page.repeat:
                yield f"{delivery} is repeated at {later.began:%d %H:%M:%S} without its mark"
            if (
                former.receipt is not None
                and former.receipt.outcome == "accepted"
                and former.life == later.life
            ):
                yield f"{delivery} was accepted, and is sent again at {later.began:%d %H:%M:%S} in the same life"
        yield from _recorded_twice(reading, delivery, tries)


def _recorded_twice(reading: Reading, delivery: tuple[str, int, str], tries: list[Attempt]) -> Iterator[str]:
    accepted = next(
        (
            r
            for one in reading.owed_by_key.get(delivery, [])
            for r in one.results
            if isinstance(r.event, PageAccepted)
        ),
        None,
    )
    if accepted is None:
        return
    for attempt in tries:
        if attempt.order > accepted.order:
            yield f"{delivery} is recorded as accepted, and is sent again at {attempt.began:%d %H:%M:%S}"


def no_false_comfort(reading: Reading) -> Iterator[str]:
    """Nobody is told that it recovered once it is back."""
    for rows in reading.incidents.values():
        back = [r for r in rows if isinstance(r.event, Reopened)]
        for row in rows:
            event = row.event
            if not isinstance(event, PageRequested) or event.purpose != "recovered":
                continue
            after = next((r for r in back if r.order > row.order), None)
            for delivery in event.deliveries:
                tries = reading.attempts.get((row.stream, row.version, delivery.target), [])
                if after is not None and any(a.order > after.order for a in tries):
                    yield f"{row.stream}/{row.version} says that it recovered to {delivery.target} after it is back"


def told_of_the_end(reading: Reading) -> Iterator[str]:
    """Exactly who was woken, or may have been, or was told before."""
    for stream, rows in reading.incidents.items():
        closed = next((r for r in rows if isinstance(r.event, Closed)), None)
        if closed is None:
            continue
        ending = [r.event for r in rows if isinstance(r.event, PageRequested) and r.event.purpose == "closed"]
        told = {d.target for e in ending for d in e.deliveries}
        tries = [a for a in reading.of_stream.get(stream, []) if a.page.kind == "wake"]
        arrived = {a.target for a in tries if a.arrived and not _cut_off(reading, a)}
        reached = {a.target for a in reading.of_stream.get(stream, []) if a.order < closed.order or a.arrived}
        for target in sorted(arrived - told - _lost(rows)):
            yield f"{stream} closed at {closed.at:%d %H:%M:%S}; {target} was woken and does not hear of it"
        for target in sorted(told - reached - _named(rows)):
            yield f"{stream} closed at {closed.at:%d %H:%M:%S}; {target} was never reached and hears of it"


def _lost(rows: list[Written]) -> set[str]:
    """Targets that the configuration did not name any more: nothing can be said there."""
    failed = (r.event for r in rows if isinstance(r.event, PageFailed))
    return {e.target for e in failed if e.reason == "no_such_target"}


def _cut_off(reading: Reading, attempt: Attempt) -> bool:
    """Answered, and then the daemon died with the page in its hands: the one case in which nobody can know."""
    owed = reading.owed_by_key.get(attempt.delivery, [])
    return attempt.receipt is None and any(o.withdrawn and o.withdrawn.life == attempt.life for o in owed)


def _named(rows: list[Written]) -> set[str]:
    """Whoever took something, though said together with others; or to whom it was due when it closed, or a life ended."""
    closing = next(r for r in rows if isinstance(r.event, Closed))
    before = [r.event for r in rows if r.order < closing.order]
    wakes = (e for e in before if isinstance(e, PageRequested) and e.kind == "wake")
    took = {e.target for e in before if isinstance(e, PageAccepted)}
    maybe = {e.target for e in before if isinstance(e, PageFailed) and e.unknown}
    return took | maybe | {t for e in wakes for d in e.deliveries for t in (d.target, d.fallback) if t}


def masked(reading: Reading) -> Iterator[str]:
    """What was planted in texts is found nowhere."""
    for planted in reading.tape.secrets:
        for number, body in enumerate(reading.tape.bodies, 1):
            if planted in body:
                yield f"{planted!r} stands in the log, row {number}"
        for attempt in reading.tape.attempts:
            if planted in attempt.page.title or any(planted in line for line in attempt.page.lines):
                yield f"{planted!r} is in a page, {attempt.delivery}"
