"""What breaks in a simulated world: signals begin to fail, join, flap, clear, come back; people declare and report."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from rules.signal import Category, HealthSignal, IssueSignal, Signal
from tests.simulation.setting import SYSTEMS, TITLES
from tests.simulation.stage import Stage
from tests.simulation.tape import Fault
from watcher.incident import command as ask
from watcher.incident.deploys import ReportDeploy
from watcher.incident.overrides import Override
from watcher.incident.silences import EndSilence, Silence

SECRET = "hunter2-{seed}-SECRET"
RELEASE = "2.41.1"
"""What runs before anything is deployed as a fix."""
HOSTILE = (
    "all our chats are gone, password={secret} \x1b[31m\u202e\x00 @everyone <b>x</b> card 4111 1111 1111 1111"
)


class Trouble:
    """One system's troubles, one after another until the end of the play."""

    def __init__(self, stage: Stage, system: str) -> None:
        self.stage = stage
        self.system = system
        self.chance = random.Random(f"trouble {stage.tape.seed} {system}")
        self.number = 0

    async def run(self) -> None:
        await asyncio.sleep(self.chance.random() * 300)
        while not self.stage.calm:
            await self.chance.choice(_KINDS)(self)
            await self._pause()

    async def _pause(self) -> None:
        """Until about when it is resolved: sometimes before, so that it comes back while it is watched."""
        clean, watch = (60 * int(t[:-1]) for t in (self.stage.clean, self.stage.watch))
        await asyncio.sleep(self.chance.choice((0.2, 0.5, 1.0)) * (clean + watch) + 60 * self.chance.random())

    # -- signals

    def fail(self, category: str, at: str | None = None) -> Callable[[], None]:
        """One more signal fails from now on; answers how to mend it."""
        self.number += 1
        source, key, make = self._signal(category)
        self.stage.failing[source][key] = make
        self.stage.say(source)

        def mend() -> None:
            self.stage.failing[source].pop(key, None)
            self.stage.say(source)

        return mend

    def _signal(self, category: str) -> tuple[str, str, Callable[[datetime], Signal]]:
        if category == "outage":
            return f"health:{self.system}", self.system, lambda now: health(self.system, now)
        key = f"{self.system}-{self.chance.randint(1, 3)}-{category}"
        runs = self.stage.running
        return (
            "sentry:shop",
            key,
            lambda now: issue(self.system, key, category, now, runs.get(self.system, RELEASE)),
        )

    async def _last(self) -> None:
        """How long it takes until it is mended."""
        minutes = self.chance.choice(_MINUTES)
        await asyncio.sleep(60 * minutes * (0.5 + self.chance.random()))

    async def breaks(self) -> None:
        """Perhaps in a release that nobody told of."""
        if self.chance.random() < 0.1:
            self.number += 1
            self.stage.running[self.system] = f"3.0.{self.number}"
        mend = self.fail(self.chance.choice(("outage", "authentication", "payments", "security")))
        await self._last()
        mend()

    async def spreads(self) -> None:
        """More signals join, perhaps of another category."""
        mends = [self.fail("outage")]
        for _ in range(self.chance.randint(1, 3)):
            await asyncio.sleep(self.chance.choice((2, 20, 120)))
            mends.append(self.fail(self.chance.choice(("authentication", "payments"))))
        await self._last()
        for mend in mends:
            mend()

    async def flaps(self) -> None:
        """Clean for less than the window, again and again."""
        began = self.stage.now()
        for _ in range(self.chance.randint(2, 4)):
            mend = self.fail("outage")
            await asyncio.sleep(5 + self.chance.random() * 60)
            mend()
            await asyncio.sleep(5 + self.chance.random() * 90)
        self.stage.tape.faults.append(Fault("flap", began, self.stage.now(), f"health:{self.system}"))

    async def unsure(self) -> None:
        """A login page stands in front of the broken application, and then it is well."""
        source = f"health:{self.system}"
        mend = self.fail("outage")
        await asyncio.sleep(60)
        began = self.stage.now()
        self.stage.unsure.add(source)
        self.stage.say(source)
        await asyncio.sleep(60 + self.chance.random() * 600)
        self.stage.unsure.discard(source)
        self.stage.tape.faults.append(Fault("unsure", began, self.stage.now(), source))
        mend()

    async def hints(self) -> None:
        mend = self.fail("hint")
        await self._last()
        mend()

    async def declared(self) -> None:
        """A person's word, hostile text in it."""
        word: Category = self.chance.choice(("outage", "data-loss", "payments"))
        text = self._hostile()
        said = ask.Declare(
            by=self.chance.choice(("ann", "bob")), category=word, text=text, system=self.system,
            drill=self.chance.random() < 0.1,
        )  # fmt: skip
        await self.stage.command("", said)

    async def deployed(self) -> None:
        """A new release, and soon after it breaks."""
        if not self.stage.deploys:
            await self.breaks()
            return
        self.number += 1
        said = ReportDeploy(
            version=f"2.41.{self.number}", previous=None, system=self.system, environment="production",
            deployed_at=None, migration=self.chance.choice((None, True, False)), told_by="ci",
        )  # fmt: skip
        await self.stage.command("deploys", said)
        await asyncio.sleep(60)
        await self.breaks()

    async def silenced(self) -> None:
        """It is worked on, announced beforehand; what breaks meanwhile is no news, until the silence ends."""
        stage, source = self.stage, f"health:{self.system}"
        span = timedelta(minutes=self.chance.choice((2, 5, 15)))
        said = Silence(match={"source": source}, until=stage.now() + span, by="ann", because="we work on it")
        number = await stage.command("silences", said)
        await self.breaks()
        if number and self.chance.random() < 0.3:
            await stage.command("silences", EndSilence(silence=number[0].silence, by="ann"))  # type: ignore[index]

    async def covered(self) -> None:
        """Somebody else is on call for a while."""
        now = self.stage.now()
        span = timedelta(minutes=self.chance.choice((10, 40)))
        person = self.chance.choice(sorted(self.stage.tape.governing.config.contacts))
        said = Override(
            person=person, begins=now, until=now + span, by="cara", because="a flight", service="shop"
        )
        await self.stage.command("overrides", said)
        await self.breaks()

    async def reported(self) -> None:
        await self.stage.command(
            "", ask.Report(by="a customer", text=self._hostile(), via="api", system=self.system)
        )

    def _hostile(self) -> str:
        self.number += 1
        return HOSTILE.format(secret=secret(self.stage.tape.seed)) + f" {self.system} {self.number}"


