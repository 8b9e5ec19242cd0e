"""The process itself, under the names that everybody uses: memory, files, processor time, and since when it runs.

Only what a process may read of itself: where a service may not see the rest of /proc (`ProcSubset=pid`), the collector of the
client library says nothing at all.
"""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

PROC = Path("/proc/self")
PAGE = resource.getpagesize()


class Process:
    """A collector. `began` is when the process started."""

    def __init__(self, began: datetime, proc: Path = PROC) -> None:
        self._began = began
        self._proc = proc

    def collect(self) -> Iterator[Metric]:
        """What cannot be read is left out."""
        yield _gauge("start_time_seconds", "When it started, since 1970.", self._began.timestamp())
        spent = os.times()
        words = "Processor time, its own and the system's for it."
        yield CounterMetricFamily("watcher_process_cpu_seconds", words, spent.user + spent.system)
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        yield _gauge("max_fds", "How many files it may open.", math.inf if most < 0 else most)
        with suppress(OSError):
            virtual, resident = (self._proc / "statm").read_text().split()[:2]
            yield _gauge("virtual_memory_bytes", "Its address space.", int(virtual) * PAGE)
            yield _gauge("resident_memory_bytes", "Its memory.", int(resident) * PAGE)
        with suppress(OSError):
            yield _gauge("open_fds", "Open files.", sum(1 for _ in (self._proc / "fd").iterdir()))


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watcher_process_{name}", words, value)
