"""A World of virtual time: a log in memory, senders that remember, no sockets, no threads."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from notifiers.memory import MemorySender
from notifiers.page import Receipt
from rules import load as rulebooks
from rules.signal import HealthSignal
from rules.yaml import compose
from tests.support import T0
from watcher.clock import Clock
from watcher.config import Config
from watcher.deliver import Deliver
from watcher.engine import Engine
from watcher.incident.state import Incident
from watcher.judge import Judge
from watcher.log import Log
from watcher.log.memory import MemoryLog
from watcher.observation import Sweep
from watcher.opening import Governing
from watcher.roster import Roster
from watcher.supervision import Start, supervised
from watcher.world import World

T = TypeVar("T")

CONFIG = """\
version: 1
service: {name: shop, public_url: "https://watcher.shop.example"}
health:
  endpoints:
    - {name: api, url: "http://app.example/api/health", system: api, critical: true}
contacts:
  ann: {targets: [chat, ann-phone]}
  bob: {targets: [bob-phone]}
  cara: {role: cto, targets: [cara-phone]}
targets:
  chat: {apprise: "memory://127.0.0.1"}
  ann-phone: {apprise: "memory://127.0.0.1", wakes: true, fallback: chat-2}
  chat-2: {apprise: "memory://127.0.0.1"}
  bob-phone: {apprise: "memory://127.0.0.1", wakes: true}
  cara-phone: {apprise: "memory://127.0.0.1", wakes: true}
on_call: {default: ann}
"""

RULES = """\
version: 1
category: outage
rules:
  - id: outage.down
    trigger: the API answers 500 to all requests
    because: "{endpoint} is down"
    signal: health
    when: {all: [{state: [down]}, {critical: true}]}
    certainty: definite
    examples:
      fires: [{state: down, critical: true, endpoint: api}]
      near_misses: [{state: up, critical: true, endpoint: api, why: it is well}]
"""


def governing(text: str = CONFIG, rules: str = RULES) -> Governing:
    return Governing(config=compose(text, "watcher.yaml").check(Config), rulebook=rulebooks.read(rules))


async def inline(call: Callable[..., T], *arguments: Any) -> T:
    return call(*arguments)


def clock() -> Clock:
    loop = asyncio.get_running_loop()
    return Clock(lambda: T0.timestamp() + loop.time(), loop.time)


@asynccontextmanager
async def nowhere(_app: Any, address: str) -> AsyncIterator[str]:
    yield address


def unreachable(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def world(
    log: Log | None = None,
    sender: MemorySender | None = None,
    answer: Callable[[httpx2.Request], httpx2.Response] = unreachable,
    seed: int = 1,
) -> World:
    """Must be called inside a running loop: its time is the loop's."""
    kept = log or MemoryLog()

    def offload(call: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        return inline(call, *arguments)

    def open_log(_: Path) -> Log:
        return kept

    return World(
        clock=clock(),
        http=lambda: httpx2.MockTransport(answer),
        offload=offload,
        open_log=open_log,
        read_log=open_log,
        senders={"": sender or MemorySender()},
        listen=nowhere,
        notify=lambda _: None,
        chance=random.Random(seed),
        reached=lambda _: None,
    )


class Theatre:
    """Engine, judge and lanes in virtual time; what sources would say is said by the test."""

    def __init__(
        self,
        log: Log | None = None,
        script: dict[str, list[Receipt]] | None = None,
        text: str = CONFIG,
        rules: str = RULES,
    ) -> None:
        self.log = log or MemoryLog()
        self.sender = MemorySender(script)
        self.world = world(self.log, self.sender)
        self.governing = governing(text, rules)
        self.judge = Judge(self.governing)
        self.engine = Engine(self.world, self.log, self.judge, Roster(self.governing.config))
        self.tasks: list[asyncio.Task[Any]] = []

        def start(name: str, part: Start) -> object:
            task = asyncio.create_task(supervised(name, part, self.world.clock, self.world.chance), name=name)
            self.tasks.append(task)
            return task

        self.deliver = Deliver(
            self.world,
            self.engine.ask,
            lambda: self.governing.config,
            lambda id_, contact: f"https://watcher.shop.example/ack/{id_}-{contact}",
            start,
            lambda seconds: None,
        )
        self.engine.follow(lambda turn: self.deliver.offer(turn.streams, turn.now))

    async def start(self) -> Theatre:
        await self.engine.start("test")
        self.tasks.append(asyncio.create_task(self.engine.run(), name="engine"))
        return self

    async def crash(self) -> None:
        """Everything in memory is gone; the log stays."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def pass_(self, **span: float) -> None:
        await self.world.clock.sleep(timedelta(**span))

    async def probe(self, state: str = "down", name: str = "api", **more: Any) -> None:
        """A health source's word."""
        now = self.world.clock.now()
        signal = HealthSignal(
            source=f"health:{name}",
            key=name,
            at=now,
            started_at=None,
            state=state,
            reason="503",
            critical=True,
            system="api",
        )
        await self.engine.submit(Sweep(source=f"health:{name}", at=now, signals=(replace(signal, **more),)))
        await self.pass_(milliseconds=10)

    async def probes(self, state: str, minutes: float) -> None:
        """The same word every ten seconds."""
        for _ in range(round(minutes * 6)):
            await self.probe(state)
            await self.pass_(seconds=10)

    def incident(self, number: int = 1) -> Incident:
        found = self.engine.streams[f"incident/{number}"]
        assert isinstance(found, Incident)
        return found

    def titles(self, target: str | None = None) -> list[str]:
        return [p.title for p in self.sender.pages(target)]

    def events(self, stream: str = "incident/1") -> list[str]:
        return [type(row.event).__name__ for row in self.log.read(stream)]
