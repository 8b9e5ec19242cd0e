"""The side channel on an engine in virtual time, with a broker in memory that does what a bad one does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.serve.front import Front
from tests.virtual import run
from watcher.broker import Broker, BrokerLost, Letter, Will
from watcher.serve.mqtt.channel import Channel
from watcher.serve.mqtt.incoming import Incoming
from watcher.serve.taking import Taking
from watcher.settings.mqtt import MqttSettings

SETTINGS = MqttSettings(url="mqtt://127.0.0.1")


@dataclass
class MemoryBroker:
    """Retains, forgets at `crash`, refuses while `up` is False, hangs while `frozen`."""

    up: bool = True
    frozen: bool = False
    refused: tuple[str, ...] = ()
    retained: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    sent: int = 0
    inbox: asyncio.Queue[Letter | None] = field(default_factory=asyncio.Queue)

    @asynccontextmanager
    async def connect(self, settings: MqttSettings, will: Will) -> AsyncIterator[Broker]:
        self.attempts.append(asyncio.get_running_loop().time())
        if not self.up:
            raise BrokerLost("refused")
        self.inbox = asyncio.Queue()
        yield self

    def crash(self) -> None:
        self.up = False
        self.retained.clear()
        self.inbox.put_nowait(None)

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        if self.frozen:
            await asyncio.sleep(5)
            raise BrokerLost("no answer")
        if not self.up:
            raise BrokerLost("gone")
        self.sent += 1
        if topic.endswith("/events"):
            self.events.append(json.loads(payload))
        elif payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)

    async def subscribe(self, topic: str) -> bool:
        for name, text in self.retained.items():
            if topic.endswith("+") and name.startswith(topic[:-1]):
                self.inbox.put_nowait(Letter(name, text.encode(), retained=True))
        return topic not in self.refused

    async def letters(self) -> AsyncIterator[Letter]:
        while (letter := await self.inbox.get()) is not None:
            yield letter
        raise BrokerLost("gone")


class Stage(Front):
    """A front with a channel on a broker in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = MemoryBroker()
        self.settings: MqttSettings | None = SETTINGS
        taking = Taking(self.engine, self.links, lambda: self.config, self.world.clock)
        self.channel = Channel(
            connect=self.broker.connect,
            settings=lambda: self.settings,
            streams=lambda: self.engine.streams,
            incoming=Incoming(self.engine, taking, self.world.clock),
            submit=self.engine.submit,
            clock=self.world.clock,
            chance=random.Random(7),
        )
        self.engine.follow(self.channel.turned)

    async def start(self) -> Stage:
        await super().start()
        self.speaking = asyncio.create_task(self.channel.run())
        self.tasks.append(self.speaking)
        await self.pass_(seconds=1)
        return self

    def shown(self, id_: str = "INC-1") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.broker.retained.get(f"watcher/incidents/{id_}", "{}"))
        return found


def played(scene: Callable[[Stage], Awaitable[Any]]) -> None:
    async def main() -> None:
        stage = await Stage().start()
        try:
            await scene(stage)
        finally:
            await stage.crash()

    run(main())
