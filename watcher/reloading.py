"""Reloading: read everything, exchange it whole, or keep the last good one and say why. One at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from rules.fault import Faults
from watcher.opening import Governing
from watcher.serve.desk import Reloaded
from watcher.world import World

logger = logging.getLogger(__name__)


class Reloading:
    """Holds the generation that governs. `govern` exchanges it; `told` hears whether the last try was taken."""

    def __init__(
        self,
        world: World,
        load: Callable[[], Governing],
        current: Callable[[], Governing],
        govern: Callable[[Governing], None],
        told: Callable[[bool], None],
    ) -> None:
        self.generation = 1
        self._world = world
        self._load = load
        self._current = current
        self._govern = govern
        self._told = told
        self._turn = asyncio.Lock()

    async def whenever(self, asked: asyncio.Event) -> None:
        """Reload each time it is asked for, and tell the service manager when it is done."""
        clock, notify = self._world.clock, self._world.notify
        while True:
            await clock.wait(None, asked)
            asked.clear()
            notify(f"RELOADING=1\nMONOTONIC_USEC={int(clock.monotonic() * 1e6)}")
            await self.reload()
            notify("READY=1")

    async def reload(self) -> Reloaded:
        """What came of it: every fault where the new one does not govern."""
        async with self._turn:
            fresh, faults = await self._read()
            if fresh is not None and not faults:
                faults = self._exchanged(fresh)
            self._told(not faults)
            for fault in faults:
                logger.error("reload refused: %s", fault, extra={"event": "reload_refused"})
            return Reloaded(ok=not faults, generation=self.generation, faults=faults)

    def _exchanged(self, fresh: Governing) -> tuple[str, ...]:
        """The new generation governs; a fault of ours within ends neither the reload nor the next one."""
        try:
            self._govern(fresh)
        except Exception as error:
            logger.exception("reload failed", extra={"event": "reload_failed"})
            return (f"it could not take over whole ({type(error).__name__}): restart the daemon",)
        self.generation += 1
        logger.info("reloaded, generation %d", self.generation, extra={"event": "reloaded"})
        return ()

    async def _read(self) -> tuple[Governing | None, tuple[str, ...]]:
        try:
            fresh = await self._world.offload(self._load)
        except Faults as error:
            return None, tuple(str(fault) for fault in error.faults)
        except Exception as error:
            logger.exception("reload failed", extra={"event": "reload_failed"})
            return None, (f"the configuration could not be read: {type(error).__name__}",)
        return fresh, _unchangeable(self._current(), fresh)


def _unchangeable(old: Governing, new: Governing) -> tuple[str, ...]:
    faults = []
    if Path(old.config.log.path) != Path(new.config.log.path):
        faults.append("log.path cannot change in a running daemon: restart it")
    if old.config.errors != new.config.errors:
        faults.append("errors cannot change in a running daemon: restart it")
    if old.config.serve.listen != new.config.serve.listen:
        faults.append("serve.listen cannot change in a running daemon: restart it")
    return tuple(faults)
