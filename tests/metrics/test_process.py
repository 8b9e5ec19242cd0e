"""What the daemon says of its own process, also where a hardened service sees nothing else of /proc."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from watcher.serve.metrics.process import Process

BEGAN = datetime(2026, 11, 25, 3, tzinfo=UTC)


def told(proc: Path) -> dict[str, float]:
    return {s.name: s.value for metric in Process(BEGAN, proc).collect() for s in metric.samples}


def test_the_process_is_told_from_its_own_folder_alone() -> None:
    """As under ProcSubset=pid: neither /proc/stat nor /proc/uptime is read."""
    found = told(Path("/proc/self"))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    rss = pages * os.sysconf("SC_PAGE_SIZE")
    assert found["watcher_process_start_time_seconds"] == BEGAN.timestamp()
    assert abs(found["watcher_process_resident_memory_bytes"] - rss) < rss * 0.1
    assert found["watcher_process_virtual_memory_bytes"] >= found["watcher_process_resident_memory_bytes"]
    assert 3 <= found["watcher_process_open_fds"] < found["watcher_process_max_fds"]
    assert found["watcher_process_cpu_seconds_total"] > 0


def test_where_the_folder_cannot_be_read_the_start_is_told_all_the_same(tmp_path: Path) -> None:
    """The alert on restarts lives of it."""
    assert "watcher_process_start_time_seconds" in told(tmp_path / "absent")
    assert "watcher_process_open_fds" not in told(tmp_path / "absent")
