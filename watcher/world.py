"""The World: everything that touches the outside, in one frozen value that tests and simulations exchange."""

from __future__ import annotations

import random  # noqa: TID251 - the type alone; chance itself is built by the daemon
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx2

from notifiers.page import Sender
from watcher.broker import Connect, no_broker
from watcher.clock import Clock
from watcher.log import Log
from watcher.settings.care import Errors

T = TypeVar("T")

CheckIn = Callable[[bool, timedelta], None]
"""Says to a cron monitor whether all is well, and how often it will hear of us. Never waits."""
OwnErrors = Callable[[Errors, str], CheckIn | None]


def untold(_settings: Errors, _version: str) -> CheckIn | None:
    """Our own errors stay in the log."""
    return None


class Offload(Protocol):
    """Runs a blocking call elsewhere (a thread; inline in a simulation) and answers its result."""

    def __call__(self, call: Callable[..., T], *arguments: Any) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the daemon touches, and nothing else does."""

    clock: Clock
    http: Callable[[], httpx2.AsyncBaseTransport]  # a new transport: one connection an endpoint
    offload: Offload
    open_log: Callable[[Path], Log]  # takes the lease
    read_log: Callable[[Path], Log]  # cannot write
    senders: Mapping[str, Sender]  # by scheme of the address; "" answers for every other
    listen: Callable[
        [Any, str], AbstractAsyncContextManager[str]
    ]  # ASGI app, "host:port" -> address that answers
    notify: Callable[[str], None]  # the service manager (sd_notify)
    chance: random.Random
    reached: Callable[[str], None]  # marks the numbered points of the crash matrix; does nothing live
    mqtt: Connect = no_broker  # settings and last will -> one connection to the broker
    own_errors: OwnErrors = untold  # where our own errors go, version -> the check-in of a cron monitor
