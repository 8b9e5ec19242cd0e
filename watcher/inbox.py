"""What goes into the engine, and who hears what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.log import Append, Row

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command for one stream, and who waits for the answer."""

    stream: str
    command: object
    answer: asyncio.Future[Any]


Answered = tuple[Asked, object]


@dataclass(frozen=True, slots=True)
class Committed:
    """What a turn left behind, for the followers: the rows, and the states as they are now."""

    now: datetime
    rows: tuple[Row, ...]
    streams: dict[str, Any]  # every live stream's state


Follower = Callable[[Committed], None]
Tally = Callable[[Iterable[Append]], dict[tuple[str, str], Any]]
"""Counters that are committed with the events they count."""


def answer(asked: Asked, result: object) -> None:
    if asked.answer.done():  # whoever asked has gone
        return
    if isinstance(result, Exception):
        asked.answer.set_exception(result)
    else:
        asked.answer.set_result(result)


def tell(follower: Follower, committed: Committed) -> None:
    """A follower's fault is its own: what is committed stays committed, and the next one is told."""
    try:
        follower(committed)
    except Exception:
        logger.exception("a follower failed", extra={"event": "follower_failed"})


def count(tally: Tally, batch: list[Append]) -> dict[tuple[str, str], Any]:
    """Counters must never stand in the way of what they count."""
    try:
        return tally(batch)
    except Exception:
        logger.exception("a counter failed", extra={"event": "tally_failed"})
        return {}
