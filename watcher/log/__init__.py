"""The log: the truth, in order. One writer appends; everything else reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from watcher.incident.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event where it stands: `seq` over everything, `version` within its stream (from 1)."""

    seq: int
    stream: str
    version: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """What one turn adds to one stream. `columns` are the stream's milestones as they stand afterwards."""

    stream: str
    kind: str
    expected_version: int
    events: tuple[Event, ...]
    open: bool = True
    drill: bool = False
    columns: Mapping[str, Any] = field(default_factory=dict)


Memory = Mapping[tuple[str, str], Any]
"""What is remembered, by (who, key): JSON values; None forgets."""


class LogBroken(Exception):  # noqa: N818 - it is a state of the world
    """The log cannot be written or read. The text says what to do."""


class LogInUse(LogBroken):
    """Another daemon holds the log."""


class LogNewer(LogBroken):
    """The log was written by a newer daemon."""


class Conflict(LogBroken):
    """Somebody else appended to the stream: the single writer is not single."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Which streams of a kind are meant: None means any. `before` is a stream; those that began before it are meant."""

    limit: int
    before: str | None = None
    category: str | None = None
    outcome: str | None = None  # "open": none yet
    since: datetime | None = None  # opened then or later
    until: datetime | None = None  # opened before then


class Log(Protocol):
    """Blocking calls. One writer: what it appends is in order; what is forgotten meanwhile is between two appends."""

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        """Add everything or nothing, durably: events, milestones and memory in one transaction."""

    def read(self, stream: str) -> list[Row]:
        """One stream, in order."""

    def open_streams(self) -> list[str]:
        """The streams that are not closed."""

    def count(self, kind: str) -> int:
        """How many streams of a kind there ever were."""

    def highest(self, kind: str) -> int:
        """The highest number of a kind's streams: the next one's predecessor; 0 where there is none."""

    def remembered(self, who: str) -> dict[str, Any]:
        """What one source, or part of the daemon, remembers."""

    def milestones(self, kind: str, stream: str | None = None) -> Iterable[Mapping[str, Any]]:
        """The milestone columns of every stream of a kind, by name, oldest first; or of the one that is named."""

    def history(self, kind: str, past: Past) -> list[Mapping[str, Any]]:
        """The milestone columns of those streams of a kind that are meant, newest first."""

    def expired(self, before: datetime) -> list[str]:
        """The closed streams whose last event is older, and still there."""

    def forget(self, stream: str, before: datetime) -> int:
        """Delete the events of a stream that is closed and whose last event is older, all in one transaction.

        Its milestones stay. Answers how many events went: none where it was spoken of again since somebody looked.
        """

    def cut(self, stream: str, upto: int) -> int:
        """Delete the events of a stream up to this version, but for the last one. Answers how many went."""

    def last_at(self) -> datetime | None:
        """When the last event happened."""

    def close(self) -> None:
        """Let go; the lease ends."""
