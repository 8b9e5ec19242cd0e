"""What the web application is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from watcher.care.audit import Complaint
from watcher.clock import Clock
from watcher.config import Config
from watcher.engine import Engine
from watcher.log import Log
from watcher.serve.links import Links
from watcher.serve.metrics.windows import Window

T = TypeVar("T")


class Read(Protocol):
    """Runs a reading of the log off the loop, on a connection that cannot write."""

    def __call__(self, reading: Callable[[Log], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What came of a reload: whether the new configuration governs, and every fault where it does not."""

    ok: bool
    generation: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The engine to ask, the log to read, and what else a face needs."""

    engine: Engine
    clock: Clock
    config: Callable[[], Config]
    links: Links
    read: Read
    metrics: Callable[[], bytes]  # text exposition
    windows: Callable[[], Mapping[str, Window]]  # response times by window, as they stand
    reload: Callable[[], Awaitable[Reloaded]]
    nudge: Callable[[str | None], None]  # make a source (None: all) look at once
    ready: Callable[[], bool]
    complaints: Callable[[], tuple[Complaint, ...]] = lambda: ()  # of our own audit
    sources: Callable[
        [], dict[str, Any]
    ]  # by name: every (seconds), looked_at and, of an endpoint, its health
