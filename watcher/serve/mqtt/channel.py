"""The side channel: connect, introduce ourselves, publish and listen until the broker is lost; then again, after a while."""

from __future__ import annotations

import asyncio
import logging
import random  # noqa: TID251 - the type alone
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from watcher.broker import Broker, BrokerLost, Connect, Letter, Will
from watcher.clock import Clock
from watcher.inbox import Committed
from watcher.incident.blindness import BROKER
from watcher.observation import Blind, BlindReason, Submit, Sweep
from watcher.serve.mqtt.incoming import Incoming
from watcher.serve.mqtt.outgoing import Outgoing
from watcher.settings.mqtt import MqttSettings
from watcher.supervision import delay_after

logger = logging.getLogger(__name__)

ONLINE, OFFLINE = "online", "offline"
FAREWELL = timedelta(seconds=1)
"""A stop of the daemon takes five seconds in all; a frozen broker gets one of them."""

SETTLED_AFTER = timedelta(seconds=10)
STANDS_EVERY = timedelta(minutes=1)
"""How often a connection that stands is said to; the broker itself is asked every ten seconds."""
WELL_AFTER = timedelta(minutes=1)
"""A connection that stood for so long was well: two watchers that throw each other out must not do it every second."""


class Channel:
    """One connection at a time to the broker that the configuration names; none where it names none."""

    def __init__(
        self,
        *,
        connect: Connect,
        settings: Callable[[], MqttSettings | None],
        streams: Callable[[], dict[str, Any]],
        incoming: Incoming,
        submit: Submit,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._connect = connect
        self._settings = settings
        self._streams = streams
        self._incoming = incoming
        self._submit = submit
        self._clock = clock
        self._chance = chance
        self._outgoing = Outgoing()
        self._stirred = asyncio.Event()
        self._governed = asyncio.Event()
        self._stands_since: datetime | None = None  # the last connection
        self._lost = False  # since a connection last stood
        self._unread: tuple[str, ...] = ()  # topics that it does not let us read

    def turned(self, committed: Committed) -> None:
        """A follower of the engine: it only notes what changed."""
        if self._settings() is not None and committed.rows:
            self._outgoing.take(committed)
            self._stirred.set()

    def govern(self) -> None:
        """The configuration was read anew."""
        self._governed.set()

    async def run(self) -> None:
        """Speak for as long as there is a broker to speak to."""
        failures, lost = 0, ""
        while True:
            self._governed.clear()
            settings = self._settings()
            if settings is None:
                await self._clock.wait(None, self._governed)
                continue
            try:
                await self._speak(settings)
            except BrokerLost as error:
                if self._stood_well():
                    failures, lost = 0, ""
                failures += 1
                if str(error) != lost:  # once for each reason, not at each attempt
                    lost = str(error)
                    logger.warning("the broker is lost: %s", lost, extra={"event": "mqtt_lost"})
                await self._go_blind(error.reason, str(error))
                await self._clock.sleep(delay_after(failures, self._chance), self._governed)
            else:
                failures, lost = 0, ""

    async def _go_blind(self, reason: BlindReason, detail: str) -> None:
        self._lost = True
        await self._submit(Blind(source=BROKER, at=self._clock.now(), reason=reason, detail=detail))

    def _stood_well(self) -> bool:
        return self._stands_since is not None and self._clock.now() - self._stands_since >= WELL_AFTER

    async def _speak(self, settings: MqttSettings) -> None:
        """One connection, until it is lost or the configuration names another."""
        self._stands_since = None
        async with self._connect(settings, Will(settings.topic("status"), OFFLINE)) as broker:
            try:
                await self._introduce(broker, settings)
                self._stands_since = self._clock.now()
                await _first_of(
                    self._publish(broker, settings),
                    self._listen(broker, settings),
                    self._stand(),
                    self._until_changed(settings),
                )
            finally:
                await _say_goodbye(broker, settings)

    async def _stand(self) -> None:
        """Say now and then that the broker hears us; one that freezes is lost by its keepalive.

        After a loss not at once: two watchers that throw each other out are not heard, however often they connect.
        """
        if self._lost:
            await self._clock.sleep(SETTLED_AFTER)
        while not self._unread:
            self._lost = False
            await self._submit(Sweep(source=BROKER, at=self._clock.now(), signals=()))
            await self._clock.sleep(STANDS_EVERY)
        detail = f"it does not let us read {', '.join(self._unread)}"
        while True:
            await self._go_blind("auth", detail)
            await self._clock.sleep(STANDS_EVERY)

    async def _introduce(self, broker: Broker, settings: MqttSettings) -> None:
        """Listen first: who reads that we are online may speak to us."""
        self._unread = ()
        topics = (settings.topic("reports"), settings.topic("commands", "ack"), *settings.trusted)
        for topic in (*topics, settings.topic("incidents", "+")):
            if not await broker.subscribe(topic):
                logger.error("the broker does not let us read %s", topic, extra={"event": "mqtt_refused"})
                self._unread = (*self._unread, topic)
        self._outgoing.begin(self._streams())
        self._stirred.set()
        await broker.publish(settings.topic("status"), ONLINE, retain=True)
        logger.info("connected to the broker", extra={"event": "mqtt_connected"})

    async def _publish(self, broker: Broker, settings: MqttSettings) -> None:
        while True:
            await self._clock.wait(None, self._stirred)
            self._stirred.clear()
            await self._outgoing.flush(broker, settings)

    async def _listen(self, broker: Broker, settings: MqttSettings) -> None:
        incidents = settings.topic("incidents", "")
        async for letter in broker.letters():
            if not letter.topic.startswith(incidents):
                await self._incoming.read(letter, settings)
            elif letter.retained and letter.payload:
                self._compare(letter, incidents)

    def _compare(self, letter: Letter, incidents: str) -> None:
        """What the broker still holds from an earlier life may be closed by now."""
        self._outgoing.stray(letter.topic.removeprefix(incidents))
        self._stirred.set()

    async def _until_changed(self, settings: MqttSettings) -> None:
        while self._settings() == settings:
            await self._clock.wait(None, self._governed)
            self._governed.clear()


async def _say_goodbye(broker: Broker, settings: MqttSettings) -> None:
    """A clean end sends no last will, so it is said by hand; where the connection is lost the broker says it."""
    with suppress(BrokerLost, TimeoutError):
        async with asyncio.timeout(FAREWELL.total_seconds()):
            await broker.publish(settings.topic("status"), OFFLINE, retain=True)


async def _first_of(*parts: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends; its fault is ours, and the others end with it."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
