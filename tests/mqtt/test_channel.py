"""The side channel in virtual time, with a broker in memory that does what a bad one does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.serve.front import Front
from tests.virtual import run
from watcher.broker import Broker, BrokerLost, Letter, Will
from watcher.incident import command as ask
from watcher.serve.mqtt.channel import Channel
from watcher.serve.mqtt.incoming import Incoming
from watcher.serve.mqtt.outgoing import FACTS_MAX
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


def test_what_changed_while_the_broker_was_away_is_right_when_it_is_back() -> None:
    """After an outage the broker holds each open incident as it is now, none that closed meanwhile, and every fact in order."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        await stage.pass_(seconds=1)
        assert stage.shown()["acknowledged_by"] is None
        stage.broker.crash()
        await stage.pass_(minutes=2)
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        stage.broker.up = True
        await stage.pass_(minutes=2)
        assert stage.shown()["acknowledged_by"] == "ann"
        stage.broker.crash()
        await stage.pass_(seconds=1)
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        stage.broker.up = True
        stage.broker.retained["watcher/incidents/INC-1"] = "{}"  # of a broker that keeps what it had
        await stage.pass_(minutes=2)
        assert "watcher/incidents/INC-1" not in stage.broker.retained
        seqs = [event["seq"] for event in stage.broker.events]
        assert seqs == sorted(set(seqs))
        assert [
            e["event"] for e in stage.broker.events if e["event"] in ("Opened", "Acknowledged", "Closed")
        ] == [
            "Opened",
            "Acknowledged",
            "Closed",
        ]

    played(scene)


def test_a_broker_that_is_down_is_asked_ever_more_seldom() -> None:
    """Attempts spread with full jitter up to a minute apart: an hour costs some hundred, not thousands."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        await stage.pass_(hours=1)
        waits = [b - a for a, b in pairwise(stage.broker.attempts)]
        assert 60 <= len(waits) <= 250
        assert max(waits) <= 61

    played(scene)


def test_a_frozen_broker_holds_up_nobody() -> None:
    """The engine's turns never wait for the broker: an acknowledgement is durable at once while a publish hangs."""

    async def scene(stage: Stage) -> None:
        stage.broker.frozen = True
        await stage.probe("down")
        began = stage.world.clock.monotonic()
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        assert stage.world.clock.monotonic() - began < 0.5
        stage.broker.frozen = False
        await stage.pass_(minutes=3)
        assert stage.shown()["acknowledged_by"] == "ann"

    played(scene)


