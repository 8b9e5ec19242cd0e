"""Exports: the log as JSON Lines, an event or an incident a line, in order; read in short pieces beside the writer."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from watcher.incident.machines import id_of
from watcher.keeping.place import NoPlace, alone, empty, folder_of, settle
from watcher.log import Log, LogBroken
from watcher.log.ailing import mend
from watcher.log.schema import as_column, reader
from watcher.view.measures import times

PIECE = 500
"""Events a reading: a long one would keep SQLite from shortening the writer's journal."""


class ExportFailed(Exception):  # noqa: N818 - it is a state of the world
    """The file could not be written. The text says what to do; a former one is as it was."""


def write(lines: Iterable[Mapping[str, Any]], to: Path, log: Path) -> int:
    """Write the lines into a file that takes the name once it is whole; how many they are.

    Raises ExportFailed, and LogBroken where the lines end early.
    """
    if to.resolve() == log.resolve():
        raise ExportFailed(f"{to} is the log itself; name another file")
    partial = to.with_name(f"{to.name}.partial")
    try:
        with alone(folder_of(to, log)):
            count = _written(lines, partial, log)
            partial.replace(to)
            settle(to.parent)
    except NoPlace as error:
        raise ExportFailed(str(error)) from None
    except OSError as error:
        advice = mend(to) or "is there room, and may this user write there?"
        raise ExportFailed(f"{to} cannot be written: {error.strerror}; {advice}") from error
    return count


def _written(lines: Iterable[Mapping[str, Any]], partial: Path, log: Path) -> int:
    """Where it could not be, nothing is left of it."""
    count = 0
    try:
        with os.fdopen(empty(partial, log), "w", encoding="ascii") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007 - how many they were
                file.write(f"{json.dumps(line)}\n")
        settle(partial)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    return count


def events(path: Path, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Every event as it was written, in order, from a moment on. Raises LogBroken."""
    last, start = 0, as_column(since) if since is not None else ""
    columns = "seq, stream, version, type, schema, at, class, body"
    query = f"SELECT {columns} FROM events WHERE seq > ? AND at >= ? ORDER BY seq LIMIT ?"  # noqa: S608 - names are ours
    try:
        with closing(reader(path)) as db:
            while rows := db.execute(query, (last, start, PIECE)).fetchall():
                yield from map(_event, rows)
                last = rows[-1][0]
    except (sqlite3.Error, ValueError) as error:
        raise LogBroken(f"the log {path} cannot be read: {error}") from error


def _event(row: tuple[Any, ...]) -> dict[str, Any]:
    seq, stream, version, type_, schema, at, class_, body = row
    return {
        "seq": seq,
        "at": at,
        "id": id_of(stream),
        "stream": stream,
        "version": version,
        "event": type_,
        "schema": schema,
        "drill": class_ == "drill",
        "body": json.loads(body),
    }


def incidents(log: Log, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Every incident by its milestones, oldest first, those that were received since; forgotten ones as well."""
    for row in log.milestones("incident"):
        detected = row["detected_at"]
        if since is None or (detected is not None and detected >= since):
            yield _incident(row)


def _incident(row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns, and the seconds of a resolved one: what the metrics count."""
    columns = {name: value for name, value in row.items() if name not in ("name", "version", "open", "class")}
    seconds = times(row) if row["outcome"] == "resolved" and row["detected_at"] is not None else {}
    return {
        "id": id_of(row["name"]),
        "open": bool(row["open"]),
        "drill": row["class"] == "drill",
        **{
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in columns.items()
        },
        "seconds": {measure: span.total_seconds() for measure, span in seconds.items()},
    }
