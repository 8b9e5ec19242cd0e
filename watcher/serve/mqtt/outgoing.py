"""What waits to be published: of each incident its latest state alone, and the facts in order, the oldest dropped first."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

from watcher.broker import Broker
from watcher.inbox import Committed
from watcher.incident.machines import id_of, kind_of
from watcher.log import Row
from watcher.serve.mqtt import notices
from watcher.settings.mqtt import MqttSettings

logger = logging.getLogger(__name__)

FACTS_MAX = 1000
"""A night's worth of one incident; who needs every fact reads the API."""
STRAY_MAX = 1000
"""Topics that hold an incident we do not know; more are left for the next connection."""


class Outgoing:
    """Filled on the loop after each turn, without waiting for anybody; emptied by whoever has a connection."""

    def __init__(self) -> None:
        self.dropped = 0
        self._known: dict[str, Any] = {}  # incidents that are published, by id
        self._changed: dict[str, None] = {}
        self._facts: deque[Row] = deque()
        self._told: set[str] = set()  # streams that may be spoken of, while they are live

    def begin(self, streams: Mapping[str, Any]) -> None:
        """Everything that is open, for a broker that knows nothing yet."""
        self._known = {id_of(s): state for s, state in streams.items() if notices.is_shown(state)}
        self._changed.update(dict.fromkeys(self._known))
        self._told |= {
            s for s, state in streams.items() if state is not None and not notices.is_secret(state)
        }

    def take(self, committed: Committed) -> None:
        """What one turn changed."""
        for stream in dict.fromkeys(row.stream for row in committed.rows):
            self._take_state(stream, committed.streams.get(stream))
        for row in committed.rows:
            if notices.is_told(row) and row.stream in self._told:
                self._facts.append(row)
        self._told &= committed.streams.keys()
        while len(self._facts) > FACTS_MAX:
            self._facts.popleft()
            self.dropped += 1

    def _take_state(self, stream: str, state: Any) -> None:
        if state is not None and notices.is_secret(state):
            self._told.discard(stream)
        elif state is not None:
            self._told.add(stream)
        if kind_of(stream) == "incident":
            self._show(id_of(stream), state)

    def _show(self, id_: str, state: Any) -> None:
        if notices.is_shown(state):
            self._known[id_] = state
        elif self._known.pop(id_, None) is None:
            return
        self._changed[id_] = None

    def stray(self, id_: str) -> None:
        """The broker holds something under this id: it is cleared where we know nothing of it."""
        if id_ not in self._known and len(self._changed) < STRAY_MAX:
            self._changed[id_] = None

    async def flush(self, broker: Broker, settings: MqttSettings) -> None:
        """Publish everything that waits. What could not be sent waits on. Raises BrokerLost."""
        if self.dropped:
            logger.warning("%d facts were not published", self.dropped, extra={"event": "mqtt_dropped"})
            self.dropped = 0
        while self._changed:
            id_ = next(iter(self._changed))
            del self._changed[id_]  # a new connection publishes every open incident again
            state = self._known.get(id_)
            payload = notices.incident(state) if state is not None else ""
            await broker.publish(settings.topic("incidents", id_), payload, retain=True)
        while self._facts:
            row = self._facts[0]
            await broker.publish(settings.topic("events"), notices.fact(row))
            if self._facts and self._facts[0] is row:
                self._facts.popleft()