def test_facts_beyond_the_bound_are_dropped_oldest_first_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A long outage costs a bounded memory: the newest facts are kept, and how many were lost is said."""

    async def scene(stage: Stage) -> None:
        stage.broker.crash()
        await stage.probe("down")
        for number in range(FACTS_MAX + 20):
            await stage.engine.ask("incident/1", ask.Note(by="ann", text=f"note {number}"))
        stage.broker.up = True
        await stage.pass_(minutes=3)
        notes = [event["text"] for event in stage.broker.events if event["event"] == "Noted"]
        assert notes == [f"ann notes: note {n}" for n in range(20, FACTS_MAX + 20)]
        assert "facts were not published" in caplog.text

    played(scene)


def test_nothing_of_a_security_incident_is_published() -> None:
    """Whoever can read the broker learns nothing of it, neither its state nor that it exists."""

    async def scene(stage: Stage) -> None:
        await stage.engine.hear(ask.Declare(by="bob", category="security", text="PII leak in the export"))
        await stage.engine.ask("incident/1", ask.Note(by="bob", text="the export leaks"))
        await stage.engine.ask("incident/1", ask.Resolve(by="bob"))
        await stage.probe("down")
        await stage.pass_(minutes=1)
        assert "watcher/incidents/INC-1" not in stage.broker.retained
        assert stage.shown("INC-2")["id"] == "INC-2"
        assert not [event for event in stage.broker.events if event["id"] == "INC-1"]

    played(scene)


def test_a_retained_message_is_never_taken_as_new() -> None:
    """A report or an acknowledgement that the broker kept from another day does nothing."""

    async def scene(stage: Stage) -> None:
        await stage.probe("down")
        token = json.dumps({"token": stage.links.token("INC-1", "ann")}).encode()
        stage.broker.inbox.put_nowait(Letter("watcher/commands/ack", token, retained=True))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by is None
        stage.broker.inbox.put_nowait(Letter("watcher/commands/ack", token))
        await stage.pass_(seconds=5)
        assert stage.incident().acknowledged_by == "ann"

    played(scene)


def test_reports_beyond_the_allowance_are_dropped() -> None:
    """A flood of reports reaches the engine as thirty in a minute, and as thirty more in the next."""

    async def scene(stage: Stage) -> None:
        heard: list[object] = []
        hear = stage.engine.hear

        async def counting(command: Any) -> Any:
            heard.append(command)
            return await hear(command)

        stage.engine.hear = counting  # type: ignore[method-assign]
        report = json.dumps({"text": "the dog barks", "from": "x"}).encode()
        for expected in (30, 60):
            for _ in range(200):
                stage.broker.inbox.put_nowait(Letter("watcher/reports", report))
            await stage.pass_(seconds=1)
            assert expected <= len(heard) <= expected + 2
            await stage.pass_(minutes=1)

    played(scene)


def test_a_reload_exchanges_the_broker_and_takes_it_away() -> None:
    """New settings say goodbye to the old broker and introduce us to the new one; none at all is silence."""

    async def scene(stage: Stage) -> None:
        assert stage.broker.retained["watcher/status"] == "online"
        stage.settings = SETTINGS.model_copy(update={"prefix": "shop/watcher"})
        stage.channel.govern()
        await stage.pass_(seconds=1)
        assert stage.broker.retained["watcher/status"] == "offline"
        assert stage.broker.retained["shop/watcher/status"] == "online"
        stage.settings = None
        stage.channel.govern()
        await stage.pass_(seconds=1)
        assert stage.broker.retained["shop/watcher/status"] == "offline"
        sent = stage.broker.sent
        await stage.probe("down")
        await stage.pass_(minutes=5)
        assert stage.broker.sent == sent

    played(scene)


def test_two_watchers_that_throw_each_other_out_slow_down() -> None:
    """A broker that ends every connection at once is asked with growing pauses, though each connection stood."""

    async def scene(stage: Stage) -> None:
        async def kicker() -> None:
            while True:
                await asyncio.sleep(0.1)
                stage.broker.inbox.put_nowait(None)

        kicking = asyncio.create_task(kicker())
        await stage.pass_(minutes=30)
        kicking.cancel()
        assert len(stage.broker.attempts) < 150

    played(scene)


def test_being_cancelled_ends_it_with_a_goodbye() -> None:
    """The end of the daemon ends the channel at once, and the broker knows."""

    async def scene(stage: Stage) -> None:
        began = stage.world.clock.now()
        stage.speaking.cancel()
        await asyncio.gather(stage.speaking, return_exceptions=True)
        assert stage.speaking.cancelled()
        assert stage.world.clock.now() - began < timedelta(seconds=1)
        assert stage.broker.retained["watcher/status"] == "offline"

    played(scene)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://broker.example"},
        {"url": "mqtt://user:pass@broker.example"},
        {"url": "mqtt://broker.example/topic"},
        {"url": "mqtt://broker.example", "trusted": ["house/#"]},
        {"url": "mqtt://broker.example", "trusted": ["house/+/ack"]},
        {"url": "mqtt://broker.example", "prefix": "a/#"},
        {"url": "mqtt://broker.example", "ca": "/etc/ca.pem"},
        {"url": "mqtts://broker.example", "ca": "ca.pem"},
        {"url": "mqtt://broker.example", "password": "plain"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """Another scheme, credentials in the address, wildcards among the trusted, a certificate without TLS, a plain password."""
    with pytest.raises(ValueError, match="validation error"):
        MqttSettings.model_validate(wrong)
