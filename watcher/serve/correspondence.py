"""The ways by message, side by side: MQTT and the reply topic. Either is idle where the configuration names none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from watcher.config import Config
from watcher.engine import Engine
from watcher.inbox import Committed
from watcher.incident.blindness import BROKER, REPLIES
from watcher.observation import Submit
from watcher.serve.links import Links
from watcher.serve.mqtt.channel import STANDS_EVERY, Channel
from watcher.serve.mqtt.incoming import Incoming
from watcher.serve.replies.reader import CALM_EVERY, Reader
from watcher.serve.taking import Taking
from watcher.supervision import Start
from watcher.world import World


class Correspondence:
    """Two supervised parts, told of each turn and of each reload."""

    def __init__(
        self, world: World, engine: Engine, links: Links, config: Callable[[], Config], submit: Submit
    ) -> None:
        self._config = config
        taking = Taking(engine, links, config, world.clock)

        def streams() -> dict[str, Any]:
            return engine.streams

        self._mqtt = Channel(
            connect=world.mqtt,
            settings=lambda: config().mqtt,
            streams=streams,
            incoming=Incoming(engine, taking, world.clock),
            submit=submit,
            clock=world.clock,
            chance=world.chance,
        )
        self._replies = Reader(
            http=world.http,
            settings=lambda: config().reply,
            streams=streams,
            taking=taking,
            submit=submit,
            clock=world.clock,
            chance=world.chance,
        )
        self.parts: Mapping[str, Start] = {"mqtt": self._mqtt.run, "replies": self._replies.run}

    def rounds(self) -> dict[str, timedelta]:
        """Those that are configured, as sources: how often each says that it hears."""
        config = self._config()
        broker = {BROKER: STANDS_EVERY} if config.mqtt is not None else {}
        return {**broker, **({REPLIES: CALM_EVERY} if config.reply is not None else {})}

    def turned(self, committed: Committed) -> None:
        """A follower of the engine."""
        self._mqtt.turned(committed)
        self._replies.turned(committed)

    def govern(self) -> None:
        """The configuration was read anew."""
        self._mqtt.govern()
        self._replies.govern()
