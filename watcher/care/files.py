"""Files: when the configuration or a rule file changes, a reload is asked for, as a person would with SIGHUP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from watcher.clock import Clock
from watcher.opening import Governing
from watcher.stamp import Stamp, stamp
from watcher.world import Offload

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
"""A look costs one `stat` a file. A change must look the same twice: an editor or a deployment may still be writing."""


class Files:
    """Watches what governs by the stamp that it was read with. A change that was tried is not tried again."""

    def __init__(self, clock: Clock, offload: Offload, governing: Callable[[], Governing]) -> None:
        self._clock = clock
        self._offload = offload
        self._governing = governing
        self._tried: Stamp | None = None

    async def watch(self, reload_asked: asyncio.Event) -> None:
        """Look until cancelled; set `reload_asked` for each change that has settled."""
        before: Stamp | None = None
        while True:
            await self._clock.sleep(LOOK_EVERY)
            governing = self._governing()
            now = await self._offload(stamp, governing.files)
            if now == before and now not in (governing.stamp, self._tried):
                logger.info("the configuration or a rule file changed", extra={"event": "files_changed"})
                self._tried = now
                reload_asked.set()
            before = now
