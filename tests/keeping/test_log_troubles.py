"""The daemon and a log that it cannot have: of a newer version, held by a tool, on a file system that takes nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.outside import App, Pager
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings
from watcher.log.schema import BUSY_MS
from watcher.log.sqlite import SqliteLog


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """A file system that was writable once."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "none", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        reason = f"a file system can be mounted by root alone: {mounted.stderr.strip()}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_newer_log_ends_the_start_for_good_and_names_the_version(tmp_path: Path) -> None:
    """Exit 2: a service manager must not start an old version on it again and again; the words say which one to install."""
    SqliteLog(tmp_path / "watcher.db").close()
    with sqlite3.connect(tmp_path / "watcher.db") as db:
        db.execute(
            "INSERT INTO events VALUES (1, 'daemon', 1, 'DaemonStarted', 9, '2026', 'real', ?)",
            ('{"version": "9.1.0"}',),
        )
    db.close()
    config = settings("127.0.0.1:9", health={"endpoints": [endpoint("api", "http://127.0.0.1:9/api/health")]})
    watcher = Watcher(tmp_path, config)
    watcher.start()
    assert watcher.ended() == 2, watcher.said
    assert "DaemonStarted events of schema 9" in watcher.said
    assert "install 9.1.0 again" in watcher.said
    assert "Traceback" not in watcher.said


def test_a_read_only_file_system_is_named_with_the_mend(tmp_path: Path) -> None:
    """Exit 3, and not the question whether this user may write there: no user may."""
    with read_only(tmp_path / "disk") as disk:
        config = settings(
            "127.0.0.1:9",
            health={"endpoints": [endpoint("api", "http://127.0.0.1:9/api/health")]},
            log={"path": str(disk / "watcher.db")},
        )
        watcher = Watcher(tmp_path, config)
        watcher.start()
        assert watcher.ended() == 3, watcher.said
    assert "mounted read-only" in watcher.said
    assert "under systemd the service writes below /var/lib/watcher alone" in watcher.said
    assert "Traceback" not in watcher.said


def test_a_tool_that_locks_the_log_for_a_while_ends_no_watch(tmp_path: Path) -> None:
    """Held longer than one wait: the daemon lives, says why it is late, and pages when the lock is gone."""
    with App() as app, Pager() as pager:
        config = settings(
            pager.address, health={"endpoints": [endpoint("api", f"http://{app.address}/api/health")]}
        )
        with Watcher(tmp_path, config) as watcher:
            tool = sqlite3.connect(tmp_path / "watcher.db", isolation_level=None)
            tool.execute("BEGIN IMMEDIATE")
            held_since = time.monotonic()
            app.broken = True
            assert holds(lambda: "another process holds the log's write lock" in watcher.said, 15), (
                watcher.said
            )
            assert time.monotonic() - held_since >= BUSY_MS / 1000 * 0.9
            tool.execute("ROLLBACK")
            tool.close()
            assert pager.wait_for(lambda _: bool(incident_pages(pager)), 10), watcher.said
            assert watcher.alive
