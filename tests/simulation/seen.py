"""Properties of seeing: what fails is covered, what is blind is neither healthy nor down, and time goes forward."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.simulation.reading import NOUGHT, Reading, merged
from tests.simulation.tape import Said, Written
from watcher.incident.event import (
    Closed,
    Mitigated,
    Noted,
    Opened,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recovered,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
)
from watcher.incident.findings import Judged
from watcher.incident.responding import Announced, Deployed, Ticked, VerificationPassed
from watcher.incident.surroundings import Silenced, SilenceEnded, SourceBlinded, SourceSighted

QUIET = {"resolved": timedelta(minutes=10), "false_alarm": timedelta(hours=24)}
HEARTBEAT = timedelta(seconds=20)
TOLD_WITHIN = timedelta(seconds=40)
AFTER_THE_END = (
    SignalsUnseen,
    SignalsCleared,
    PageAccepted,
    PageFailed,
    PageAbandoned,
    PageRequested,
    Noted,
    Closed,
    Ticked,
    Judged,
    Announced,
)


def covered(reading: Reading) -> Iterator[str]:
    """Whatever a source says to fail belongs to an open incident at once, but for what a person closed or silenced."""
    signs, quiet = _signs(reading), _silences(reading)
    for said in reading.tape.said:
        for ref in said.failing:
            if ref.endswith("-hint") or any(b <= said.at <= e for b, e in quiet.get(said.source, [])):
                continue
            if not any(_covers(reading, said, rows) for rows in signs.get(ref, [])):
                yield f"{ref} is said to fail at {said.at:%d %H:%M:%S}, and no incident covers it"


def _signs(reading: Reading) -> dict[str, list[list[Written]]]:
    """The incidents of each signal."""
    found: dict[str, list[list[Written]]] = {}
    for rows in reading.incidents.values():
        refs = {s.ref for r in rows if isinstance(r.event, Opened | SignalsJoined) for s in r.event.signs}
        for ref in refs:
            found.setdefault(ref, []).append(rows)
    return found


def _silences(reading: Reading) -> dict[str, list[tuple[datetime, datetime]]]:
    """By source, from when until when it is silenced."""
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for rows in reading.tape.streams("silences").values():
        ends = {r.event.silence: r.at for r in rows if isinstance(r.event, SilenceEnded)}
        for row in rows:
            if isinstance(row.event, Silenced):
                until = min(row.event.until, ends.get(row.event.silence, row.event.until))
                found.setdefault(row.event.match["source"], []).append((row.at, until))
    return found


def _covers(reading: Reading, said: Said, rows: list[Written]) -> bool:
    soon = reading.back_after(said.at + timedelta(seconds=2), NOUGHT)
    closed = next((r for r in rows if isinstance(r.event, Closed)), None)
    if rows[0].at > soon:
        return False
    if closed is None or closed.order > said.order:
        return True
    assert isinstance(closed.event, Closed)
    return said.at <= closed.at + QUIET[closed.event.outcome]


def true(reading: Reading) -> Iterator[str]:
    """The last word of the source, before the row, was that this fails."""
    said = _by_source(reading)
    for rows in reading.incidents.values():
        for row in rows:
            if not isinstance(row.event, Opened | SignalsJoined):
                continue
            for sign in row.event.signs:
                lately = _lately(reading, said.get(sign.source, []), row)
                if lately and not any(sign.ref in s.failing for s in lately) and "-hint" not in sign.ref:
                    yield f"{row.stream}/{row.version}: {sign.ref} joins at {row.at:%d %H:%M:%S} without failing"


def _lately(reading: Reading, words: list[Said], row: Written) -> list[Said]:
    """The words that the row may rest on: of its moment, put off by our absence; else the last before it."""
    found: list[Said] = []
    for said in reversed(words[: bisect_left(words, row.order, key=lambda s: s.order)]):
        if found and reading.back_after(said.at, NOUGHT) < row.at - timedelta(seconds=1):
            break
        found.append(said)
    return found


def _by_source(reading: Reading) -> dict[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for said in reading.tape.said:
        found.setdefault(said.source, []).append(said)
    return found


def clean_time(reading: Reading) -> Iterator[str]:
    """When it counts as recovered, each signal was seen clean for the whole window, blind and absent time apart."""
    said = _by_source(reading)
    for rows in reading.incidents.values():
        opened = rows[0].event
        assert isinstance(opened, Opened)
        for row in rows:
            verified = isinstance(row.event, VerificationPassed) and row.event.by == "the watcher"
            if isinstance(row.event, Recovered) or verified:
                yield from _recovered(reading, said, rows, row, opened.policy.clean_for)
    for rows in reading.incidents.values():
        for number, row in enumerate(rows):
            healed = isinstance(row.event, Mitigated) and row.event.because == "every signal seen clean"
            if healed and not isinstance(rows[number - 1].event, Recovered):
                yield f"{row.stream} is mitigated without having recovered"


def _recovered(
    reading: Reading, said: dict[str, list[Said]], rows: list[Written], row: Written, wanted: timedelta
) -> Iterator[str]:
    refs = {
        s.ref: s.source
        for r in rows
        if r.order < row.order and isinstance(r.event, Opened | SignalsJoined)
        for s in r.event.signs
    }
    out = max(
        (r.event.deployed_at for r in rows if r.order < row.order and isinstance(r.event, Deployed)),
        default=None,
    )
    if out is not None and row.at - out < wanted:
        yield f"{row.stream} holds at {row.at:%d %H:%M:%S}, {row.at - out} after the deployment"
    for ref, source in refs.items():
        words = [s for s in said.get(source, []) if s.order < row.order]
        if out is not None and source.startswith("report:"):
            continue  # a person's words do not go on failing once a fix is out
        if source not in said and not reading.tape.whole:
            yield f"{row.stream} recovers, though nothing can see {ref}"
        elif source in said and (clean := _clean(reading, words, ref, row)) < wanted - _tolerance(
            reading, row, wanted
        ):
            yield f"{row.stream} recovers at {row.at:%d %H:%M:%S}; {ref} was seen clean for {clean} only"


def _tolerance(reading: Reading, row: Written, wanted: timedelta) -> timedelta:
    """After each restart the time is known again from the last heartbeat on."""
    restarts = sum(1 for at in reading.tape.starts if row.at - 3 * wanted <= at <= row.at)
    return timedelta(seconds=1) + restarts * HEARTBEAT


def _clean(reading: Reading, words: list[Said], ref: str, row: Written) -> timedelta:
    """The time since it last failed, in which its source saw."""
    last = max((n for n, s in enumerate(words) if ref in s.failing), default=-1)
    spans = []
    for one, other in zip(words[last + 1 :], [*words[last + 2 :], None], strict=False):
        if not one.blind and ref not in one.unsure:
            spans.append((one.at, other.at if other else row.at))
    return sum((reading.watched(a, b) for a, b in merged([(a, b) for a, b in spans if b > a])), NOUGHT)


def blindness(reading: Reading) -> Iterator[str]:
    """A source that cannot see for minutes is told of, quietly; of our own network's loss the network tells, once."""
    for stream, rows in reading.tape.streams("source").items():
        first = [r for n, r in enumerate(rows) if not isinstance(r.event, SourceBlinded) or _begins(rows, n)]
        for span in reading.spans(first, (SourceBlinded,), (SourceSighted,)):
            blinded = span.begin.event
            assert isinstance(blinded, SourceBlinded)
            due = reading.back_after(blinded.at + blinded.tell_after, NOUGHT) + TOLD_WITHIN
            inside = [r.event for r in rows if span.begin.order <= r.order < span.end_order]
            told = any(isinstance(e, PageRequested) for e in inside)
            ours = any(isinstance(e, SourceBlinded) and e.reason == "offline" for e in inside)
            if span.until > due and not told and not (ours and stream != "source/network"):
                yield f"{stream} is blind since {blinded.at:%d %H:%M:%S}, and nobody is told"


