"""Properties of the response: checkpoints are said once, updates leave in time, nothing is announced before it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from tests.simulation.reading import NOUGHT, Reading
from tests.simulation.tape import BEFORE, Written
from watcher.incident.event import Closed, Event, Mitigated, Opened, PageRequested, Reopened
from watcher.incident.findings import Decided
from watcher.incident.responding import (
    Announced,
    CheckpointMet,
    CheckpointMissed,
    Deployed,
    LifeSeen,
    Released,
    VerificationFailed,
    VerificationPassed,
)

SLACK = timedelta(seconds=40)
"""One turn at the latest every 30 s, and a little."""
FIRST_AFTER = timedelta(minutes=5)
"""So long a person is given before the stakeholders hear of it all the same."""
WATCHER = "the watcher"
REMINDERS_MAX = 2
VERDICTS = (VerificationPassed, VerificationFailed, Reopened)


def checkpoints(reading: Reading) -> Iterator[str]:
    """Each is met at most once and missed at most once: missed after its moment, and soon after; late is what was missed."""
    for stream, rows in reading.incidents.items():
        said = Counter((type(r.event), _name(r.event)) for r in rows if _name(r.event))
        for (kind, name), times in said.items():
            if times > 1:
                yield f"{stream}: {name} is said {times} times to be {kind.__name__}"
        for row in rows:
            yield from _moment(reading, rows, row)


def _name(event: Event) -> str:
    return event.checkpoint if isinstance(event, CheckpointMet | CheckpointMissed) else ""


def _moment(reading: Reading, rows: list[Written], row: Written) -> Iterator[str]:
    event, what = row.event, f"{row.stream}/{row.version}"
    if isinstance(event, CheckpointMet) and event.late != _late(rows, row, event):
        yield f"{what}: {event.checkpoint} is met at {row.at:%H:%M:%S}, due {event.due:%H:%M:%S}, late {event.late}"
    if not isinstance(event, CheckpointMissed):
        return
    if row.at < event.due:
        yield f"{what}: {event.checkpoint} is missed at {row.at:%H:%M:%S}, before it is due"
    applies = (Opened, Decided, Deployed, Mitigated, Reopened)
    since = max((r.at for r in rows if r.order <= row.order and isinstance(r.event, applies)), default=BEFORE)
    late = reading.back_after(max(event.due, since) + SLACK, NOUGHT) + SLACK
    if row.at > late:
        yield f"{what}: {event.checkpoint} was due {event.due:%H:%M:%S}, missed at {row.at:%H:%M:%S} only"


def _late(rows: list[Written], row: Written, event: CheckpointMet) -> timedelta:
    missed = (r.event for r in rows if r.order < row.order and isinstance(r.event, CheckpointMissed))
    due = next((m.due for m in missed if m.checkpoint == event.checkpoint), None)
    return NOUGHT if due is None else row.at - due


def announced(reading: Reading) -> Iterator[str]:
    """Nothing is announced before the harm has ended, and what was verified came after a deployment."""
    for rows in reading.incidents.values():
        holds = deployed = verifying = False
        for row in rows:
            event = row.event
            verifying = isinstance(event, Deployed) or (verifying and not isinstance(event, VERDICTS))
            if isinstance(event, Mitigated) and verifying:
                yield f"{row.stream}/{row.version} ends, and what was deployed is not verified"
            holds = isinstance(event, Mitigated) or (holds and not isinstance(event, Reopened))
            deployed = deployed or isinstance(event, Deployed)
            if isinstance(event, Announced) and not holds:
                yield f"{row.stream}/{row.version} is announced before it holds"
            if isinstance(event, VerificationPassed | VerificationFailed) and not deployed:
                yield f"{row.stream}/{row.version} is verified, and nothing was deployed"


def lively(reading: Reading) -> Iterator[str]:
    """What the watcher verifies was seen in use after the deployment, or a probe covers what broke."""
    for rows in reading.incidents.values():
        for number, row in enumerate(rows):
            if not isinstance(row.event, VerificationPassed) or row.event.by != WATCHER:
                continue
            out = max(n for n, r in enumerate(rows[:number]) if isinstance(r.event, Deployed))
            refs = {s.ref for r in rows[:number] for s in getattr(r.event, "signs", ())}
            probed = any(ref.startswith("health:") for ref in refs)
            if not probed and not any(isinstance(r.event, LifeSeen) for r in rows[out:number]):
                yield f"{row.stream}/{row.version} passes, though nothing shows that it is in use"


def failed(reading: Reading) -> Iterator[str]:
    """A failed verification is said in the same append."""
    for rows in reading.incidents.values():
        for row in rows:
            same = (r.event for r in rows if r.append == row.append)
            if isinstance(row.event, VerificationFailed) and not any(
                isinstance(e, PageRequested) and e.purpose == "unverified" for e in same
            ):
                yield f"{row.stream}/{row.version} fails, and nobody is told"


def updates(reading: Reading) -> Iterator[str]:
    """While it lasts the stakeholders hear of it in time; of a drill, or of what is held back, they hear nothing."""
    for rows in reading.incidents.values():
        opened = rows[0].event
        assert isinstance(opened, Opened)
        yield from _held_back(rows, opened)
        every = opened.policy.updates_every
        if every is None or opened.drill or opened.policy.secret:
            continue
        for span in reading.spans(rows, (Opened, Reopened), (Mitigated, Closed)):
            inside = [r.at for r in rows if _outside(r) and span.begin.order <= r.order < span.end_order]
            back = isinstance(span.begin.event, Reopened)
            first = span.begin.at if back else span.begin.at + FIRST_AFTER - every
            for one, other in pairwise([first, *inside, span.until]):
                if reading.lived(one, other) > every + SLACK:
                    yield f"{span.stream}: no update from {one:%d %H:%M:%S} to {other:%d %H:%M:%S}"


def _held_back(rows: list[Written], opened: Opened) -> Iterator[str]:
    released = not opened.policy.secret
    for row in rows:
        released = released or isinstance(row.event, Released)
        if _outside(row) and (opened.drill or not released):
            yield f"{row.stream}/{row.version} goes outside, and must not"


def _outside(row: Written) -> bool:
    return isinstance(row.event, PageRequested) and row.event.kind == "publish"


def postmortem(reading: Reading) -> Iterator[str]:
    """Whoever owes it is reminded twice at most, after the end."""
    for stream, rows in reading.incidents.items():
        closed = next((r.order for r in rows if isinstance(r.event, Closed)), float("inf"))
        reminders = [
            r for r in rows if isinstance(r.event, PageRequested) and r.event.purpose == "postmortem"
        ]
        if len(reminders) > REMINDERS_MAX or any(r.order < closed for r in reminders):
            yield f"{stream}: {len(reminders)} reminders of the post-mortem"


__all__ = ["announced", "checkpoints", "failed", "lively", "postmortem", "updates"]
