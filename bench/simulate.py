"""Play many seeded worlds and read from their logs and pagers whether the promises held.

    python -m bench.simulate [--seeds 1000] [--first 1] [--hours 12] [--jobs 2]
    python -m bench.simulate --whole [--seeds 100] [--hours 2]
    python -m bench.simulate --seed 7 --verbose

The first plays engine, log and lanes; `--whole` the daemon with all its parts, over HTTP.

Prints incidents, how many faults each met, the table of events by faults, and every breach with its seed. Exit 1 where a
promise was broken. A cell of the table counts the events that happened under a fault, or within ten minutes after one.
"""

from __future__ import annotations

import argparse
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tests.simulation.play import play
from tests.simulation.properties import check
from tests.simulation.reading import merged
from tests.simulation.tape import AT_TARGETS, FAULTS, Tape, Written
from tests.simulation.whole import play_whole
from watcher.incident.catalogue import EVENTS
from watcher.incident.event import Closed

SHOWN = tuple(kind for kind in FAULTS if kind != "broken")
AFTER = timedelta(minutes=10)
WORLDWIDE = ("jump-ahead", "jump-back", "suspend", "crash", "disk-full", "offline", "target-lost")

CANNOT = {
    "PageAbandoned": "every role has a target; a lost one is PageFailed(no_such_target)",
    "DaemonStopped": "the daemon is killed, never asked to stop",
    "CarePlanned": "the daemon's care is not part of the core",
    "PageProven": "the daemon's care is not part of the core",
    "AuditFailed": "the daemon's care is not part of the core",
    "AuditPassed": "the daemon's care is not part of the core",
    "DrillAnswered": "the daemon's care is not part of the core",
    "SignalSetAside": "no signal here is poisonous",
}
"""Events that no world of this kind brings about, and why; tests of their own prove them."""


@dataclass
class Summary:
    """What one seed, or all of them, brought."""

    seeds: int = 0
    incidents: int = 0
    rows: int = 0
    attempts: int = 0
    lives: int = 0
    seconds: float = 0.0
    met: Counter[int] = field(
        default_factory=Counter
    )  # incidents by the number of kinds of faults that they met
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def add(self, other: Summary) -> None:
        for name in ("seeds", "incidents", "rows", "attempts", "lives", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.met.update(other.met)
        self.cells.update(other.cells)
        self.breaches += other.breaches


def one(seed: int, hours: float, *, whole: bool = False) -> Summary:
    """Play a seed and read it."""
    began = time.perf_counter()
    tape = play_whole(seed, hours) if whole else play(seed, hours)
    incidents = tape.streams("incident")
    return Summary(
        seeds=1,
        incidents=len(incidents),
        rows=len(tape.rows),
        attempts=len(tape.attempts),
        lives=len(tape.starts),
        seconds=time.perf_counter() - began,
        met=Counter(len(faults_met(tape, rows)) for rows in incidents.values()),
        cells=cells(tape),
        breaches=[f"seed {seed}: {breach}" for breach in check(tape)],
    )


def faults_met(tape: Tape, rows: list[Written]) -> set[str]:
    """The kinds of faults that touched this incident: its pages, its sources, or the daemon while it was open."""
    end = next((r.at for r in rows if isinstance(r.event, Closed)), tape.ended)
    refs = {s.source for r in rows for s in getattr(r.event, "signs", ())}
    during = [f for f in tape.faults if f.start <= end and f.end >= rows[0].at]
    world = {f.kind for f in during if f.kind in WORLDWIDE or f.place in refs}
    pages = {a.how for a in tape.attempts if a.stream == rows[0].stream and a.how in AT_TARGETS}
    return world | pages


def cells(tape: Tape) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for kind in SHOWN:
        spans = merged([(f.start, f.end + AFTER) for f in tape.faults if f.kind == kind])
        starts = [start for start, _ in spans]
        found.update((type(r.event).__name__, kind) for r in tape.rows if _under(r.at, spans, starts))
    return found


def _under(at: datetime, spans: list[tuple[datetime, datetime]], starts: list[datetime]) -> bool:
    number = bisect_right(starts, at) - 1
    return number >= 0 and at <= spans[number][1]


def table(found: Counter[tuple[str, str]]) -> Iterable[str]:
    """Events down, faults across; an empty cell is shown as such."""
    width = max(map(len, EVENTS))
    yield " " * width + " " + " ".join(f"{kind[:9]:>9}" for kind in SHOWN)
    for name in EVENTS:
        if name not in CANNOT:
            yield f"{name:{width}} " + " ".join(f"{found[name, kind] or 'EMPTY':>9}" for kind in SHOWN)
    for name, reason in CANNOT.items():
        yield f"{name:{width}} cannot occur: {reason}"


def show(total: Summary, wall: float, *, whole: bool) -> None:
    known = sum(total.met.values()) or 1
    several = sum(n for faults, n in total.met.items() if faults > 1)
    if not whole:  # its own events are of another kind: the core's table is the one that must be full
        print("\n".join(table(total.cells)))
    print(
        f"seeds {total.seeds}, incidents {total.incidents}, rows {total.rows}, page attempts {total.attempts}, "
        f"lives of the daemon {total.lives}"
    )
    print(f"faults met: {dict(sorted(total.met.items()))}; two or more: {100 * several / known:.0f} %")
    print(
        f"{wall:.0f} s: {60 * total.incidents / wall:.0f} incidents a minute of real time, "
        f"{60 * total.incidents / total.seconds:.0f} a minute and process (playing and reading)"
    )
    for breach in total.breaches[:50]:
        print(breach)
    print(f"breaches {len(total.breaches)}")


def verbose(tape: Tape) -> None:
    """Everything that happened in one world, in order."""
    lines = [
        (r.order, f"{r.at:%d %H:%M:%S.%f} {r.stream}/{r.version} life {r.life} {r.event!r}")
        for r in tape.rows
    ]
    lines += [
        (a.order, f"{a.began:%d %H:%M:%S.%f}   try {a.delivery} life {a.life} {a.how} repeat={a.page.repeat}")
        for a in tape.attempts
    ]
    lines += [
        (s.order, f"{s.at:%d %H:%M:%S.%f}      said {s.source} blind={s.blind} failing={sorted(s.failing)}")
        for s in tape.said
    ]
    print("\n".join(line for _, line in sorted(lines)))
    print("\n".join(f"{f.start:%d %H:%M:%S} .. {f.end:%d %H:%M:%S} {f.kind} {f.place}" for f in tape.faults))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--hours", type=float, default=12)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    if asked.verbose:
        verbose((play_whole if asked.whole else play)(asked.seed or asked.first, asked.hours))
    seeds = [asked.seed] if asked.seed is not None else range(asked.first, asked.first + asked.seeds)
    total, began = Summary(), time.perf_counter()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for summary in pool.map(partial(one, hours=asked.hours, whole=asked.whole), seeds, chunksize=4):
            total.add(summary)
            if summary.breaches:  # a long run says at once what it finds
                print("\n".join(summary.breaches), file=sys.stderr, flush=True)
    show(total, time.perf_counter() - began, whole=asked.whole)
    return 1 if total.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