def _begins(rows: list[Written], number: int) -> bool:
    """It saw before: another reason is no other blindness."""
    before = [r.event for r in rows[:number] if isinstance(r.event, SourceBlinded | SourceSighted)]
    return not before or isinstance(before[-1], SourceSighted)


def sound(reading: Reading) -> Iterator[str]:
    """A crash comes from the world, never from within."""
    yield from reading.tape.broken


def order(reading: Reading) -> Iterator[str]:
    """Moments grow with the log; versions count; nothing happens to what is closed but the end of its pages."""
    last, versions = reading.tape.rows[0].at, dict[str, int]()
    for row in reading.tape.rows:
        if row.at < last:
            yield f"row {row.seq} goes back in time, to {row.at:%d %H:%M:%S}"
        last = row.at
        if row.version != versions.get(row.stream, 0) + 1:
            yield f"{row.stream} has version {row.version} after {versions.get(row.stream, 0)}"
        versions[row.stream] = row.version
    for stream, rows in reading.incidents.items():
        closed = next((n for n, r in enumerate(rows) if isinstance(r.event, Closed)), len(rows))
        for row in rows[closed:]:
            if not isinstance(row.event, AFTER_THE_END):
                yield f"{stream} is closed, and then {type(row.event).__name__} at {row.at:%d %H:%M:%S}"
