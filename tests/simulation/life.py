"""One life of the daemon's core: engine, judge and lanes on a log that outlives it. It can end at any moment."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.simulation.keeping import Held, Keeping
from tests.simulation.pager import LifeSender, Pagers
from tests.theatre import nowhere, unreachable
from watcher.clock import Clock
from watcher.deliver import Deliver
from watcher.engine import Engine
from watcher.inbox import Committed
from watcher.judge import Judge
from watcher.log import LogBroken
from watcher.observation import Observation
from watcher.opening import Governing
from watcher.roster import Roster
from watcher.supervision import Start, supervised
from watcher.world import World

T = TypeVar("T")


class Crash(BaseException):
    """SIGKILL: nothing may catch it, and nothing of this life goes on."""


@dataclass(slots=True)
class Fuse:
    """Burns down each time the point is reached; at nought the life ends there."""

    point: str
    left: int

    def burns(self, point: str) -> bool:
        self.left -= point == self.point
        return self.left <= 0


class Life:
    """`ended` is told once, when the life is over: by a crash, or because the log could not be written."""

    def __init__(
        self,
        number: int,
        keeping: Keeping,
        pagers: Pagers,
        governing: Governing,
        wall: Callable[[], float],
        chance: random.Random,
        ended: Callable[[Life, str], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        self.governing = governing
        self.clock = Clock(wall, loop.time)
        self.over = False
        self.broken: Exception | None = None  # a fault that no simulated world may bring about
        self.fuse: Fuse | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        self._ended = ended
        self.log = Held(keeping, number, self.gone)
        self.sender = LifeSender(pagers, number, self.now, self.gone)
        self.world = self._world(chance)

    def _world(self, chance: random.Random) -> World:
        async def inline(call: Callable[..., T], *arguments: Any) -> T:
            return call(*arguments)

        def offload(call: Callable[..., T], *arguments: Any) -> Awaitable[T]:
            return inline(call, *arguments)

        return World(
            clock=self.clock,
            http=lambda: unreachable,  # type: ignore[arg-type, return-value]
            offload=offload,
            open_log=lambda _: self.log,
            read_log=lambda _: self.log,
            senders={"": self.sender},
            listen=nowhere,
            notify=lambda _: None,
            chance=chance,
            reached=self.reached,
        )

    def now(self) -> datetime:
        return self.clock.now()

    def gone(self) -> None:
        """Called wherever this life touches the world."""
        if self.over:
            raise Crash

    def reached(self, point: str) -> None:
        self.gone()
        if self.fuse is not None and self.fuse.burns(point):
            self.end(f"crash at {point}")
            raise Crash(point)

    def end(self, because: str) -> None:
        """Everything in memory is gone, at once."""
        if self.over:
            return
        self.over = True
        for task in self.tasks:
            task.cancel()
        self._ended(self, because)

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """A task that dies with this life."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self.tasks = [t for t in self.tasks if not t.done()] if len(self.tasks) > 64 else self.tasks
        self.tasks.append(task)
        return task


class Core(Life):
    """A life of engine, judge and lanes; what sources would say is put in."""

    def begin(self, heartbeat: timedelta, committed: Callable[[Committed], None]) -> None:
        """Start; where even that fails (a full disk), the life ends."""
        roster = Roster(self.governing.config)
        self.engine = Engine(self.world, self.log, Judge(self.governing), roster, heartbeat=heartbeat)
        self.deliver = Deliver(
            self.world,
            self.engine.ask,
            lambda: self.governing.config,
            lambda id_, contact: "",
            self._start_lane,
            lambda seconds: None,
        )
        self.engine.follow(committed)
        self.engine.follow(lambda turn: self.deliver.offer(turn.streams, turn.now))
        self.spawn(self._run(), "engine")

    async def _run(self) -> None:
        try:
            await self.engine.start("simulation")
            await self.engine.run()
        except LogBroken as error:
            self.end(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.broken = error
            self.end(f"a fault of its own: {error!r}")

    def _start_lane(self, name: str, start: Start) -> object:
        return self.spawn(supervised(name, start, self.clock, self.world.chance), name)

    def submit(self, observation: Observation) -> None:
        """The inbox has room: the handing in ends at once."""
        with suppress(StopIteration):
            self.engine.submit(observation).send(None)


async def bury(life: Life) -> None:
    """Wait until nothing of it runs."""
    await asyncio.gather(*life.tasks, return_exceptions=True)


__all__ = ["Core", "Crash", "Fuse", "Life", "bury"]
