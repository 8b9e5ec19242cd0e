"""A theatre in which the watcher is watched: rounds and heartbeat beside engine and lanes, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from tests.theatre import CONFIG, Theatre
from watcher.care.upkeep import Upkeep
from watcher.incident.life import Daemon
from watcher.log import Log
from watcher.supervision import supervised

CANARY = CONFIG + "canary: {target: chat, every: 24h}\n"
BEATING = CONFIG + "heartbeat: {url: 'http://127.0.0.1:1/ping/secret-key?a=1', every: 60s}\n"


class Hanging(MemorySender):
    """Takes every page and answers none, for the targets that hang."""

    def __init__(self) -> None:
        super().__init__()
        self.hang: set[str] = set()

    async def send(self, page: Page, destination: Destination) -> Receipt:
        if destination.name in self.hang:
            await asyncio.Event().wait()
        return await super().send(page, destination)


class Figures:
    """What would be counted."""

    def __init__(self) -> None:
        self.ok: list[bool] = []
        self.beats: list[datetime] = []
        self.taken: dict[str, datetime] = {}

    def audited(self, *, ok: bool) -> None:
        self.ok.append(ok)

    def beaten(self, at: datetime) -> None:
        self.beats.append(at)

    def taken_at(self) -> dict[str, datetime]:
        return self.taken


class Kept(Theatre):
    """With everything that watches the watcher; the dead-man service answers `status`."""

    def __init__(self, log: Log | None = None, text: str = CONFIG, **more: Any) -> None:
        super().__init__(log, text=text, **more)
        self.sender = Hanging()
        self.status = 200
        self.pinged: list[tuple[float, str]] = []
        self.checks: list[tuple[bool, timedelta]] = []
        world = replace(
            self.world, senders={"": self.sender}, http=lambda: httpx2.MockTransport(self._answer)
        )
        self.world = self.deliver._world = self.engine._world = world
        self.figures = Figures()
        self.upkeep = Upkeep(world, self.engine, self.figures, lambda: self.governing.config, "test")
        self.engine.follow(self.upkeep.turned)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.pinged.append((self.world.clock.monotonic(), str(request.url)))
        return httpx2.Response(self.status)

    async def start(self) -> Kept:
        await super().start()
        for name, part in self.upkeep.parts.items():
            loop = supervised(name, part, self.world.clock, self.world.chance)
            self.tasks.append(asyncio.create_task(loop, name=name))
        return self

    @property
    def life(self) -> Daemon:
        found = self.engine.streams["daemon"]
        assert isinstance(found, Daemon)
        return found

    @property
    def complaints(self) -> list[str]:
        return [complaint.promise for complaint in self.upkeep.complaints()]

    def sent(self, purpose: str) -> list[str]:
        """The titles that went out with these words, with their targets."""
        return [f"{s.target}: {s.page.title}" for s in self.sender.sent if purpose in s.page.title]
