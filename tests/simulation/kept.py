"""Properties of the two hours as people rely on them: what is missed was not there, what is met was, and nothing is fixed too soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.simulation.reading import Reading
from tests.simulation.tape import Written
from watcher.incident.event import (
    Acknowledged,
    Event,
    Mitigated,
    Opened,
    PageAccepted,
    PageRequested,
    Recovered,
    Reopened,
    Taken,
)
from watcher.incident.findings import Decided
from watcher.incident.responding import (
    Announced,
    CheckpointMet,
    CheckpointMissed,
    Deployed,
    FixApproved,
    Released,
    Ticked,
    VerificationFailed,
    VerificationPassed,
)

Fact = Callable[[list[Written]], bool]
"""Whether the rows so far hold what a checkpoint asks for."""


def _has(*kinds: type[Event]) -> Fact:
    return lambda rows: any(isinstance(r.event, kinds) for r in rows)


def _ticked(item: str) -> Fact:
    return lambda rows: any(isinstance(r.event, Ticked) and r.event.item == item for r in rows)


def _rolled_back(rows: list[Written]) -> bool:
    return any(isinstance(r.event, Deployed) and r.event.path == "rollback" for r in rows)


def _received(rows: list[Written]) -> bool:
    """A page that rings was taken, or somebody has it without one."""
    return _woken(rows) or _has(Acknowledged, Taken)(rows)


def _woken(rows: list[Written]) -> bool:
    rings = {r.version for r in rows if isinstance(r.event, PageRequested) and r.event.kind == "wake"}
    return any(isinstance(r.event, PageAccepted) and r.event.page in rings for r in rows)


NEEDED: dict[str, Fact] = {
    "received": _received,
    "assessed": _has(Acknowledged, Taken),
    "decided": _has(Decided),
    "rolled-back": _rolled_back,
    "fix-approved": _has(FixApproved),
    "deployed-verified": _has(VerificationPassed),
    "smoke-tested": _ticked("smoke-test"),
    "announced": _has(Announced),
    "complete": _has(Mitigated),
}
"""What must be in the log before the checkpoint is met. Of all but the assessment it is all that is needed."""
ENOUGH = NEEDED.keys() - {"assessed", "complete"}


def missed(reading: Reading) -> Iterator[str]:
    """A checkpoint is missed only where its fact is late or absent at its moment, and never once it was met."""
    for rows in reading.incidents.values():
        met: set[str] = set()
        for number, row in enumerate(rows):
            if isinstance(row.event, CheckpointMet):
                met.add(row.event.checkpoint)
            if not isinstance(row.event, CheckpointMissed):
                continue
            name, due = row.event.checkpoint, row.event.due
            if name in met:
                yield f"{row.stream}/{row.version}: {name} is missed, and was met before"
            if name in ENOUGH and NEEDED[name](_by(rows[:number], due)):
                yield f"{row.stream}/{row.version}: {name} is missed, and was there at {due:%H:%M:%S}"


def _by(rows: list[Written], due: datetime) -> list[Written]:
    """What was in the log in time, and is not older than the last return of the trouble."""
    back = max((n for n, r in enumerate(rows) if isinstance(r.event, Reopened)), default=-1)
    return [r for r in rows[back + 1 :] if r.at < due]


def met(reading: Reading) -> Iterator[str]:
    """A checkpoint is met by a fact, never by time."""
    for rows in reading.incidents.values():
        for number, row in enumerate(rows):
            name = row.event.checkpoint if isinstance(row.event, CheckpointMet) else ""
            if name in NEEDED and not NEEDED[name](rows[:number]):
                yield f"{row.stream}/{row.version}: {name} is met, and nothing shows it"


def fixed(reading: Reading) -> Iterator[str]:
    """Whoever is outside hears that it works only while it does, and after something showed it."""
    for rows in reading.incidents.values():
        shown = holds = False
        for row in rows:
            event = row.event
            shown = isinstance(event, VerificationPassed | Recovered) or (
                shown and not isinstance(event, Deployed | Reopened | VerificationFailed)
            )
            holds = (isinstance(event, Mitigated) and shown) or (holds and not isinstance(event, Reopened))
            says = isinstance(event, PageRequested) and (event.kind, event.about) == ("publish", "fixed")
            if says and not holds:
                yield f"{row.stream}/{row.version} says outside that it is fixed, and it is not"


def secret(reading: Reading) -> Iterator[str]:
    """Of a drill nothing goes outside, nor of a security incident that nobody released."""
    for rows in reading.incidents.values():
        opened = rows[0].event
        assert isinstance(opened, Opened)
        spoken = not opened.policy.secret and not opened.drill
        for row in rows:
            spoken = spoken or (isinstance(row.event, Released) and not opened.drill)
            if isinstance(row.event, PageRequested) and row.event.kind == "publish" and not spoken:
                yield f"{row.stream}/{row.version} goes outside"


def undisturbed(reading: Reading) -> Iterator[str]:
    """While what is out is verified, nobody is told to do something else."""
    for rows in reading.incidents.values():
        verifying = False
        for row in rows:
            event = row.event
            ends = isinstance(event, VerificationPassed | VerificationFailed | Reopened)
            verifying = isinstance(event, Deployed) or (verifying and not ends)
            if verifying and isinstance(event, PageRequested) and event.purpose == "turned":
                yield f"{row.stream}/{row.version} recommends something while a deployment is verified"


KEPT: dict[str, Callable[[Reading], Iterator[str]]] = {
    "what is missed was not there": missed,
    "what is met was there": met,
    "nothing is called fixed before it holds": fixed,
    "nothing of a drill or a secret goes outside": secret,
    "nobody is disturbed while a fix is verified": undisturbed,
}
