"""A committed event is on the disk: power may fail the moment after."""

from __future__ import annotations

from pathlib import Path

import pytest

from watcher.log.sqlite import SqliteLog

FULL = 2


@pytest.mark.parametrize("life", ["new", "opened again"])
def test_a_log_on_disk_syncs_each_commit_and_lets_readers_in(tmp_path: Path, life: str) -> None:
    """synchronous=FULL and WAL, as the connection that writes says itself, of a new log and of an old one."""
    log = SqliteLog(tmp_path / "watcher.db")
    if life == "opened again":
        log.close()
        log = SqliteLog(tmp_path / "watcher.db")
    assert log._db.execute("PRAGMA synchronous").fetchone() == (FULL,)
    assert log._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    log.close()
