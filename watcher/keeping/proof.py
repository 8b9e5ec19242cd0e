"""Is a copy of a log whole? SQLite says of the file, the codec of each event, the machines of each stream."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from watcher.incident.machines import MACHINES, fold, kind_of
from watcher.log import LogBroken
from watcher.log.codec import decode
from watcher.log.schema import reader, refuse_newer


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was found whole."""

    streams: int
    incidents: int
    events: int
    forgotten: int  # closed streams of which the milestones alone are left


def prove(path: Path, *, written: bool = False) -> Contents:
    """Read everything of a log. `written` where a daemon may write it meanwhile: one moment of it is read.

    Raises LogBroken saying what is wrong, LogNewer.
    """
    try:
        with closing(reader(path, immutable=not written)) as db:
            db.execute("BEGIN")
            _well(db)
            return _folded(db)
    except (sqlite3.Error, ValueError) as error:
        raise LogBroken(f"{path} is damaged: {error}") from error


def _well(db: sqlite3.Connection) -> None:
    said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise LogBroken(f"the file is damaged: {said}")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        raise LogBroken("it is no log of a watcher")
    refuse_newer(db)


def _folded(db: sqlite3.Connection) -> Contents:
    streams = db.execute("SELECT name, open, version FROM streams").fetchall()
    counts = [_events(db, name, version, may_be_gone=not open_) for name, open_, version in streams]
    found = sum(counts)
    every = db.execute("SELECT count(*) FROM events").fetchone()[0]
    if every != found:
        raise LogBroken(f"{every - found} events belong to no stream")
    for (value,) in db.execute("SELECT value FROM memory"):
        json.loads(value)
    incidents = sum(1 for name, _, _ in streams if kind_of(name) == "incident")
    return Contents(
        streams=len(streams), incidents=incidents, events=every, forgotten=sum(1 for n in counts if n == 0)
    )


def _events(db: sqlite3.Connection, name: str, version: int, *, may_be_gone: bool) -> int:
    """How many events the stream has; each is read, and their state can be told."""
    if kind_of(name) not in MACHINES:
        raise LogBroken(f"{name} is a stream of a kind that this version does not know")
    rows = db.execute(
        "SELECT version, type, schema, body FROM events WHERE stream = ? ORDER BY version", (name,)
    ).fetchall()
    if not rows and may_be_gone:
        return 0
    cut = rows[0][0] - 1 if rows and MACHINES[kind_of(name)].rests is not None else 0
    if [row[0] for row in rows] != list(range(cut + 1, version + 1)):
        raise LogBroken(f"{name} lacks events: it has {len(rows)} of {version}")
    fold(name, [decode(type_, schema, body) for _, type_, schema, body in rows], after=cut)
    return len(rows)
