"""The log of a simulated world: in memory, indexed, read through the codec; its disk can be full, its daemon dead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.simulation.tape import Tape, Written
from watcher.log import Append, Conflict, LogBroken, Memory, Past, Row
from watcher.log.codec import decode, encode


class Keeping:
    """The rows outlive every daemon; each life holds its own `Held`."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.full = False
        self.appends = 0
        self.told: Callable[[Row], None] | None = None  # of each row, where nobody follows the engine
        self.heard = 0  # in the order of the tape: what was said until then, the daemon has taken in
        self.codes: dict[str, list[tuple[int, tuple[str, int, str]]]] = {}
        self.streams: dict[str, dict[str, Any]] = {}
        self.memory: dict[tuple[str, str], Any] = {}

    def append(self, batch: Sequence[Append], memory: Memory, life: int) -> list[Row]:
        if self.full:
            raise LogBroken("the log cannot be written: the disk is full")
        for item in batch:
            found = self.streams.get(item.stream, {"version": 0})["version"]
            if found != item.expected_version:
                raise Conflict(f"{item.stream} is at version {found}, expected {item.expected_version}")
        self.appends += 1
        self.heard = self.tape.orders
        rows = [row for item in batch for row in self._add(item, life)]
        for key, value in memory.items():
            self.memory[key] = value
        for row in rows if self.told else ():
            self.told(row)  # type: ignore[misc]
        return rows

    def _add(self, item: Append, life: int) -> Iterable[Row]:
        codes = self.codes.setdefault(item.stream, [])
        for version, event in enumerate(item.events, item.expected_version + 1):
            seq, code = len(self.tape.rows) + 1, encode(event)
            codes.append((seq, code))
            self.tape.bodies.append(code[2])
            order = self.tape.order()
            self.tape.rows.append(Written(order, seq, item.stream, version, event, self.appends, life))
            yield Row(seq=seq, stream=item.stream, version=version, event=event)
        version = item.expected_version + len(item.events)
        self.streams[item.stream] = {
            "name": item.stream,
            "kind": item.kind,
            "open": item.open,
            "class": "drill" if item.drill else "real",
            "version": version,
            **item.columns,
        }


class Held:
    """The log as one life of the daemon holds it; `gone` raises where that life is over."""

    def __init__(self, keeping: Keeping, life: int, gone: Callable[[], None]) -> None:
        self._keeping = keeping
        self._life = life
        self._gone = gone

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        self._gone()
        return self._keeping.append(batch, memory, self._life)

    def read(self, stream: str) -> list[Row]:
        codes = self._keeping.codes.get(stream, [])
        return [
            Row(seq=seq, stream=stream, version=version, event=decode(*code))
            for version, (seq, code) in enumerate(codes, 1)
        ]

    def open_streams(self) -> list[str]:
        return [name for name, row in self._keeping.streams.items() if row["open"]]

    def count(self, kind: str) -> int:
        return sum(1 for row in self._keeping.streams.values() if row["kind"] == kind)

    def highest(self, kind: str) -> int:
        names = (name for name, row in self._keeping.streams.items() if row["kind"] == kind)
        return max((int(name.partition("/")[2]) for name in names), default=0)

    def remembered(self, who: str) -> dict[str, Any]:
        memory = self._keeping.memory
        return {key: value for (owner, key), value in memory.items() if owner == who and value is not None}

    def milestones(self, kind: str, stream: str | None = None) -> Iterable[Mapping[str, Any]]:
        rows = self._keeping.streams.values()
        return [row for row in rows if row["kind"] == kind and stream in (None, row["name"])]

    def history(self, kind: str, past: Past) -> list[Mapping[str, Any]]:
        """Newest first; nobody in these worlds asks for less."""
        return list(reversed(list(self.milestones(kind))))[: past.limit]

    def expired(self, before: datetime) -> list[str]:
        """No world lasts so long."""
        return []

    def forget(self, stream: str, before: datetime) -> int:
        """Nothing is old enough."""
        return 0

    def cut(self, stream: str, upto: int) -> int:
        """Nor too long."""
        return 0

    def last_at(self) -> datetime | None:
        rows = self._keeping.tape.rows
        return rows[-1].at if rows else None

    def close(self) -> None:
        """Nothing to let go of."""
