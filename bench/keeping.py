"""Does the writer wait for a backup, or for retention?

    python -m bench.keeping [--incidents 10000]

Fills a log on this disk, then appends one event after another, as the daemon would at its busiest: alone, while a backup is
made and proven in another process, and while the events of every closed incident are forgotten. Prints the milliseconds of an
append (median, 99th percentile, longest), how long the backup took and how large it is, and how many streams a second are
forgotten. Exit 1 where an append took more than half a second.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.keeping.nights import ended, whole
from tests.support import T0
from watcher.incident.event import Noted
from watcher.log import Append
from watcher.log.sqlite import SqliteLog

BATCH = 200
PROMISED_MS = 500
ALONE_SECONDS = 3.0


class Writer:
    """Appends to one stream until told to stop, and measures each time."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log
        self._version = 0
        self.longest = 0.0

    def during(self, name: str, work: Callable[[], object]) -> None:
        working = threading.Thread(target=work)
        took: list[float] = []
        working.start()
        while working.is_alive():
            note = Noted(at=T0, by="ann", text="hello")
            began = time.perf_counter()
            self._log.append(
                [Append(stream="silences", kind="silences", expected_version=self._version, events=(note,))],
                {},
            )
            took.append(1000 * (time.perf_counter() - began))
            self._version += 1
            time.sleep(0.001)  # a daemon does other things too
        working.join()
        self.longest = max(self.longest, *took)
        p99 = statistics.quantiles(took, n=100)[98]
        print(
            f"  append {name:<18} median {statistics.median(took):6.2f} ms, p99 {p99:6.2f}, longest {max(took):6.1f} (n {len(took)})"
        )


def fill(log: SqliteLog, incidents: int) -> None:
    events = ended()
    for start in range(1, incidents + 1, BATCH):
        numbers = range(start, min(start + BATCH, incidents + 1))
        log.append([whole(events, f"incident/{n}", open_=False) for n in numbers], {})


def backed_up(path: Path) -> None:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "watcher", "backup", "--log", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"  backup in {time.perf_counter() - began:.1f} s: {done.stdout.strip().partition(': ')[2]}")


def forgotten(log: SqliteLog) -> None:
    streams = log.expired(T0.replace(year=T0.year + 1))
    began = time.perf_counter()
    events = sum(log.forget(stream) for stream in streams)
    spent = time.perf_counter() - began
    print(
        f"  forgot {events} events of {len(streams)} streams in {spent:.1f} s ({len(streams) / spent:.0f} streams/s, without pauses)"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--incidents", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watcher.db"
        log = SqliteLog(path)
        fill(log, asked.incidents)
        print(f"{asked.incidents} incidents, {path.stat().st_size / 1e6:.0f} MB")
        writer = Writer(log)
        writer.during("alone", lambda: time.sleep(ALONE_SECONDS))
        writer.during("beside a backup", lambda: backed_up(path))
        writer.during("while forgetting", lambda: forgotten(log))
        log.close()
    return int(writer.longest > PROMISED_MS)


if __name__ == "__main__":
    sys.exit(main())
