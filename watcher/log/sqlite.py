"""The log in SQLite: WAL, synchronous=FULL, one transaction an append, one writer, many readers.

`events` is the truth; `streams` holds one row a stream with the milestones that metrics need, so that neither start-up
nor a scrape reads history; `memory` is what sources and counters remember, committed with what came of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from watcher.incident.catalogue import EVENTS
from watcher.log import Append, Conflict, LogBroken, LogInUse, LogNewer, Memory, Row
from watcher.log.codec import decode, encode

SCHEMA_VERSION = 1
BUSY_MS = 5000
"""A reader may hold the file for a moment; a backup for a little longer."""

SCHEMA = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, schema INTEGER NOT NULL,
    at TEXT NOT NULL, class TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (stream, version)
);
CREATE TABLE streams (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, open INTEGER NOT NULL, version INTEGER NOT NULL, class TEXT NOT NULL,
    category TEXT, status TEXT, environment TEXT, title TEXT, started_at TEXT, detected_at TEXT, opened_at TEXT,
    paged_at TEXT, acknowledged_at TEXT, decided_at TEXT, mitigated_at TEXT, resolved_at TEXT, outcome TEXT,
    recommendation TEXT, decision TEXT, deployment_caused INTEGER, reopenings INTEGER
);
CREATE INDEX streams_by_kind ON streams (kind, open);
CREATE TABLE memory (source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, key)) WITHOUT ROWID;
"""

COLUMNS = (
    "category",
    "status",
    "environment",
    "title",
    "started_at",
    "detected_at",
    "opened_at",
    "paged_at",
    "acknowledged_at",
    "decided_at",
    "mitigated_at",
    "resolved_at",
    "outcome",
    "recommendation",
    "decision",
    "deployment_caused",
    "reopenings",
)
MOMENTS = frozenset(name for name in COLUMNS if name.endswith("_at"))


class SqliteLog:
    """Opens, or makes, the log at a path and takes its lease. Raises LogBroken, LogInUse, LogNewer."""

    def __init__(self, path: Path, *, lease: bool = True) -> None:
        self._path = path
        self._lease = _take_lease(path) if lease else None
        try:
            self._db = _connect(path, read_only=not lease)
            if lease:
                _prepare(self._db)
                _refuse_newer(self._db)
        except (sqlite3.Error, OSError) as error:
            self._release()
            raise LogBroken(
                f"the log {path} cannot be opened: {error}; is it a log, and is the disk well?"
            ) from error
        except LogBroken:
            self._release()
            raise

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            rows = [row for item in batch for row in self._add(item)]
            self._remember(memory)
            self._db.execute("COMMIT")
        except (sqlite3.Error, Conflict) as error:
            self._roll_back()
            if isinstance(error, Conflict):
                raise
            raise LogBroken(f"the log {self._path} cannot be written: {error}") from error
        return rows

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
                (item.stream, number, type_, schema, _write(event.at), label, body),
            )
            yield Row(seq=cursor.lastrowid or 0, stream=item.stream, version=number, event=event)
        values = [_write(item.columns.get(name)) for name in COLUMNS]
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

    def milestones(self, kind: str) -> Iterable[Mapping[str, Any]]:
        names = ("name", "open", "version", "class", *COLUMNS)
        found = self._query(
            f"SELECT {', '.join(names)} FROM streams WHERE kind = ? ORDER BY rowid",  # noqa: S608 - names are ours
            kind,
        )
        return [{n: _read(n, v) for n, v in zip(names, row, strict=True)} for row in found]

    def last_at(self) -> datetime | None:
        found = self._query("SELECT at FROM events ORDER BY seq DESC LIMIT 1")
        return datetime.fromisoformat(found[0][0]) if found else None

    def close(self) -> None:
        self._db.close()
        self._release()

    def _query(self, sql: str, *arguments: Any) -> list[Any]:
        try:
            return self._db.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise LogBroken(f"the log {self._path} cannot be read: {error}") from error

    def _release(self) -> None:
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None


def _take_lease(path: Path) -> int:
    """An exclusive lock beside the log. The kernel gives it up when the process dies, however it dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lease = os.open(path.with_name(path.name + ".lease"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (FileExistsError, NotADirectoryError) as error:
        raise LogBroken(
            f"the log {path} cannot be opened: {path.parent} is no folder; change log.path"
        ) from error
    except OSError as error:
        raise LogBroken(
            f"the log {path} cannot be opened: {error.strerror}; may this user write there?"
        ) from error
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lease, 20, 0).decode("ascii", "replace").strip()
        os.close(lease)
        raise LogInUse(
            f"another daemon (process {holder or 'unknown'}) already watches with the log {path}"
        ) from None
    with suppress(
        OSError
    ):  # only a courtesy to the next one; on a full disk the log itself says what is wrong
        os.ftruncate(lease, 0)
        os.pwrite(lease, str(os.getpid()).encode(), 0)
    return lease


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}"
    if read_only:
        address += "?mode=ro"
    else:  # it holds the key that signs links: for this user alone
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    return db


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file; leave an existing log as it is."""
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _refuse_newer(db: sqlite3.Connection) -> None:
    """Say at start, not at the first page, that this daemon is too old for the log."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise LogNewer(
            f"the log has format {found}; this version knows {SCHEMA_VERSION}: install the newer version again"
        )
    for type_, schema in db.execute("SELECT type, max(schema) FROM events GROUP BY type"):
        kind = EVENTS.get(type_)
        if kind is None or schema > kind.SCHEMA:
            raise LogNewer(
                f"the log holds {type_} events of schema {schema}: install the newer version again"
            )


def _write(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return int(value) if isinstance(value, bool) else value


def _read(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in MOMENTS and value is not None else value
