"""How a life of the daemon ends: in good order, or with last words and exit 3; and that a broken metric ends none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from tests.theatre import CONFIG, governing, world
from tests.virtual import run
from watcher.daemon import CANNOT_GO_ON, DONE, Daemon, daemon
from watcher.inbox import Committed
from watcher.log import Append, LogBroken, Memory, Row
from watcher.log.memory import MemoryLog
from watcher.serve.metrics import Metrics

QUICK = CONFIG.replace("critical: true}", "critical: true, every: 1s, fail_after: 1}")
LAND_WITHIN = 3.0


class FullDisk(MemoryLog):
    """A log whose disk is full from a moment on."""

    full = False

    def append(self, batch: Sequence[Append], memory: Memory) -> list[Row]:
        if self.full:
            raise LogBroken("the log cannot be written: disk full")
        return super().append(batch, memory)


class Stuck(MemorySender):
    """Takes pages of incidents and never answers; last words it takes."""

    async def send(self, page: Page, destination: Destination) -> Receipt:
        if page.id.startswith("INC-"):
            await asyncio.Event().wait()
        return await super().send(page, destination)


class Running:
    """A daemon on an application that is down."""

    def __init__(self, sender: MemorySender | None = None) -> None:
        self.log = FullDisk()
        self.sender = sender or MemorySender()
        self.looked: list[float] = []
        self.stop = asyncio.Event()
        self.world = world(self.log, self.sender, self._down)
        self.governing = governing(QUICK)
        self.ending: asyncio.Task[int] | None = None

    def _down(self, request: httpx2.Request) -> httpx2.Response:
        self.looked.append(asyncio.get_running_loop().time())
        return httpx2.Response(503, request=request)

    async def start(self) -> Running:
        self.ending = asyncio.create_task(daemon(lambda: self.governing, self.world, stop=self.stop))
        await asyncio.sleep(10)
        assert self.log.count("incident") == 1
        return self

    async def ended(self, within: float = 60) -> int:
        """The exit code; an end that does not come is a fault."""
        assert self.ending is not None
        async with asyncio.timeout(within):
            return await self.ending

    def words(self) -> list[str]:
        """Which targets had the last words."""
        return sorted(s.target for s in self.sender.sent if "the watcher is stopping" in s.page.title)


def test_no_source_looks_once_a_stop_began() -> None:
    """Not even in the seconds in which pages land, though the endpoint is asked each second."""

    async def main() -> None:
        stage = await Running(Stuck()).start()
        began = asyncio.get_running_loop().time()
        assert max(stage.looked) > began - 2.5
        stage.stop.set()
        assert await stage.ended() == DONE
        assert asyncio.get_running_loop().time() - began >= LAND_WITHIN - 0.1
        assert [at for at in stage.looked if at > began] == []
        assert stage.words() == []

    run(main())


@pytest.mark.parametrize(
    ("sender", "later"),
    [
        pytest.param(MemorySender, 0.0, id="at the moment of the stop"),
        pytest.param(Stuck, 0.0, id="at that moment with pages in flight"),
        pytest.param(Stuck, 1.0, id="while pages in flight are waited for"),
    ],
)
def test_a_stop_in_which_the_log_breaks_ends_with_last_words(
    sender: type[MemorySender], later: float
) -> None:
    """Exit 3 within seconds, and everyone who can be woken hears what fails: nobody waits for an answer that never comes."""

    async def main() -> None:
        stage = await Running(sender()).start()
        began = asyncio.get_running_loop().time()
        stage.stop.set()
        await asyncio.sleep(later)
        stage.log.full = True
        assert await stage.ended() == CANNOT_GO_ON
        assert asyncio.get_running_loop().time() - began < LAND_WITHIN + 1
        assert stage.words() == ["ann-phone", "bob-phone", "cara-phone"]
        (said,) = {s.page.lines for s in stage.sender.sent if s.page.id == "last-words"}
        assert "the log cannot be written: disk full" in said
        assert any(line.startswith("failing now: INC-1 outage") for line in said)

    run(main())


def test_a_log_that_breaks_ends_the_watch_with_last_words() -> None:
    """Also when nobody told it to stop: at the latest with the next heartbeat."""

    async def main() -> None:
        stage = await Running().start()
        stage.log.full = True
        assert await stage.ended(31) == CANNOT_GO_ON
        assert stage.words() == ["ann-phone", "bob-phone", "cara-phone"]

    run(main())


def test_a_start_on_a_broken_log_says_no_last_words() -> None:
    """Nobody watched yet; a service manager that tries again and again must not ring each time."""

    async def main() -> None:
        stage = Running()
        stage.log.full = True
        assert await daemon(lambda: stage.governing, stage.world, stop=stage.stop) == CANNOT_GO_ON
        assert stage.sender.sent == []

    run(main())


class NoFigures(Metrics):
    """Metrics with a fault of their own in every turn."""

    def turn(self, committed: Committed) -> None:
        raise RuntimeError("a gauge")

    def tally(self, batch: Iterable[Append]) -> dict[tuple[str, str], Any]:
        raise RuntimeError("a counter")


def test_metrics_that_fail_keep_no_page_from_leaving() -> None:
    """They are told apart from the lanes, and their fault is their own."""

    async def main() -> None:
        stage = Running()
        life = Daemon(lambda: stage.governing, stage.governing, stage.world, stage.log, timedelta(seconds=30))
        life.metrics = NoFigures(stage.world.clock, version="1")
        living = asyncio.create_task(life.run(stage.stop, asyncio.Event()))
        await asyncio.sleep(240)
        rung = [p for p in stage.sender.pages("ann-phone") if p.kind == "wake"]
        assert len(rung) == 2
        stage.stop.set()
        assert await living == DONE

    run(main())
