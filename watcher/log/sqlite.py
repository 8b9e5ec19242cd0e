"""The log in SQLite: WAL, synchronous=FULL, one transaction an append, one writer, many readers.

`events` is the truth; `streams` holds one row a stream with the milestones that metrics need, so that neither start-up
nor a scrape reads history; `memory` is what sources and counters remember, committed with what came of it.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from watcher.log import Append, Conflict, LogBroken, Memory, Past, Row
from watcher.log import lease as lease_of
from watcher.log.ailing import mend
from watcher.log.codec import decode, encode
from watcher.log.schema import BUSY_MS, COLUMNS, as_column, from_columns, prepare, reader, refuse_newer

PATIENCE = 6
"""Waits of BUSY_MS for another process that holds the write lock: half a minute. Together with a turn's heartbeat that is
less than the service manager's watchdog allows."""

PRIMARY = 0xFF
"""The part of SQLite's error code that says what happened; the rest says where."""

EXPIRED = (
    "SELECT name FROM streams WHERE open = 0"
    " AND (SELECT at FROM events WHERE stream = name ORDER BY version DESC LIMIT 1) < ?"
)
"""The streams that are closed, and whose last event is older."""

logger = logging.getLogger(__name__)


class SqliteLog:
    """Opens, or makes, the log at a path and takes its lease. Raises LogBroken, LogInUse, LogNewer."""

    def __init__(self, path: Path, *, lease: bool = True, busy_ms: int = BUSY_MS) -> None:
        self._path = path
        self._busy_ms = busy_ms
        self._alone = threading.RLock()  # retention deletes between two appends, on the same connection
        self._lease = lease_of.take(path) if lease else None
        try:
            self._db = _writer(path, busy_ms) if lease else reader(path, busy_ms=busy_ms)
            if lease:
                prepare(self._db)
                refuse_newer(self._db)
        except (sqlite3.Error, OSError) as error:
            self._release()
            advice = (
                mend(path)
                or "is it a log, and is the disk well? docs/backup.md, Back from a backup, has the way out"
            )
            raise LogBroken(f"the log {path} cannot be opened: {error}; {advice}") from error
        except LogBroken:
            self._release()
            raise

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        with self._transaction():
            rows = [row for item in batch for row in self._add(item)]
            self._remember(memory)
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Everything within, or nothing. Raises LogBroken."""
        with self._alone:
            try:
                self._begin()
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                advice = mend(self._path)
                words = f"the log {self._path} cannot be written: {error}" + (f"; {advice}" if advice else "")
                raise LogBroken(words) from error
            except BaseException:
                self._roll_back()
                raise

    def _begin(self) -> None:
        """Wait, and say so, while another process holds the write lock: somebody's tool must not end the watch."""
        for waits in range(1, PATIENCE + 1):
            try:
                self._db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or waits == PATIENCE:
                    raise
                words = "another process holds the log's write lock for %d s; nothing can be recorded until it lets go"
                logger.warning(words, waits * self._busy_ms // 1000, extra={"event": "log_held"})
            else:
                return

    def _roll_back(self) -> None:
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            return  # the connection is lost as well; the caller hears of the first error

    def _add(self, item: Append) -> Iterable[Row]:
        found = self._db.execute("SELECT version FROM streams WHERE name = ?", (item.stream,)).fetchone()
        version = found[0] if found else 0
        if version != item.expected_version:
            raise Conflict(f"{item.stream} is at version {version}, expected {item.expected_version}")
        label = "drill" if item.drill else "real"
        for number, event in enumerate(item.events, version + 1):
            type_, schema, body = encode(event)
            cursor = self._db.execute(
                "INSERT INTO events (stream, version, type, schema, at, class, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (item.stream, number, type_, schema, as_column(event.at), label, body),
            )
            yield Row(seq=cursor.lastrowid or 0, stream=item.stream, version=number, event=event)
        values = [as_column(item.columns.get(name)) for name in COLUMNS]
        row = (item.stream, item.kind, int(item.open), version + len(item.events), label, *values)
        marks = ", ".join("?" * len(row))
        names = ", ".join(("name", "kind", "open", "version", "class", *COLUMNS))
        fresh = ", ".join(
            f"{name} = excluded.{name}" for name in ("kind", "open", "version", "class", *COLUMNS)
        )
        sql = f"INSERT INTO streams ({names}) VALUES ({marks}) ON CONFLICT (name) DO UPDATE SET {fresh}"  # noqa: S608 - names are ours
        self._db.execute(sql, row)

    def _remember(self, memory: Memory) -> None:
        gone = [key for key, value in memory.items() if value is None]
        kept = [(*key, json.dumps(value)) for key, value in memory.items() if value is not None]
        self._db.executemany("DELETE FROM memory WHERE source = ? AND key = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?, ?)", kept)

    def read(self, stream: str) -> list[Row]:
        found = self._query(
            "SELECT seq, version, type, schema, body FROM events WHERE stream = ? ORDER BY version", stream
        )
        return [
            Row(seq=seq, stream=stream, version=version, event=decode(type_, schema, body))
            for seq, version, type_, schema, body in found
        ]

    def open_streams(self) -> list[str]:
        return [name for (name,) in self._query("SELECT name FROM streams WHERE open = 1 ORDER BY rowid")]

    def count(self, kind: str) -> int:
        return int(self._query("SELECT count(*) FROM streams WHERE kind = ?", kind)[0][0])

    def highest(self, kind: str) -> int:
        number = "max(CAST(substr(name, instr(name, '/') + 1) AS INTEGER))"
        found = self._query(f"SELECT {number} FROM streams WHERE kind = ?", kind)  # noqa: S608 - names are ours
        return int(found[0][0] or 0)

    def remembered(self, who: str) -> dict[str, Any]:
        return {
            k: json.loads(v) for k, v in self._query("SELECT key, value FROM memory WHERE source = ?", who)
        }

    def milestones(self, kind: str, stream: str | None = None) -> Iterable[Mapping[str, Any]]:
        names = ("name", "open", "version", "class", *COLUMNS)
        sql = f"SELECT {', '.join(names)} FROM streams WHERE kind = ?"  # noqa: S608 - names are ours
        one = ((), "") if stream is None else ((stream,), " AND name = ?")
        found = self._query(f"{sql}{one[1]} ORDER BY rowid", kind, *one[0])
        return [from_columns(dict(zip(names, row, strict=True))) for row in found]

    def history(self, kind: str, past: Past) -> list[Mapping[str, Any]]:
        names = ("name", "open", "version", "class", *COLUMNS)
        wanted = {
            "category = ?": past.category,
            "outcome = ?": past.outcome if past.outcome != "open" else None,
            "opened_at >= ?": as_column(past.since),
            "opened_at < ?": as_column(past.until),
            "rowid < (SELECT rowid FROM streams WHERE name = ?)": past.before,
        }
        asked = {clause: value for clause, value in wanted.items() if value is not None}
        unanswered = ["outcome IS NULL"] if past.outcome == "open" else []
        # The plus keeps the index out: newest first is the table's own order, and a page is found at its end.
        where = " AND ".join(["+kind = ?", *asked, *unanswered])
        sql = f"SELECT {', '.join(names)} FROM streams WHERE {where} ORDER BY rowid DESC LIMIT ?"  # noqa: S608 - names are ours
        found = self._query(sql, kind, *asked.values(), past.limit)
        return [from_columns(dict(zip(names, row, strict=True))) for row in found]

    def expired(self, before: datetime) -> list[str]:
        return [name for (name,) in self._query(f"{EXPIRED} ORDER BY rowid", as_column(before))]

    def forget(self, stream: str, before: datetime) -> int:
        old = f"DELETE FROM events WHERE stream IN ({EXPIRED} AND name = ?)"  # noqa: S608 - names are ours
        with self._transaction():
            return self._db.execute(old, (as_column(before), stream)).rowcount

    def cut(self, stream: str, upto: int) -> int:
        old = (
            "DELETE FROM events WHERE stream = ? AND version <= ?"
            " AND version < (SELECT version FROM streams WHERE name = stream)"
        )
        with self._transaction():
            return self._db.execute(old, (stream, upto)).rowcount

    def last_at(self) -> datetime | None:
        found = self._query("SELECT at FROM events ORDER BY seq DESC LIMIT 1")
        return datetime.fromisoformat(found[0][0]) if found else None

    def close(self) -> None:
        self._db.close()
        self._release()

    def _query(self, sql: str, *arguments: Any) -> list[Any]:
        try:
            with self._alone:
                return self._db.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise LogBroken(f"the log {self._path} cannot be read: {error}") from error

    def _release(self) -> None:
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None


def _writer(path: Path, busy_ms: int) -> sqlite3.Connection:
    """For this user alone: it holds the key that signs links."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {busy_ms}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db
