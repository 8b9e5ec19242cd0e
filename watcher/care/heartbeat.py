"""The heartbeat: a dead-man service hears of us as long as all is well, and misses us when it is not.

Its address is pinged when the audit passed and the sources look; `/start` once, `/fail` while something does not hold.
A daemon that has only begun says nothing until every source has looked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import httpx2

from watcher.care.rounds import Standing
from watcher.settings.care import Heartbeat as HeartbeatSettings
from watcher.world import CheckIn, World

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=60)
"""Where only a cron monitor is configured."""
SOON = timedelta(seconds=1)
"""While it waits for the first looks, or for an address to be configured."""
TIMEOUT = timedelta(seconds=10)
GOOD = range(200, 300)

Signal = Literal["start", "success", "fail"]


class Heartbeat:
    """Pings, and checks in at the cron monitor where there is one."""

    def __init__(
        self,
        world: World,
        settings: Callable[[], HeartbeatSettings | None],
        standing: Callable[[], Standing],
        beat: Callable[[datetime], None],
        check_in: CheckIn | None = None,
    ) -> None:
        self._world = world
        self._settings = settings
        self._standing = standing
        self._beat = beat
        self._check_in = check_in

    async def run(self) -> None:
        """Until it is cancelled: then the service misses us."""
        await self._say("start")
        while True:
            standing = self._standing()
            if standing == "well":
                await self._say("success")
            elif standing == "ill":
                await self._say("fail")
            await self._world.clock.sleep(self._pause(standing))

    def _pause(self, standing: Standing) -> timedelta:
        settings = self._settings()
        every = settings.every if settings is not None else EVERY
        idle = standing == "waiting" or (settings is None and self._check_in is None)
        return min(SOON, every) if idle else every

    async def _say(self, signal: Signal) -> None:
        settings = self._settings()
        if settings is not None and await self._ping(settings, signal) and signal == "success":
            self._beat(self._world.clock.now())
        if self._check_in is not None and signal != "start":
            self._check_in(signal == "success", settings.every if settings is not None else EVERY)

    async def _ping(self, settings: HeartbeatSettings, signal: Signal) -> bool:
        """Whether it was taken. What goes wrong is named without the address: that is a secret."""
        address = address_of(settings.url.get_secret_value(), signal)
        try:
            async with (
                asyncio.timeout(TIMEOUT.total_seconds()),
                httpx2.AsyncClient(
                    transport=self._world.http(), trust_env=False, follow_redirects=False, timeout=None
                ) as client,
                client.stream("GET", address) as answer,
            ):
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
            return self._missed(signal, type(error).__name__)
        return True if status in GOOD else self._missed(signal, f"status {status}")

    def _missed(self, signal: Signal, why: str) -> bool:
        logger.warning(
            "the heartbeat (%s) was not taken: %s", signal, why, extra={"event": "heartbeat_missed"}
        )
        return False


def address_of(url: str, signal: Signal) -> str:
    """The address that says so: /start and /fail below the one for success, before its query."""
    if signal == "success":
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{signal}"))
