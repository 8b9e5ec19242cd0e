"""Between a face and the core: put a command and wait for what follows, or read a stream as the log has it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from watcher.hearing import Heard
from watcher.incident.command import Declare, Refused, Report
from watcher.incident.event import Event
from watcher.incident.machines import fold, id_of, kind_of, stream_of
from watcher.log import Log, LogBroken, Row
from watcher.serve.desk import Desk
from watcher.serve.problem import Problem
from watcher.view.gone import gone

T = TypeVar("T")

ANSWER_WITHIN = timedelta(seconds=10)
"""A turn takes milliseconds; behind a full inbox people hear of it rather than wait."""
NUMBER = "[0-9]{1,9}"
"""As the lists show it, and as an address takes it."""
ROWS_MAX = 2000
"""The newest of a timeline; a bad night has some hundred."""


@dataclass(frozen=True, slots=True)
class File:
    """One stream: its state, and the rows that led to it."""

    state: Any
    rows: list[Row]


async def put(desk: Desk, stream: str, command: object) -> list[Event]:
    """What follows from a command, durably. Raises Problem: 409 refused, 404 unknown, 503 no answer in time."""
    try:
        return await _answered(desk.engine.ask(stream, command))
    except LookupError:
        pass
    raise await _missing(desk, stream)


async def hear(desk: Desk, command: Declare | Report) -> Heard:
    """What became of a person's word, durably. Raises Problem as `put` does."""
    return await _answered(desk.engine.hear(command))


async def _answered(answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            return await answer
    except Refused as refusal:
        raise Problem(409, refusal.because) from None
    except TimeoutError:
        because = "the watcher is too busy to answer; look whether it was taken, and try again"
        raise Problem(503, because, {"retry-after": "5"}) from None


def named(id_: str, *kinds: str) -> str:
    """The stream that people call so. Raises Problem 404 where there can be none."""
    stream = stream_of(id_)
    if stream is None or kind_of(stream) not in kinds:
        raise Problem(404, "there is no such incident; an id reads INC-1042 or SUS-7")
    return stream


def numbered(number: str, what: str) -> int:
    """The number of a silence or an override, as an address has it. Raises Problem 404 where there can be none."""
    if not re.fullmatch(NUMBER, number):
        raise Problem(404, f"there is no such {what}; its number stands first in the list of them")
    return int(number)


async def current(desk: Desk, stream: str) -> Any:
    """The state of a stream: live, else as the log has it. Raises Problem 404."""
    return desk.engine.streams.get(stream) or (await file(desk, stream)).state


async def file(desk: Desk, stream: str) -> File:
    """One stream as the log has it. Raises Problem 404."""

    def reading(log: Log) -> File:
        rows = log.read(stream)
        return File(fold(stream, [row.event for row in rows]) if rows else None, rows[-ROWS_MAX:])

    found = await read(desk, reading)
    if found.state is None:
        raise await _missing(desk, stream)
    return found


async def _missing(desk: Desk, stream: str) -> Problem:
    """There never was one, or its events are gone."""
    rows = await read(desk, lambda log: list(log.milestones(kind_of(stream), stream)))
    return Problem(404, gone(stream, rows) or f"there is no {id_of(stream)}")


async def read(desk: Desk, reading: Callable[[Log], T]) -> T:
    """A reading of the log. Raises Problem 503 where it cannot be read."""
    try:
        return await desk.read(reading)
    except LogBroken:
        raise Problem(503, "the log cannot be read now", {"retry-after": "5"}) from None
