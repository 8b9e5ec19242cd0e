"""One seed, played to its end: a world with troubles, faults and people, then a calm in which everything must settle."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulation import trouble
from tests.simulation.faults import Faults
from tests.simulation.people import People
from tests.simulation.stage import Stage
from tests.simulation.tape import Tape
from tests.virtual import run

HOUR = 3600
PAGES_SOON = 30 * 60
"""Seconds of calm: whatever is owed is delivered in it, and the ladders are seen to go on."""


def play(seed: int, hours: float = 12) -> Tape:
    """Everything that happened. What the daemon would log of it is not kept: thousands of planned failures."""
    return played(_play(seed, hours))


def played(world: Coroutine[Any, Any, Tape]) -> Tape:
    """The tape beside the task: the runner would write out the result of its own, however large it is."""
    found: list[Tape] = []

    async def whole() -> None:
        found.append(await world)

    with quiet():
        run(whole())
    return found[0]


@contextmanager
def quiet() -> Iterator[None]:
    """No line is logged, and nothing is collected: a world is small, and its end frees it."""
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


async def _play(seed: int, hours: float) -> Tape:
    stage = Stage(seed)
    stage.tape.secrets = (trouble.secret(seed), "4111 1111", "\u202e", "\x1b", "\x00")
    stage.attend = People(stage).read
    stage.start()
    trouble.begin(stage)
    Faults(stage).begin()
    for number, source in enumerate(stage.failing):
        stage.go(_looks(stage, source, 90.0 + 20 * number))
    await asyncio.sleep(hours * HOUR)
    await _calm(stage)
    await stage.end()
    return stage.tape


async def _looks(stage: Stage, source: str, every: float) -> None:
    """What does not change is said again and again."""
    while True:
        await asyncio.sleep(every)
        stage.say(source)


async def _calm(stage: Stage) -> None:
    """Every target, disk and eye is well again; nothing new breaks."""
    stage.calm = True
    stage.pagers.doing.clear()
    stage.keeping.full = False
    stage.blind.clear()
    if stage.life is not None:
        stage.life.fuse = None
    await asyncio.sleep(PAGES_SOON)
