"""The tape: everything that one simulated world recorded. Properties read it; nothing in it decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from notifiers.page import Page, Receipt
from watcher.incident.event import Event
from watcher.opening import Governing

FaultKind = Literal[
    "timeout",  # the target's answer is lost: the page arrived, or it did not
    "hang",  # the target answers at the very end of its time
    "rate-limited",
    "server-error",
    "unreachable",
    "refused",  # for good: credentials, address
    "raise",  # the sender itself fails
    "jump-ahead",
    "jump-back",
    "suspend",  # wall clock and monotonic time leap together
    "crash",
    "disk-full",
    "blind",
    "offline",  # our own network is away
    "unsure",  # an endpoint whose answer does not speak of health
    "flap",
    "broken",  # an application, in the world of the whole daemon
    "target-lost",  # a restart with a configuration that no longer names the target
]
FAULTS: tuple[FaultKind, ...] = FaultKind.__args__  # type: ignore[attr-defined]
BEFORE = datetime.min.replace(tzinfo=UTC)
AT_TARGETS: tuple[FaultKind, ...] = FAULTS[:7]


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the log, with the append that brought it and the daemon's life it fell into."""

    order: int
    seq: int
    stream: str
    version: int
    event: Event
    append: int
    life: int

    @property
    def at(self) -> datetime:
        return self.event.at


@dataclass(slots=True)
class Attempt:
    """One try of one delivery as the world saw it. What a crash cut off has no receipt."""

    order: int
    stream: str
    number: int
    target: str
    page: Page
    life: int
    began: datetime
    ended: datetime | None = None
    receipt: Receipt | None = None
    arrived: bool = False  # whatever the sender heard
    how: str = ""  # what the target did; empty where a crash cut it off

    @property
    def delivery(self) -> tuple[str, int, str]:
        return self.stream, self.number, self.target


@dataclass(frozen=True, slots=True)
class Absence:
    """From..until the daemon could not act: it was dead, or the time leapt over it (effective time)."""

    start: datetime
    end: datetime
    because: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the world; `end` is None while it lasts. `place` is the target or source that it sits in."""

    kind: FaultKind
    start: datetime
    end: datetime
    place: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source said, or that it is blind; put in at `at`, in the daemon's life `life`."""

    order: int
    source: str
    at: datetime
    life: int
    blind: bool
    failing: frozenset[str] = frozenset()  # refs
    unsure: frozenset[str] = frozenset()


@dataclass(slots=True)
class Tape:
    """One world from its beginning to its end."""

    seed: int
    governing: Governing
    rows: list[Written] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    secrets: tuple[str, ...] = ()
    bodies: list[str] = field(default_factory=list)  # the rows as they stand on disk
    starts: list[datetime] = field(default_factory=list)  # of each life, by number from 1
    broken: list[str] = field(default_factory=list)  # faults of the engine itself
    orders: int = 0
    ended: datetime = BEFORE
    whole: bool = False  # the whole daemon, whose sources said things that we did not hear

    def order(self) -> int:
        """The next place in the order of all that happens."""
        self.orders += 1
        return self.orders

    def streams(self, kind: str) -> dict[str, list[Written]]:
        """The streams of a kind with their rows."""
        found: dict[str, list[Written]] = {}
        for row in self.rows:
            if row.stream.partition("/")[0] == kind:
                found.setdefault(row.stream, []).append(row)
        return found

    def digest(self) -> str:
        """The same seed must give the same tape, to the microsecond."""
        seen = hashlib.sha256()
        for line in self._lines():
            seen.update(line.encode())
        return seen.hexdigest()

    def _lines(self) -> Iterable[str]:
        for row, body in zip(self.rows, self.bodies, strict=True):
            yield f"{row.order} {row.stream} {row.version} {row.append} {row.life} {body}\n"
        for a in self.attempts:
            yield f"{a.order} {a.delivery} {a.began} {a.ended} {a.arrived} {a.page.repeat}\n"
