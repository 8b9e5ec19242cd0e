"""Our own network: can addresses be reached that are always there? Any answer will do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2

from watcher.observation import Reference, Submit
from watcher.settings.blind import BlindSettings
from watcher.world import World

TIMEOUT = timedelta(seconds=3)
"""A reference that needs longer says nothing of use to a page that must leave within a minute."""


class Connectivity:
    """Asks all references at once, again and again. Reached is when one of them answers, whatever it answers."""

    name = "network"

    def __init__(self, settings: BlindSettings, world: World) -> None:
        self._settings = settings
        self._world = world

    async def run(self, submit: Submit, nudge: asyncio.Event) -> None:
        clock = self._world.clock
        while True:
            began = clock.now()
            reached = await self._reached()
            await submit(Reference(at=began, reached=reached))
            await clock.wait(began + self._settings.every, nudge)
            nudge.clear()

    async def _reached(self) -> bool:
        """A new connection each time: one that stands may outlive the way it was made by."""
        asked = [asyncio.ensure_future(self._answers(url)) for url in self._settings.reference]
        try:
            for answer in asyncio.as_completed(asked, timeout=TIMEOUT.total_seconds()):
                if await answer:
                    return True
        except TimeoutError:
            return False
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return False

    async def _answers(self, url: str) -> bool:
        client = httpx2.AsyncClient(
            transport=self._world.http(), trust_env=False, timeout=TIMEOUT.total_seconds()
        )
        async with client:
            try:
                async with client.stream("HEAD", url):
                    return True
            except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError):
                return False
