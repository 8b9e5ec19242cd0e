"""The rota: whom the engine pages as on-call, exchanged when the configuration or the calendar is another one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from watcher.clock import Clock
from watcher.config import Config
from watcher.engine import Engine
from watcher.observation import Observation, Sweep
from watcher.oncall.plan import Plan
from watcher.oncall.shift import Shift
from watcher.roster import Roster
from watcher.sources.calendar import NAME, shifts_of

logger = logging.getLogger(__name__)


class Rota:
    """Keeps the engine's roster. What the calendar said last counts until it says something else."""

    def __init__(self, engine: Engine, clock: Clock, config: Callable[[], Config]) -> None:
        self._engine = engine
        self._clock = clock
        self._config = config
        self._shifts: tuple[Shift, ...] = ()

    @property
    def plan(self) -> Plan:
        """Who is on call, with what people have arranged."""
        return self._engine.roster.plan(self._engine.streams.get("overrides"))

    def recall(self, memory: Mapping[str, Any]) -> None:
        """The last good copy of the calendar, before anything looks."""
        self._shifts = shifts_of(memory)
        self._engine.roster = Roster(self._config(), self._shifts)

    def saw(self, observation: Observation) -> None:
        """What the calendar says counts from this moment; the log remembers it with the look."""
        if isinstance(observation, Sweep) and observation.source == NAME:
            self._shifts = shifts_of(observation.memory)
            self.govern()

    def govern(self) -> None:
        """The configuration is another one, or the calendar; whom it puts on call instead is said."""
        now = self._clock.now()
        before = self.plan.person(now)
        self._engine.roster = Roster(self._config(), self._shifts)
        after = self.plan.person(now)
        if after != before:
            logger.warning(
                "%s is on call now, no longer %s", after, before, extra={"event": "on_call_changed"}
            )
