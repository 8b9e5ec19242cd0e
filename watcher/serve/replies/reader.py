"""Reads the reply topic: every few seconds while a page waits for an answer, now and then otherwise."""

from __future__ import annotations

import logging
import random  # noqa: TID251 - the type alone
from asyncio import Event
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2

from watcher.clock import Clock
from watcher.inbox import Committed
from watcher.incident.blindness import REPLIES
from watcher.incident.event import PageRequested
from watcher.observation import Blind, Submit, Sweep
from watcher.serve import allowance
from watcher.serve.recent import Recent
from watcher.serve.replies import sentence
from watcher.serve.replies.topic import TopicLost, Written, look
from watcher.serve.taking import NotTaken, Takes, good
from watcher.settings.reply import ReplySettings
from watcher.supervision import delay_after

logger = logging.getLogger(__name__)

EAGER_EVERY = timedelta(seconds=5)
"""While somebody may be typing an answer; the pace that the public server allows for hours."""
CALM_EVERY = timedelta(minutes=1)
"""So that a topic that cannot be read is known before the night."""
SEEN_MAX = 1000
"""Messages known as read; a server that shows one twice is believed once."""


class Reader:
    """Looks into the topic that the configuration names; none where it names none."""

    def __init__(
        self,
        *,
        http: Callable[[], httpx2.AsyncBaseTransport],
        settings: Callable[[], ReplySettings | None],
        streams: Callable[[], dict[str, Any]],
        taking: Takes,
        submit: Submit,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._http = http
        self._settings = settings
        self._streams = streams
        self._taking = taking
        self._submit = submit
        self._clock = clock
        self._chance = chance
        self._stirred = Event()
        self._seen: Recent[str] = Recent(SEEN_MAX)
        self._after: str | None = None
        self._complaints = allowance.complaints(clock)

    def turned(self, committed: Committed) -> None:
        """A follower of the engine: a new page is looked for an answer soon."""
        if any(isinstance(row.event, PageRequested) and row.event.kind == "wake" for row in committed.rows):
            self._stirred.set()

    def govern(self) -> None:
        """The configuration was read anew."""
        self._stirred.set()

    async def run(self) -> None:
        """Look for as long as there is a topic."""
        while True:
            settings = self._settings()
            if settings is None:
                await self._rest(None)
                continue
            self._after = None
            async with httpx2.AsyncClient(
                transport=self._http(), trust_env=False, follow_redirects=False
            ) as client:
                await self._read(client, settings)

    async def _read(self, client: httpx2.AsyncClient, settings: ReplySettings) -> None:
        """One topic, until the configuration names another."""
        failures = 0
        while self._settings() == settings:
            try:
                await self._take(await look(client, settings, self._after))
            except TopicLost as lost:
                failures += 1
                self._say_lost(lost, failures)
                await self._submit(self._blind(lost))
                await self._clock.sleep(max(lost.wait, delay_after(failures, self._chance)))
                continue
            if failures:
                logger.info("the reply topic can be read again", extra={"event": "replies_back"})
            failures = 0
            await self._submit(Sweep(source=REPLIES, at=self._clock.now(), signals=()))
            await self._rest(EAGER_EVERY if self._awaited() else CALM_EVERY)

    def _blind(self, lost: TopicLost) -> Blind:
        return Blind(source=REPLIES, at=self._clock.now(), reason=lost.reason, detail=str(lost))

    def _say_lost(self, lost: TopicLost, failures: int) -> None:
        if failures == 1:  # once, not at each attempt
            logger.warning("the reply topic cannot be read: %s", lost, extra={"event": "replies_lost"})

    async def _rest(self, span: timedelta | None) -> None:
        """Until it is time, or something happened. A page that went out a moment ago has no answer yet."""
        until = None if span is None else self._clock.now() + span
        if await self._clock.wait(until, self._stirred):
            self._stirred.clear()

    def _awaited(self) -> bool:
        """Whether a code would acknowledge anything."""
        return any(True for state in self._streams().values() for _ in good(state))

    async def _take(self, messages: list[Written]) -> None:
        for message in messages:
            self._after = message.id
            if self._seen.add(message.id):
                await self._answer(message.text)

    async def _answer(self, text: str) -> None:
        reply = sentence.read(text)
        if reply is None:  # a page of ours in the same topic, or talk
            return
        try:
            await self._taking.by_code(reply.id, reply.code, via="reply", name=reply.name)
        except NotTaken as refused:
            if self._complaints.take():
                logger.warning("a reply was not taken: %s", refused, extra={"event": "reply_refused"})
