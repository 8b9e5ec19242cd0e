"""What goes wrong around the daemon: pagers, clocks, its own life, its disk, its eyes. Each kind on its own course."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.simulation.stage import Stage
from tests.simulation.tape import AT_TARGETS, Fault

HOUR = 3600


class Faults:
    """Everything that goes wrong in one world; a world is spared a kind now and then."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.chance = random.Random(f"faults {stage.tape.seed}")

    def begin(self) -> None:
        for target in self.stage.tape.governing.config.targets:
            self.stage.go(self._target(target, random.Random(f"{self.stage.tape.seed} {target}")))
        for course, every in _COURSES:
            if self.chance.random() < 0.85:
                self.stage.go(self._now_and_then(course, every))

    async def _now_and_then(self, course: Callable[[Faults], Awaitable[None]], every: float) -> None:
        while not self.stage.calm:
            await asyncio.sleep(every * (0.2 + 1.6 * self.chance.random()))
            if not self.stage.calm:
                await course(self)

    async def _target(self, target: str, chance: random.Random) -> None:
        """Well for a while, then failing for a while in one way."""
        while not self.stage.calm:
            await asyncio.sleep(60 * chance.choice((4, 8, 15, 30)) * chance.random())
            if self.stage.calm:
                return
            kind, began = chance.choice(AT_TARGETS), self.stage.now()
            self.stage.pagers.doing[target] = kind
            await asyncio.sleep(60 * chance.choice((0.5, 1, 3, 10)) * chance.random())
            self.stage.pagers.doing.pop(target, None)
            self.stage.tape.faults.append(Fault(kind, began, self.stage.now(), target))

    def _span(self) -> float:
        return self.chance.choice((20, 20, 120, 120, 120, 900, 900, 2 * HOUR)) * (0.5 + self.chance.random())

    async def jumps_ahead(self) -> None:
        self.stage.leap(self._span(), 0, "jump-ahead")

    async def jumps_back(self) -> None:
        self.stage.leap(-self._span(), 0, "jump-back")

    async def suspends(self) -> None:
        span = self._span()
        self.stage.leap(span, span, "suspend")

    async def dies(self) -> None:
        self.stage.down_for = self.chance.choice((0.2, 2, 20, 300, 1500))
        if self.chance.random() < 0.15 and not self.stage.lost:
            self.stage.lost = True
            now = self.stage.now()
            self.stage.tape.faults.append(Fault("target-lost", now, now, "ann-phone"))
        else:
            self.stage.lost = False
        if self.chance.random() < 0.7:
            self.stage.arm()
        else:
            self.stage.kill()

    async def fills_the_disk(self) -> None:
        self.stage.keeping.full = True
        await asyncio.sleep(self.chance.choice((1, 30, 240)))
        self.stage.keeping.full = False

    async def blinds(self) -> None:
        if not self.stage.failing:
            return  # the sources look for themselves
        source = self.chance.choice(sorted(self.stage.failing))
        began = self.stage.now()
        self.stage.blind.add(source)
        self.stage.say(source)
        await asyncio.sleep(self.chance.choice((20, 90, 400)))
        self.stage.blind.discard(source)
        self.stage.say(source)
        self.stage.tape.faults.append(Fault("blind", began, self.stage.now(), source))

    async def is_offline(self) -> None:
        """Our own network is away: no source sees, no pager is reached."""
        stage = self.stage
        if not stage.failing:
            return  # the sources look for themselves
        stage.offline_since, stage.offline = stage.now(), True
        until = stage.loop.time() + self.chance.choice((20, 60, 240, 800, 1300))
        while stage.loop.time() < until:
            self._look_around()
            await asyncio.sleep(25)
        stage.offline = False
        self._look_around()
        stage.tape.faults.append(Fault("offline", stage.offline_since, stage.now()))

    def _look_around(self) -> None:
        self.stage.refer()
        for source in self.stage.failing:
            self.stage.say(source)


_COURSES: tuple[tuple[Callable[[Faults], Awaitable[None]], float], ...] = (
    (Faults.jumps_ahead, 0.7 * HOUR),
    (Faults.jumps_back, 0.7 * HOUR),
    (Faults.suspends, HOUR),
    (Faults.dies, 0.3 * HOUR),
    (Faults.fills_the_disk, 2 * HOUR),
    (Faults.blinds, 0.2 * HOUR),
    (Faults.is_offline, 2 * HOUR),
)
