"""The tables of the log on disk, and whether this daemon is new enough for those that it finds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from watcher import __version__
from watcher.incident.catalogue import EVENTS
from watcher.log import LogNewer

SCHEMA_VERSION = 1
BUSY_MS = 5000
"""Another process may hold the file for a moment: a start of the daemon, a reader; a backup for a little longer."""

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
MOMENTS = tuple(name for name in COLUMNS if name.endswith("_at"))
WRITER_SHOWN = 40
"""Characters of the version that the log names: it is a file, and files are edited."""


INDEX = "CREATE INDEX IF NOT EXISTS events_by_type ON events (type, schema)"
"""So that a start need not read a long past to know what is in it. Any version may add it, and any can do without."""
KINDS = """
WITH RECURSIVE kinds (type) AS (
    SELECT min(type) FROM events
    UNION ALL SELECT (SELECT min(type) FROM events WHERE type > kinds.type) FROM kinds WHERE type IS NOT NULL
)
SELECT type, (SELECT max(schema) FROM events WHERE type = kinds.type) FROM kinds WHERE type IS NOT NULL
"""
"""Each type of event and its newest schema: one look at the index for each, however many events there are."""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file; of an existing log only the index, where it is not there yet."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found == 0:
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    if found <= SCHEMA_VERSION:
        db.execute(INDEX)


def refuse_newer(db: sqlite3.Connection) -> None:
    """Say at start, not at the first page, that this daemon is too old for the log. Raises LogNewer."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise LogNewer(
            f"the log has format {found}, and this version knows {SCHEMA_VERSION}: {_again(_writer(db))}"
        )
    for type_, schema in db.execute(KINDS):
        kind = EVENTS.get(type_)
        if kind is None or schema > kind.SCHEMA:
            raise LogNewer(f"the log holds {type_} events of schema {schema}: {_again(_writer(db))}")


def _again(writer: str) -> str:
    return (
        f"it was last written by watcher {writer}, and this is {__version__}; "
        f"install {writer} again, or restore a backup from before the upgrade"
    )


def _writer(db: sqlite3.Connection) -> str:
    """The version of the daemon that wrote the log last."""
    newest = "SELECT body FROM events WHERE type = 'DaemonStarted' ORDER BY seq DESC LIMIT 1"
    with suppress(sqlite3.Error, ValueError, LookupError, TypeError):
        said = str(json.loads(db.execute(newest).fetchone()[0])["version"])[:WRITER_SHOWN]
        if said.isprintable():
            return said
    return "(of a newer version)"


def reader(path: Path, *, busy_ms: int = BUSY_MS, immutable: bool = False) -> sqlite3.Connection:
    """A log that is only read, beside a daemon that may write it; `immutable` where nobody can. Any thread may use it."""
    address = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if immutable else ''}"
    db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {busy_ms}")
    return db


def as_column(value: Any) -> Any:
    """A value as a column holds it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return int(value) if isinstance(value, bool) else value


def from_columns(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its moments read; the row itself, because there may be ten thousand."""
    for name in MOMENTS:
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row
