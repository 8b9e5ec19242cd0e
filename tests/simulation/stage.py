"""A seeded world: time that leaps, pagers that fail, a disk that fills, a daemon that dies and is started again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.keeping import Keeping
from tests.simulation.life import Core, Fuse, bury
from tests.simulation.pager import Pagers
from tests.simulation.setting import SYSTEMS, governing
from tests.simulation.tape import Absence, Fault, FaultKind, Said, Tape
from tests.support import T0
from watcher.inbox import Committed
from watcher.incident.event import Closed, Opened
from watcher.incident.responding import Deployed
from watcher.log import Row
from watcher.observation import Blind, Observation, Reference, Sweep

LOOK_WITHIN = 40.0
"""After a start each source looks within so many seconds."""
POINTS = ("appending", "appended", "sending", "sent", "recorded")


class Stage:
    """The world around the daemon, and the daemon's lives in it. One seed, one course."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"world {seed}")
        pick = self.chance.choice
        self.shape, self.clean, self.watch = (
            pick(("team", "team", "alone")),
            pick(("1m", "1m", "1m", "5m")),
            pick(WATCH),
        )
        self.tells = self.chance.random() < 0.6  # a health answer names the release
        self.deploys = self.chance.random() < 0.7  # somebody tells of deploys
        self.lost = False  # the configuration no longer names a target
        self.heartbeat = timedelta(seconds=pick((20, 30)))
        self.tape = Tape(seed, governing(self.shape, self.clean, self.watch))
        self.keeping = Keeping(self.tape)
        self.pagers = Pagers(self.tape, random.Random(f"pagers {seed}"), reached=lambda: not self.offline)
        self.offset = 0.0  # of the wall clock
        self.calm = False  # the end: nothing fails any more
        self.lives = 0
        self.life: Core | None = None
        self.buried: list[Core] = []
        self.died: datetime | None = None
        self.failing: dict[str, dict[str, Any]] = {"sentry:shop": {}, **{f"health:{s}": {} for s in SYSTEMS}}
        self.blind: set[str] = set()
        self.unsure: set[str] = set()
        self.offline = False  # our own network is away
        self.offline_since = T0
        self.running: dict[str, str | None] = {}  # by system, once a fix was deployed; None: nobody can tell
        self.systems: dict[str, frozenset[str]] = {}  # of each open incident
        self.keeping.told = self.read
        self.tasks: set[asyncio.Task[Any]] = set()
        self.loop = asyncio.get_running_loop()
        self.attend: Any = None  # told of each row: people read their phones
        self.down_for = 0.2

    def read(self, row: Row) -> None:
        """A row as it is written: what was deployed runs."""
        if isinstance(row.event, Opened):
            self.systems[row.stream] = frozenset(s.system for s in row.event.signs if s.system)
        if isinstance(row.event, Closed):
            self.systems.pop(row.stream)
        if isinstance(row.event, Deployed) and row.event.version is not None:
            here = self.systems[row.stream]
            alone = sum(bool(other & here) for other in self.systems.values()) == 1
            self.running.update(dict.fromkeys(here, row.event.version if alone else None))

    # -- time

    def wall(self) -> float:
        return T0.timestamp() + self.loop.time() + self.offset

    def now(self) -> datetime:
        """The effective time as the daemon that lives (or lived last) has it."""
        return self.life.now() if self.life else T0

    def leap(self, wall: float, monotonic: float, kind: FaultKind) -> None:
        """Both clocks leap at once by so many seconds."""
        before = self.now()
        self.offset += wall - monotonic
        self.loop.virtual += monotonic  # type: ignore[attr-defined]
        after = self.now()
        self.tape.faults.append(Fault(kind, before, after))
        if after > before and self.begun:
            self.tape.absences.append(Absence(before, after, kind))

    # -- lives

    @property
    def up(self) -> bool:
        return self.life is not None and not self.life.over

    @property
    def begun(self) -> bool:
        """It lives, and has read its log: before that it does not know the time."""
        return self.up and self.life is not None and len(self.tape.starts) >= self.life.number

    def start(self) -> None:
        """Another life begins."""
        self.lives += 1
        held = governing(self.shape, self.clean, self.watch, lost=self.lost)
        chance = random.Random(f"life {self.tape.seed} {self.lives}")
        self.life = Core(self.lives, self.keeping, self.pagers, held, self.wall, chance, self._ended)
        self.life.begin(self.heartbeat, self._committed)
        self.later(LOOK_WITHIN / 4, self.refer)
        for source in self.failing:
            self.later(self.chance.random() * LOOK_WITHIN, self.say, source)

    def arm(self) -> None:
        """The life will end when a point is reached for the n-th time from now."""
        if self.up and self.life is not None:
            self.life.fuse = Fuse(self.chance.choice(POINTS), self.chance.randint(1, 6))

    def kill(self) -> None:
        """The life ends now, wherever it is."""
        if self.up and self.life is not None:
            self.life.end("killed")

    def _ended(self, life: Any, because: str) -> None:
        if life.broken is not None:
            self.tape.broken.append(f"life {life.number}: {life.broken!r}")
        now = life.now()
        self.died = self.died or now  # a start that fails is no life
        while self.tape.said and self.tape.said[-1].order > self.keeping.heard:
            self.tape.said.pop()
        kind: FaultKind = "disk-full" if "disk" in because else "crash"
        self.tape.faults.append(Fault(kind, now, now))
        self.buried.append(life)
        self.later(30.0 if kind == "disk-full" else self.down_for, self.start)

    def _committed(self, committed: Committed) -> None:
        life = self.life
        assert life is not None
        self.keeping.heard = self.tape.orders
        if len(self.tape.starts) < life.number:
            self._began(life, committed.now)
        for row in committed.rows:
            if self.attend is not None:
                self.attend(row)

    def _began(self, life: Core, at: datetime) -> None:
        while len(self.tape.starts) < life.number:
            self.tape.starts.append(at)
        self._set_back(at)
        if self.died is not None:
            self.tape.absences.append(Absence(min(self.died, at), at, "down"))
            self.died = None

    def _set_back(self, at: datetime) -> None:
        """After a leap back the new life may begin before the old one's end: what was measured beyond is lived again."""
        known = [a for a in self.tape.absences if a.start < at]
        self.tape.absences = [replace(a, end=min(a.end, at)) for a in known]
        self.tape.faults = [replace(f, start=min(f.start, at), end=min(f.end, at)) for f in self.tape.faults]
        self.offline_since = min(self.offline_since, at)
        for attempt in reversed(self.tape.attempts):
            if attempt.began <= at and (attempt.ended is None or attempt.ended <= at):
                break
            attempt.began, attempt.ended = min(attempt.began, at), attempt.ended and min(attempt.ended, at)

    # -- sources

    def say(self, source: str) -> None:
        """The source looks, and says what it sees."""
        if not self.begun or self.life is None:
            return  # sources look once the daemon has begun
        now, blind = self.now(), source in self.blind or self.offline
        signals = [make(now) for make in self.failing[source].values()] if not blind else []
        if source in self.unsure and not blind:
            self.refer()  # it is looked whether our own network stands between
            signals = [self.unsure_signal(source, now)]
        if not signals and not blind and self.tells and self.running.get(source.partition(":")[2]):
            signals = [self.well_signal(source, now)]
        seen: Observation = (
            Blind(source=source, at=now, reason="offline" if self.offline else "timeout")
            if blind
            else Sweep(source=source, at=now, signals=tuple(signals))
        )
        self.life.submit(seen)
        self._note(source, now, signals, blind=blind)

    def refer(self) -> None:
        """Whether an address answers that is always there."""
        if self.begun and self.life is not None:
            self.life.submit(Reference(at=self.now(), reached=not self.offline))

    def _note(self, source: str, now: datetime, signals: list[Any], *, blind: bool) -> None:
        assert self.life is not None
        failing = frozenset(f"{source} {s.key}" for s in signals if getattr(s, "state", "down") == "down")
        unsure = frozenset(f"{source} {s.key}" for s in signals if getattr(s, "state", "") == "unknown")
        said = Said(self.tape.order(), source, now, self.life.number, blind, failing, unsure)
        self.tape.said.append(said)

    def unsure_signal(self, source: str, now: datetime) -> Any:
        raise LookupError(source)  # the story knows the signals

    def well_signal(self, source: str, now: datetime) -> Any:
        raise LookupError(source)  # same

    # -- help

    def later(self, seconds: float, act: Any, *arguments: Any) -> None:
        self.loop.call_at(self.loop.time() + seconds, act, *arguments)

    def go(self, work: Coroutine[Any, Any, Any]) -> None:
        """A task of the world: it outlives the daemon."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def command(self, stream: str, command: object) -> object:
        """A person asks the daemon, again and again while it does not answer; None where it refused or never did."""
        for _ in range(10):
            if self.up and self.life is not None:
                put = self.life.engine.hear if stream == "" else None
                work = put(command) if put else self.life.engine.ask(stream, command)  # type: ignore[arg-type]
                asked = self.life.spawn(work, "person")
                await asyncio.wait({asked})
                if not asked.cancelled():
                    return asked.result() if asked.exception() is None else None
            await asyncio.sleep(15)
        return None

    async def end(self) -> None:
        """Nothing of the world or the daemon runs any more."""
        self.tape.ended = self.now()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.up and self.life is not None:
            self.life._ended = lambda life, because: None
            self.life.end("the end")
        for life in (*self.buried, *([self.life] if self.life else [])):
            await bury(life)


WATCH = ("1m", "1m", "1m", "2m", "5m", "20m")
