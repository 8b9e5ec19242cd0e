"""Delivery: one lane a target, each with its own queue and worker, so that no target's failure delays another's.

At least once: send, then record. Sending starts from what is committed; what came of it goes back as a command. A page
whose result was lost (a crash, a timeout) is sent again under the same id, marked "possibly a repeat".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from notifiers.page import Destination, Page, Receipt
from notifiers.send import sender_for
from watcher.config import Config
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident.event import Event
from watcher.incident.machines import id_of, kind_of
from watcher.incident.outbox import Due
from watcher.incident.state import Incident
from watcher.supervision import Supervise
from watcher.world import World

logger = logging.getLogger(__name__)

AGE_SHOWN = timedelta(minutes=1)
"""A page that left within a minute was on time."""

ANSWERED = ("incident", "suspicion")
"""What a person can acknowledge."""

Ask = Callable[[str, object], Awaitable[list[Event]]]
Observe = Callable[[str, Receipt, float], None]
"""Told of each attempt: target, receipt, seconds."""


class Link(Protocol):
    """Where the bearer of a page may acknowledge it; empty where there is no such address."""

    def __call__(self, id_: str, contact: str | None) -> str: ...


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery that is due."""

    stream: str
    due: Due
    drill: bool = False

    @property
    def key(self) -> tuple[str, int, str]:
        return self.stream, self.due.page, self.due.delivery.target


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
    ) -> None:
        self._world = world
        self._observe = observe
        self._ask = ask_
        self._config = config
        self._link = link
        self._supervise = supervise
        self._lanes: dict[str, asyncio.Queue[Job]] = {}
        self._flying: set[tuple[str, int, str]] = set()
        self._landed = asyncio.Event()
        self._started_at = world.clock.now()
        self._stopped = False

    def offer(self, streams: dict[str, Any], now: datetime) -> None:
        """Everything that is due now goes to its lane, but for what is already there."""
        if self._stopped:
            return
        for stream, state in streams.items():
            for due in box.due(state.outbox, now) if state.outbox.pages else ():
                self._take(Job(stream, due, drill=_is_drill(state)))

    def _take(self, job: Job) -> None:
        if job.key in self._flying:
            return
        self._flying.add(job.key)
        self._lane(job.due.delivery.target).put_nowait(job)

    def _lane(self, target: str) -> asyncio.Queue[Job]:
        """The target's lane. Its queue holds each delivery at most once, so it is bounded by what is owed."""
        if target not in self._lanes:
            queue: asyncio.Queue[Job] = asyncio.Queue()
            self._lanes[target] = queue
            self._supervise(f"lane {target}", lambda: self._work(queue))
        return self._lanes[target]

    async def _work(self, queue: asyncio.Queue[Job]) -> None:
        while True:
            await self._deliver(await queue.get())

    async def _deliver(self, job: Job) -> None:
        """Send, then record. What was sent and cannot be recorded is not sent again by this process."""
        target = job.due.delivery.target
        self._world.reached("sending")
        began = self._world.clock.monotonic()
        receipt = await self._send(job)
        self._world.reached("sent")
        self._observe(target, receipt, self._world.clock.monotonic() - began)
        logger.log(
            logging.INFO if receipt.outcome == "accepted" else logging.WARNING,
            "page %s",
            receipt.outcome,
            extra={"event": f"page_{receipt.outcome}", "id": self._id(job), "reason": receipt.reason or ""},
        )
        await self._record(job, receipt)
        self._world.reached("recorded")

    async def _record(self, job: Job, receipt: Receipt) -> None:
        """Where the log does not take it the delivery stays in flight: this process does not send it again."""
        record = ask.Record(
            page=job.due.page, target=job.due.delivery.target, attempt=job.due.attempt, receipt=receipt
        )
        await self._ask(job.stream, record)
        self._flying.discard(job.key)
        self._landed.set()

    async def _send(self, job: Job) -> Receipt:
        target = self._config().targets.get(job.due.delivery.target)
        if target is None:
            return Receipt(
                outcome="refused", reason="no_such_target", detail="the configuration no longer names it"
            )
        destination = Destination(
            name=job.due.delivery.target, address=target.apprise, timeout=target.timeout
        )
        sender = sender_for(target.apprise.get_secret_value(), self._world.senders)
        try:
            return await sender.send(self._page(job), destination)
        except Exception as error:  # noqa: BLE001 - whatever a sender's fault is, the page stays owed
            logger.warning("a sender failed: %s", type(error).__name__, extra={"event": "sender_failed"})
            return Receipt(outcome="unknown", reason="server_error", detail="the sender failed")

    def _page(self, job: Job) -> Page:
        request, now = job.due.request, self._world.clock.now()
        age = now - request.at
        id_ = id_of(job.stream)
        actionable = request.kind == "wake" and kind_of(job.stream) in ANSWERED
        return Page(
            id=self._id(job),
            kind=request.kind,
            title=request.title,
            lines=request.lines,
            link=self._link(id_, job.due.delivery.contact) if actionable else "",
            command=f"watcher ack {id_}" if actionable else "",
            age=age if age >= AGE_SHOWN else timedelta(0),
            repeat=job.due.repeat or request.at < self._started_at,
            hosts=_own_hosts(self._config()),
            drill=job.drill,
        )

    def _id(self, job: Job) -> str:
        return f"{id_of(job.stream)}/{job.due.page}@{job.due.delivery.target}"

    async def drain(self, within: timedelta) -> None:
        """Take nothing new, and give what is in flight a moment to land; the log keeps the rest."""
        self._stopped = True
        until = self._world.clock.now() + within
        while self._flying and self._world.clock.now() < until:
            self._landed.clear()
            await self._world.clock.wait(until, self._landed)


def _is_drill(state: Any) -> bool:
    return isinstance(state, Incident) and state.opened.drill


def _own_hosts(config: Config) -> tuple[str, ...]:
    """The hosts whose addresses stay links in a page: ours, the Sentry that we read, the runbook's."""
    addresses = [config.service.public_url, config.service.runbook, *(s.url for s in config.sentry)]
    return tuple({urlsplit(address).netloc for address in addresses if address})
