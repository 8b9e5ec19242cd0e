"""The daemon: what `watcher run`, the tests and the simulation all call. It wires the rooms and ends in good order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from watcher import __version__
from watcher.care import last_words
from watcher.care.files import Files
from watcher.care.retention import Retention
from watcher.care.stalls import Stalls
from watcher.care.upkeep import Upkeep
from watcher.deliver import Deliver
from watcher.engine import HEARTBEAT, Engine
from watcher.evidence.inquiry import Inquiry
from watcher.evidence.noting import Noting
from watcher.inbox import Committed
from watcher.incident.surroundings import DaemonStopped
from watcher.judge import Judge
from watcher.log import Log, LogBroken
from watcher.observation import Observation, Reference, Sweep
from watcher.opening import Governing
from watcher.readers import Readers
from watcher.reloading import Reloading
from watcher.roster import Roster
from watcher.rota import Rota
from watcher.serve.app import build
from watcher.serve.correspondence import Correspondence
from watcher.serve.desk import Desk
from watcher.serve.links import Links, new_key
from watcher.serve.listening import Listening
from watcher.serve.metrics import Metrics
from watcher.serve.replies.hint import Hint
from watcher.supervision import Start, supervised
from watcher.watch import Watch
from watcher.world import World

logger = logging.getLogger(__name__)

LAND_WITHIN = timedelta(seconds=3)
"""A stop waits so long for pages in flight; the log keeps the rest."""

DONE, CANNOT_GO_ON = 0, 3


async def daemon(
    load: Callable[[], Governing],
    world: World,
    *,
    stop: asyncio.Event,
    reload_asked: asyncio.Event | None = None,
    heartbeat: timedelta = HEARTBEAT,
) -> int:
    """Watch until `stop` is set (0), or until the log cannot be written or the address cannot be had (3).

    Raises Faults where the configuration cannot be used, LogBroken where the log cannot be opened: nothing was
    started then.
    """
    governing = load()
    log = await world.offload(world.open_log, governing.config.log.path)
    try:
        watcher = Daemon(load, governing, world, log, heartbeat)
        return await watcher.run(stop, reload_asked or asyncio.Event())
    finally:
        await world.offload(log.close)


class Daemon:
    """One life of the daemon on one open log."""

    def __init__(
        self,
        load: Callable[[], Governing],
        governing: Governing,
        world: World,
        log: Log,
        heartbeat: timedelta,
    ) -> None:
        self._governing = governing
        self._world = world
        self._log = log
        self._parts: set[asyncio.Task[Any]] = set()
        self.readers = Readers(world, lambda: self._governing.config.log.path)
        self._watching = False  # in this life
        self.judge = Judge(governing)
        self.engine = Engine(world, log, self.judge, Roster(governing.config), heartbeat=heartbeat)
        self.rota = Rota(self.engine, world.clock, lambda: self._governing.config)
        self.metrics = Metrics(world.clock, version=__version__)
        self.watch = Watch(world, self._submit, self._recall, self._start)
        self.stalls = Stalls(world.clock, self._rounds)
        self.reloading = Reloading(
            world, load, lambda: self._governing, self._govern, lambda ok: self.metrics.reloaded(ok=ok)
        )

    async def run(self, stop: asyncio.Event, reload_asked: asyncio.Event) -> int:
        """Start everything, wait for the end, end everything."""
        try:
            await self._begin()
            return await self._until(stop, reload_asked)
        except LogBroken as error:
            logger.critical("%s", error, extra={"event": "log_broken"})
            return await self._last_words(str(error))
        except Exception as error:
            logger.critical(
                "a fault of my own ended the watch", exc_info=True, extra={"event": "engine_failed"}
            )
            return await self._last_words(f"a fault of its own: {type(error).__name__}")
        finally:
            await self._end_parts()

    async def _begin(self) -> None:
        """The order matters: what was owed is known before anything looks or listens."""
        offload = self._world.offload
        self.metrics.govern(self._governing.config)
        self.metrics.begin(
            await offload(self._log.milestones, "incident"), await offload(self._log.remembered, "tally")
        )
        self.engine.tally(self.metrics.tally)
        links = Links(
            await self._links_key(), lambda: self._governing.config.service.public_url, self._world.clock
        )
        self.deliver = Deliver(
            self._world,
            self.engine.ask,
            lambda: self._governing.config,
            links,
            self._start_lane,
            self.metrics.delivered,
            Hint(links, lambda: self._governing.config),
        )
        self.letters = Correspondence(
            self._world, self.engine, links, lambda: self._governing.config, self._submit
        )
        self.upkeep = Upkeep(
            self._world, self.engine, self.metrics, lambda: self._governing.config, __version__
        )
        self.retention = Retention(
            self._world, self.engine.between, self.readers.read, lambda: self._governing.config
        )
        self.inquiry = Inquiry(
            self._world, self.engine.ask, lambda: self._governing.config, lambda: self.judge.told
        )
        self.noting = Noting(self._world, self.engine.ask, lambda: self._governing.config)
        self.engine.follow(self._turned)
        self.engine.follow(self.metrics.turn)  # apart: its fault must not keep a page
        self.engine.follow(self.upkeep.turned)
        self.engine.follow(self.letters.turned)
        self.engine.follow(self.inquiry.turned)
        self.engine.follow(self.noting.turned)
        self.rota.recall(await offload(self._log.remembered, "calendar"))
        await self.engine.start(__version__)
        listen, address = self._world.listen, self._governing.config.serve.listen
        web = Listening(listen, lambda: build(self._desk(links)), address, self._world.clock)
        self._start("web", web.run)
        self._watching = True
        self.watch.govern(self._governing)
        self._start("silence", lambda: self.stalls.listen(self.engine.submit))
        self._start("retention", self.retention.run)
        parts = (self.letters.parts, self.upkeep.parts, self.inquiry.parts, self.noting.parts)
        for name, part in {n: p for some in parts for n, p in some.items()}.items():
            self._start(name, part)

    def _turned(self, committed: Committed) -> None:
        self.deliver.offer(committed.streams, committed.now)
        self._world.notify("WATCHDOG=1")

    async def _until(self, stop: asyncio.Event, reload_asked: asyncio.Event) -> int:
        turning = asyncio.create_task(self.engine.run(), name="engine")
        reloading = asyncio.create_task(self.reloading.whenever(reload_asked), name="reload")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        if self._governing.files:
            files = Files(self._world.clock, self._world.offload, lambda: self._governing)
            self._start("files", lambda: files.watch(reload_asked))
        self._world.notify("READY=1")
        logger.info("watching %s", ", ".join(self.watch.running), extra={"event": "started"})
        try:
            await asyncio.wait({turning, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if turning.done():
                turning.result()  # raises what ended it
            ending = asyncio.create_task(self._stop(), name="ending")
            await asyncio.wait({turning, ending}, return_when=asyncio.FIRST_COMPLETED)
            if turning.done():  # the log broke while we stopped: nobody would answer any more
                ending.cancel()
                turning.result()
            await ending
        finally:
            for task in (turning, reloading, stopping):
                task.cancel()
            await asyncio.gather(turning, reloading, stopping, return_exceptions=True)
        return DONE

    async def _stop(self) -> None:
        """Stop looking, let what is in flight land, record that we stop."""
        self._world.notify("STOPPING=1")
        logger.info("stopping", extra={"event": "stopping"})
        self.watch.stop()
        await self.deliver.drain(LAND_WITHIN)
        await self.engine.ask("daemon", DaemonStopped(at=self._world.clock.now(), because="told to stop"))

    async def _last_words(self, because: str) -> int:
        """Once a life, and only of a life that watched: a start that fails again and again must not ring each time."""
        if not self._watching:
            return CANNOT_GO_ON
        config = self._governing.config
        page = last_words.compose(config.service.name, because, self.engine.states())
        receipts = await last_words.say(page, config, self._world.senders)
        accepted = sum(1 for r in receipts if r.outcome == "accepted")
        logger.critical("last words: %d accepted", accepted, extra={"event": "last_words"})
        return CANNOT_GO_ON

    async def _end_parts(self) -> None:
        for part in self._parts:
            part.cancel()
        await asyncio.gather(*self._parts, return_exceptions=True)

    def _start(
        self, name: str, start: Start, failed: Callable[[str], Awaitable[None]] | None = None
    ) -> asyncio.Task[None]:
        """Run a part under supervision."""
        looping = supervised(name, start, self._world.clock, self._world.chance, failed)
        task = asyncio.create_task(looping, name=name)
        self._parts.add(task)
        task.add_done_callback(self._parts.discard)
        return task

    def _start_lane(self, name: str, start: Start) -> object:
        return self._start(name, start)

    def _desk(self, links: Links) -> Desk:
        return Desk(
            engine=self.engine,
            clock=self._world.clock,
            config=lambda: self._governing.config,
            links=links,
            read=self.readers.read,
            metrics=self.metrics.exposition,
            windows=self.metrics.windows,
            reload=self.reloading.reload,
            nudge=self.watch.nudge,
            ready=lambda: self.engine.turned_at is not None,
            sources=self._sources,
            complaints=self.upkeep.complaints,
        )

    def _sources(self) -> dict[str, Any]:
        looked, told = self.engine.looked, self.judge.told
        return {
            name: {"every": every.total_seconds(), "looked_at": looked.get(name), "health": told.get(name)}
            for name, every in {**self.watch.rounds(), **self.letters.rounds()}.items()
        }

    def _rounds(self) -> dict[str, timedelta]:
        """How often each source looks; the references speak for themselves."""
        watched = {n: every for n, every in self.watch.rounds().items() if n != "network"}
        return {**watched, **self.letters.rounds()}

    async def _submit(self, observation: Observation) -> None:
        if not isinstance(observation, Reference):
            outcome = "seen" if isinstance(observation, Sweep) else observation.reason
            self.metrics.polled(observation.source, outcome)
        self.stalls.heard(observation.source)
        self.rota.saw(observation)
        self.inquiry.saw(observation)
        await self.engine.submit(observation)

    async def _recall(self, source: str) -> Mapping[str, Any]:
        return await self.readers.read(lambda log: log.remembered(source))

    async def _links_key(self) -> bytes:
        """The key that signs acknowledgement links; made once, kept with the log so that old links stay good."""
        known = (await self._world.offload(self._log.remembered, "links")).get("key")
        if known is None:
            known = new_key().hex()
            await self._world.offload(self._log.append, [], {("links", "key"): known})
        return bytes.fromhex(known)

    def _govern(self, fresh: Governing) -> None:
        self._governing = self.judge.governing = fresh
        self.rota.govern()
        self.metrics.govern(fresh.config)
        self.watch.govern(fresh)
        self.letters.govern()
        self.upkeep.govern()
        self.inquiry.govern()
