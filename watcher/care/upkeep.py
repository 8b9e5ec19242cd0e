"""The upkeep of the watch: the rounds, the heartbeat and where our own errors go, as the daemon has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from notifiers.page import Page, Receipt
from watcher.care import last_words
from watcher.care.audit import Complaint
from watcher.care.heartbeat import Heartbeat
from watcher.care.rounds import Rounds
from watcher.config import Config
from watcher.engine import Engine
from watcher.inbox import Committed
from watcher.supervision import Start
from watcher.world import World


class Figures(Protocol):
    """What is counted of it, and what was counted before."""

    def audited(self, *, ok: bool) -> None: ...

    def beaten(self, at: datetime) -> None: ...

    def taken_at(self) -> Mapping[str, datetime]: ...


class Upkeep:
    """One for each life of the daemon. `parts` are to be run under supervision."""

    def __init__(
        self, world: World, engine: Engine, figures: Figures, config: Callable[[], Config], version: str
    ) -> None:
        self._world = world
        self._config = config
        self._rounds = Rounds(
            world.clock,
            engine.ask,
            looked=engine.looked,
            waiting=lambda: engine.waiting,
            taken_at=figures.taken_at,
            on_call=lambda: engine.roster.plan(engine.streams.get("overrides")),
            say=self._say,
            audited=lambda ok: figures.audited(ok=ok),
        )
        own = config().errors
        check_in = world.own_errors(own, version) if own is not None else None
        self._heartbeat = Heartbeat(
            world, lambda: config().heartbeat, self._rounds.standing, figures.beaten, check_in
        )
        self.govern()

    @property
    def parts(self) -> dict[str, Start]:
        return {"rounds": self._rounds.run, "heartbeat": self._heartbeat.run}

    def govern(self) -> None:
        """The configuration is another one."""
        self._rounds.govern(self._config())

    def turned(self, committed: Committed) -> None:
        """Follow the engine."""
        self._rounds.turned(committed)

    def complaints(self) -> tuple[Complaint, ...]:
        """What the last audit found."""
        return self._rounds.complaints

    async def _say(self, page: Page) -> list[Receipt]:
        return await last_words.say(page, self._config(), self._world.senders)
