"""Delivery: one lane a target, each with its own queue and worker, so that no target's failure delays another's.

At least once: send, then record. Sending starts from what is committed; what came of it goes back as a command. A page
whose result was lost (a crash, a timeout) is sent again under the same id, marked "possibly a repeat".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from notifiers.page import Receipt
from notifiers.send import sender_for
from watcher.config import Config
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import Event
from watcher.incident.state import Incident
from watcher.posting import MERGED_MAX, MESSAGE_EVERY, Job, Link, Typing, page, together, typing
from watcher.supervision import Supervise
from watcher.world import World

logger = logging.getLogger(__name__)

SENDER_LATE = timedelta(seconds=5)
"""A sender keeps its own time; one that does not must not hold its lane for ever."""

KEPT_FIRST = timedelta(minutes=3)
KEPT_MAX = timedelta(minutes=30)
"""A page whose receipt cannot be recorded rings again like a ladder's first rung, then ever less often: for ever is a
storm, and never would be silence."""

Ask = Callable[[str, object], Awaitable[list[Event]]]
Observe = Callable[[float], None]
"""Told of each attempt: target, receipt, seconds."""

Key = tuple[str, int, str]
"""A delivery: stream, page, target."""

Lane = asyncio.PriorityQueue[tuple[int, int, tuple[Job, ...]]]
"""What rings goes before what does not; else in order."""


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A delivery whose receipt the core could not take: how often, and when it is owed again."""

    times: int
    until: datetime


