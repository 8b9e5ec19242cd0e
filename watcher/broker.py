"""The words between the daemon and a message broker. Which library speaks to it is known in one place alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from watcher.observation import BlindReason
from watcher.settings.mqtt import MqttSettings


class BrokerLost(Exception):  # noqa: N818 - it is a state of the world
    """The broker refused, went away, or does not answer. The text says why, in safe words."""

    def __init__(self, because: str, reason: BlindReason = "unreachable") -> None:
        super().__init__(because)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came. A retained one was sent before we asked, perhaps long before."""

    topic: str
    payload: bytes
    retained: bool = False


class Broker(Protocol):
    """One connection. Everything may raise BrokerLost; then the connection is over."""

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Send, and wait until the broker has it. An empty retained payload clears the topic."""

    async def subscribe(self, topic: str) -> bool:
        """Ask for a topic's messages; False where the broker does not allow it."""

    def letters(self) -> AsyncIterator[Letter]:
        """What arrives, for as long as the connection lasts."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we die without a word."""

    topic: str
    payload: str


Connect = Callable[[MqttSettings, Will], AbstractAsyncContextManager[Broker]]


@asynccontextmanager
async def no_broker(_: MqttSettings, __: Will) -> AsyncIterator[Broker]:
    """A world without one."""
    raise BrokerLost("there is no broker in this world")
    yield
