"""Somebody else holds the log: a tool that locks the file must not end the watch at once."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.support import T0
from watcher.incident.event import Noted
from watcher.log import Append, LogBroken
from watcher.log.sqlite import PATIENCE, SqliteLog

BUSY_MS = 50


def entry() -> Append:
    return Append(
        stream="incident/1",
        kind="incident",
        expected_version=0,
        events=(Noted(at=T0, by="ann", text="still there"),),
    )


def held(path: Path) -> sqlite3.Connection:
    """The write lock, in the hands of another connection."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_write_lock_that_passes_is_waited_for_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Longer than one wait for the lock, shorter than the patience: the append arrives, and the log said why it was late."""
    log = SqliteLog(tmp_path / "watcher.db", busy_ms=BUSY_MS)
    other = held(tmp_path / "watcher.db")
    letting_go = threading.Timer(2.5 * BUSY_MS / 1000, lambda: other.execute("COMMIT"))
    with caplog.at_level(logging.WARNING):
        letting_go.start()
        log.append([entry()], {})
        letting_go.join()
    assert [row.event.text for row in log.read("incident/1")] == ["still there"]
    assert [record.event for record in caplog.records] == ["log_held"] * len(caplog.records)
    assert 1 <= len(caplog.records) < PATIENCE
    other.close()
    log.close()


def test_a_write_lock_that_stays_is_an_error_after_a_bounded_time(tmp_path: Path) -> None:
    """Neither at once nor never; nothing is half written, and the log goes on when the lock is gone."""
    log = SqliteLog(tmp_path / "watcher.db", busy_ms=BUSY_MS)
    other = held(tmp_path / "watcher.db")
    began = time.monotonic()
    with pytest.raises(LogBroken, match="cannot be written: database is locked"):
        log.append([entry()], {("a", "b"): 1})
    assert time.monotonic() - began >= PATIENCE * BUSY_MS / 1000 * 0.9
    other.execute("ROLLBACK")
    assert log.remembered("a") == {}
    assert len(log.append([entry()], {})) == 1
    other.close()
    log.close()
