"""Listening: where people and programs reach us. The watch needs none of it: pages go out without, and it is tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from watcher.clock import Clock

logger = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(seconds=5)
"""A port is freed when its program ends; nobody can acknowledge by link meanwhile."""

Listen = Callable[[Any, str], AbstractAsyncContextManager[str]]


class Listening:
    """A supervised part. What keeps it from listening is said once, in one sentence, not at each try."""

    def __init__(self, listen: Listen, app: Callable[[], Any], address: str, clock: Clock) -> None:
        self._listen = listen
        self._app = app
        self._address = address
        self._clock = clock
        self._said = ""

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                async with self._listen(self._app(), self._address) as bound:
                    self._said = ""
                    logger.info("listening on %s", bound, extra={"event": "listening"})
                    await asyncio.Event().wait()
            except OSError as error:
                self._say(
                    f"{error}; free it, or name another under serve.listen. It watches and pages meanwhile"
                )
            await self._clock.sleep(AGAIN_AFTER)

    def _say(self, because: str) -> None:
        if because != self._said:
            self._said = because
            logger.error("%s", because, extra={"event": "cannot_listen"})