_MINUTES = (0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 2, 2, 3, 4, 6, 12, 40, 40)

_KINDS: tuple[Callable[[Trouble], Awaitable[None]], ...] = (
    Trouble.breaks,
    Trouble.breaks,
    Trouble.breaks,
    Trouble.spreads,
    Trouble.spreads,
    Trouble.flaps,
    Trouble.unsure,
    Trouble.breaks,
    Trouble.hints,
    Trouble.declared,
    Trouble.declared,
    Trouble.deployed,
    Trouble.reported,
    Trouble.silenced,
    Trouble.covered,
)


def secret(seed: int) -> str:
    return SECRET.format(seed=seed)


def health(name: str, now: datetime, state: Any = "down", version: str | None = None) -> HealthSignal:
    return HealthSignal(
        source=f"health:{name}", key=name, at=now, started_at=None, state=state, reason="503", critical=True,
        system=name, version=version,
    )  # fmt: skip


def issue(system: str, key: str, category: str, now: datetime, release: str | None) -> IssueSignal:
    return IssueSignal(
        source="sentry:shop", key=key, at=now, started_at=None, title=f"{TITLES[category]} ({system})",
        system=system, release=release,
    )  # fmt: skip


def _well(stage: Stage, system: str, now: datetime) -> HealthSignal:
    return health(system, now, "up", stage.running[system])


def begin(stage: Stage) -> None:
    """Trouble in every system."""
    stage.unsure_signal = lambda source, now: health(source.partition(":")[2], now, "unknown")  # type: ignore[method-assign]
    stage.well_signal = lambda source, now: _well(stage, source.partition(":")[2], now)  # type: ignore[method-assign]
    for system in SYSTEMS:
        stage.go(Trouble(stage, system).run())
