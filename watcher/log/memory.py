"""A log in memory: the same promises without a disk; for tests and simulations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from watcher.log import Append, Conflict, Memory, Past, Row
from watcher.log.codec import decode, encode


class MemoryLog:
    """Keeps encoded rows, so that what is read went through the same codec as on disk."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, int, tuple[str, int, str]]] = []
        self._streams: dict[str, dict[str, Any]] = {}
        self._memory: dict[tuple[str, str], Any] = {}

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        for item in batch:
            found = self._streams.get(item.stream, {"version": 0})["version"]
            if found != item.expected_version:
                raise Conflict(f"{item.stream} is at version {found}, expected {item.expected_version}")
        rows = [row for item in batch for row in self._add(item)]
        for key, value in memory.items():
            if value is None:
                self._memory.pop(key, None)
            else:
                self._memory[key] = value
        return rows

    def _add(self, item: Append) -> Iterable[Row]:
        for version, event in enumerate(item.events, item.expected_version + 1):
            seq = self._rows[-1][0] + 1 if self._rows else 1
            self._rows.append((seq, item.stream, version, encode(event)))
            yield Row(seq=seq, stream=item.stream, version=version, event=event)
        self._streams[item.stream] = {
            "name": item.stream,
            "kind": item.kind,
            "open": item.open,
            "drill": item.drill,
            "version": item.expected_version + len(item.events),
            **item.columns,
        }

    def read(self, stream: str) -> list[Row]:
        return [self._row(row) for row in self._rows if row[1] == stream]

    def rows(self) -> list[Row]:
        """Everything, in order."""
        return [self._row(row) for row in self._rows]

    def _row(self, row: tuple[int, str, int, tuple[str, int, str]]) -> Row:
        seq, stream, version, code = row
        return Row(seq=seq, stream=stream, version=version, event=decode(*code))

    def open_streams(self) -> list[str]:
        return [name for name, row in self._streams.items() if row["open"]]

    def count(self, kind: str) -> int:
        return sum(1 for row in self._streams.values() if row["kind"] == kind)

    def highest(self, kind: str) -> int:
        names = (name for name, row in self._streams.items() if row["kind"] == kind)
        return max((int(name.partition("/")[2]) for name in names), default=0)

    def remembered(self, who: str) -> dict[str, Any]:
        return {key: value for (owner, key), value in self._memory.items() if owner == who}

    def milestones(self, kind: str, stream: str | None = None) -> Iterable[Mapping[str, Any]]:
        named = self._streams.values() if stream is None else filter(None, [self._streams.get(stream)])
        return [row for row in named if row["kind"] == kind]

    def history(self, kind: str, past: Past) -> list[Mapping[str, Any]]:
        rows = [row for row in self._streams.values() if row["kind"] == kind]
        names = [row["name"] for row in rows]
        if past.before is not None:
            rows = rows[: names.index(past.before)] if past.before in names else []
        return [row for row in reversed(rows) if _meant(row, past)][: past.limit]

    def expired(self, before: datetime) -> list[str]:
        last = {row.stream: row.event.at for row in self.rows()}
        return [n for n, row in self._streams.items() if not row["open"] and last.get(n, before) < before]

    def forget(self, stream: str, before: datetime) -> int:
        if stream not in self.expired(before):
            return 0
        kept = [row for row in self._rows if row[1] != stream]
        gone, self._rows = len(self._rows) - len(kept), kept
        return gone

    def cut(self, stream: str, upto: int) -> int:
        last = self._streams.get(stream, {"version": 0})["version"]
        kept = [row for row in self._rows if row[1] != stream or row[2] > min(upto, last - 1)]
        gone, self._rows = len(self._rows) - len(kept), kept
        return gone

    def last_at(self) -> datetime | None:
        return decode(*self._rows[-1][3]).at if self._rows else None

    def close(self) -> None:
        """Nothing to let go of."""


def _meant(row: Mapping[str, Any], past: Past) -> bool:
    return (
        past.category in (None, row["category"])
        and past.outcome in (None, row["outcome"] or "open")
        and (past.since is None or row["opened_at"] >= past.since)
        and (past.until is None or row["opened_at"] < past.until)
    )
