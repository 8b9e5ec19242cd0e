"""Listening: where people and programs reach us. At the start it must work; what fails later is tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

logger = logging.getLogger(__name__)

Listen = Callable[[Any, str], AbstractAsyncContextManager[str]]


class CannotListen(Exception):  # noqa: N818 - it is a state of the world
    """The address cannot be used. The text says which, why, and what to change."""


class Listening:
    """A supervised part. `begun` waits until it answers for the first time. Must be made inside a running loop."""

    def __init__(self, listen: Listen, app: Callable[[], Any], address: str) -> None:
        self._listen = listen
        self._app = app
        self._address = address
        self._answers: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Until it fails; its supervisor starts it again."""
        try:
            async with self._listen(self._app(), self._address) as bound:
                logger.info("listening on %s", bound, extra={"event": "listening"})
                if not self._answers.done():
                    self._answers.set_result(None)
                await asyncio.Event().wait()
        except OSError as error:
            await self._refuse(f"{error}; serve.listen names another address")
        except Exception as error:
            if self._answers.done():
                raise
            self._answers.set_exception(error)  # at the start it ends the start

    async def _refuse(self, because: str) -> None:
        if self._answers.done():
            logger.error("%s", because, extra={"event": "listening_failed"})
        else:
            self._answers.set_exception(CannotListen(because))
            await asyncio.Event().wait()  # the start ends, and we with it

    async def begun(self) -> None:
        """Raises CannotListen: whoever starts us should hear of it at once, not at the first page."""
        await asyncio.shield(self._answers)
