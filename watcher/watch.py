"""The sources that run: started, nudged, and exchanged at a reload without touching those that did not change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rules.rulebook import Rulebook
from rules.signal import IssueSignal
from rules.verdict import Ask
from watcher.config import Config
from watcher.observation import Blind, Source, Submit
from watcher.oncall.names import named
from watcher.opening import Governing
from watcher.settings.blind import BlindSettings
from watcher.settings.oncall import Calendar
from watcher.settings.sentry import SentrySettings
from watcher.sources.calendar import NAME as CALENDAR
from watcher.sources.calendar import CalendarSource
from watcher.sources.connectivity import Connectivity
from watcher.sources.health import HealthSource
from watcher.sources.sentry.counting import Questions, questions
from watcher.sources.sentry.source import SentrySource
from watcher.supervision import Start
from watcher.world import World

Settings = tuple[Any, ...]
"""What a source was made from: equal settings need no new source."""


@dataclass(frozen=True, slots=True)
class Running:
    settings: Settings
    every: timedelta
    nudge: asyncio.Event
    task: asyncio.Task[None]


class Watch:
    """Keeps one running source for each that the configuration names."""

    def __init__(
        self,
        world: World,
        submit: Submit,
        recall: Callable[[str], Awaitable[Mapping[str, Any]]],
        start: Callable[[str, Start, Callable[[str], Awaitable[None]]], asyncio.Task[None]],
    ) -> None:
        self.running: dict[str, Running] = {}
        self._world = world
        self._submit = submit
        self._recall = recall
        self._start = start
        self._rulebook: Rulebook | None = None

    def govern(self, governing: Governing) -> None:
        """Start what is new or changed, stop what is gone."""
        self._rulebook = governing.rulebook
        wanted = _wanted(governing)
        for name, running in list(self.running.items()):
            if name not in wanted or wanted[name] != running.settings:
                running.task.cancel()
                del self.running[name]
        for name, settings in wanted.items():
            if name not in self.running:
                self._run(name, settings)

    def _run(self, name: str, settings: Settings) -> None:
        nudge = asyncio.Event()

        async def look() -> None:
            source = _make(settings, self._world, await self._recall(name), self._questions)
            await source.run(self._submit, nudge)

        async def failed(_: str) -> None:
            at = self._world.clock.now()
            await self._submit(
                Blind(source=name, at=at, reason="silent", detail="the source stopped with an error")
            )

        task = self._start(name, look, failed)
        self.running[name] = Running(settings, settings[0].every, nudge, task)

    def _questions(self, signals: Sequence[IssueSignal]) -> tuple[Ask, ...]:
        """By the rules of this moment: a source outlives a reload that changes them."""
        return questions(self._rulebook, signals) if self._rulebook else ()

    def nudge(self, name: str | None) -> None:
        """Make a source look at once; None: all of them."""
        for source, running in self.running.items():
            if name in (None, source):
                running.nudge.set()

    def rounds(self) -> dict[str, timedelta]:
        """How often each running source looks."""
        return {name: running.every for name, running in self.running.items()}

    def stop(self) -> None:
        for running in self.running.values():
            running.task.cancel()


def _wanted(governing: Governing) -> dict[str, Settings]:
    config: Config = governing.config
    book = governing.rulebook
    sentries = {f"sentry:{s.name}": (s, book.windows, book.non_production) for s in config.sentry}
    calendar = {CALENDAR: (config.on_call.ical, config.aliases, config.on_call.zone)}
    calendars = calendar if config.on_call.ical is not None else {}
    network = {"network": (config.blind,)} if config.blind.reference else {}
    return {**network, **calendars, **sentries, **{f"health:{e.name}": (e,) for e in config.health.filled}}


def _make(settings: Settings, world: World, memory: Mapping[str, Any], asked: Questions) -> Source:
    first = settings[0]
    if isinstance(first, SentrySettings):
        return SentrySource(first, world, settings[1], memory, settings[2], asked)
    if isinstance(first, BlindSettings):
        return Connectivity(first, world)
    if isinstance(first, Calendar):
        return CalendarSource(first, named(settings[1]), settings[2], world)
    return HealthSource(first, world)