class Deliver:
    """Takes what is due after each turn, and hands each delivery to its target's lane, once at a time."""

    def __init__(
        self,
        world: World,
        ask_: Ask,
        config: Callable[[], Config],
        link: Link,
        supervise: Supervise,
        observe: Observe,
        hint: Typing = typing,
    ) -> None:
        self._world = world
        self._observe = observe
        self._ask = ask_
        self._config = config
        self._link = link
        self._hint = hint
        self._supervise = supervise
        self._lanes: dict[str, Lane] = {}
        self._order = count()
        self._flying: set[Key] = set()
        self._kept: dict[Key, Unrecorded] = {}  # what was sent and could not be recorded
        self._spoke_at: dict[str, datetime] = {}  # when each target last had a message that may wait
        self._streams: Mapping[str, Any] = {}
        self._landed = asyncio.Event()
        self._started_at: datetime | None = None  # of the first turn: the clock has heard of the log by then
        self._stopped = False

    def offer(self, streams: Mapping[str, Any], now: datetime) -> None:
        """Everything that is due now goes to its lane, but for what is already there, and what may wait."""
        if self._stopped:
            return
        self._streams = streams
        self._started_at = self._started_at or now
        waiting: dict[str, list[Job]] = {}
        for job in self._due(streams, now):
            if job.may_wait:
                waiting.setdefault(job.due.delivery.target, []).append(job)
            else:
                self._take(job)
        for target, jobs in waiting.items():
            if self._may_speak(target, now):
                self._spoke_at[target] = now
                self._take(*jobs[:MERGED_MAX])

    def _due(self, streams: Mapping[str, Any], now: datetime) -> list[Job]:
        jobs = [
            Job(stream, due, drill=isinstance(state, Incident) and state.opened.drill)
            for stream, state in streams.items()
            if state.outbox.pages
            for due in box.due(state.outbox, now)
        ]
        self._kept = {job.key: self._kept[job.key] for job in jobs if job.key in self._kept}
        return [self._again(job) for job in jobs if job.key not in self._flying and not self._keeps(job, now)]

    def _keeps(self, job: Job, now: datetime) -> bool:
        kept = self._kept.get(job.key)
        return kept is not None and now < kept.until

    def _again(self, job: Job) -> Job:
        """What was sent already says so."""
        return replace(job, due=replace(job.due, repeat=True)) if job.key in self._kept else job

    def _may_speak(self, target: str, now: datetime) -> bool:
        """Neither is it quiet, nor did the target hear of us just now."""
        quiet = self._config().quiet_hours
        spoke_at = self._spoke_at.get(target)
        return not (quiet and quiet.hold(now)) and (spoke_at is None or now - spoke_at >= MESSAGE_EVERY)

    def _take(self, *jobs: Job) -> None:
        self._flying.update(job.key for job in jobs)
        lane = self._lane(jobs[0].due.delivery.target)
        lane.put_nowait((0 if jobs[0].wakes else 1, next(self._order), jobs))

    def _lane(self, target: str) -> Lane:
        """The target's lane. Its queue holds each delivery at most once, so it is bounded by what is owed."""
        if target not in self._lanes:
            lane: Lane = asyncio.PriorityQueue()
            self._lanes[target] = lane
            self._supervise(f"lane {target}", lambda: self._work(lane))
        return self._lanes[target]

    async def _work(self, lane: Lane) -> None:
        while True:
            _, _, jobs = await lane.get()
            await self._deliver(jobs)

    async def _deliver(self, jobs: tuple[Job, ...]) -> None:
        """Send, then record. What was sent and cannot be recorded is not sent again by this process."""
        owed = tuple(job for job in jobs if self._owed(job))
        for job in set(jobs) - set(owed):
            self._land(job)
        if not owed:
            return
        self._world.reached("sending")
        began = self._world.clock.monotonic()
        receipt = await self._send(owed)
        self._world.reached("sent")
        self._observe(self._world.clock.monotonic() - began)
        for job in owed:
            await self._record(job, receipt)
        self._world.reached("recorded")

    def _owed(self, job: Job) -> bool:
        """It may have been withdrawn while it waited behind others in its lane."""
        state = self._streams.get(job.stream)
        due = box.due(state.outbox, self._world.clock.now()) if state is not None else ()
        return any((d.page, d.delivery.target) == (job.due.page, job.due.delivery.target) for d in due)

    def _land(self, job: Job) -> None:
        self._flying.discard(job.key)
        self._landed.set()

    async def _record(self, job: Job, receipt: Receipt) -> None:
        """Where the log does not take it the delivery stays in flight: this process does not send it again.

        Where the core cannot decide it, the delivery is owed again after a while: its stream must not wait for ever.
        """
        logger.log(
            logging.INFO if receipt.outcome == "accepted" else logging.WARNING,
            "page %s",
            receipt.outcome,
            extra={"event": f"page_{receipt.outcome}", "id": job.id, "reason": receipt.reason or ""},
        )
        due = job.due
        record = ask.Record(page=due.page, target=due.delivery.target, attempt=due.attempt, receipt=receipt)
        try:
            await self._ask(job.stream, record)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one receipt, the lane goes on
            self._keep_back(job, error)
        self._land(job)

    def _keep_back(self, job: Job, error: Exception) -> None:
        times = self._kept[job.key].times + 1 if job.key in self._kept else 1
        span = min(KEPT_FIRST * (1 << min(times - 1, 10)), KEPT_MAX)
        self._kept[job.key] = Unrecorded(times, self._world.clock.now() + span)
        logger.error(
            "what became of a page could not be recorded: %s",
            type(error).__name__,
            extra={"event": "page_unrecorded", "id": job.id},
        )

    async def _send(self, jobs: tuple[Job, ...]) -> Receipt:
        name, config = jobs[0].due.delivery.target, self._config()
        target = config.targets.get(name)
        if target is None:
            words = "the configuration no longer names it"
            return Receipt(outcome="refused", reason="no_such_target", detail=words)
        now = self._world.clock.now()
        began, streams = self._started_at or now, self._streams
        pages = [
            page(job, config, self._link, self._hint, now, began, streams.get(job.stream)) for job in jobs
        ]
        sender = sender_for(target.apprise.get_secret_value(), self._world.senders)
        try:
            async with asyncio.timeout((target.timeout + SENDER_LATE).total_seconds()):
                return await sender.send(together(pages), target.destination(name))
        except Exception as error:  # noqa: BLE001 - whatever a sender's fault is, the page stays owed
            logger.warning("a sender failed: %s", type(error).__name__, extra={"event": "sender_failed"})
            return Receipt(outcome="unknown", reason="server_error", detail="the sender failed")

    async def drain(self, within: timedelta) -> None:
        """Take nothing new, and give what is in flight a moment to land; the log keeps the rest."""
        self._stopped = True
        until = self._world.clock.now() + within
        while self._flying and self._world.clock.now() < until:
            self._landed.clear()
            await self._world.clock.wait(until, self._landed)
