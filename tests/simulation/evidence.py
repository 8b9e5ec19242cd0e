"""Evidence in a simulated world: somebody measures who is affected and finds what was deployed, what is the cause."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.simulation.stage import Stage
from watcher.incident import command as ask
from watcher.incident.event import ChangeSeen
from watcher.incident.findings import ImpactMeasured

SOON = (1, 5, 20, 90)
"""Seconds until evidence is there: asked for when it opens, answered when it is."""


class Inquiry:
    """What is found out about one incident."""

    def __init__(self, stage: Stage, stream: str) -> None:
        self.stage, self.stream = stage, stream
        self.chance = random.Random(f"evidence {stage.tape.seed} {stream}")

    async def run(self) -> None:
        """A few of the findings, one after another."""
        for find in self.chance.sample(FINDINGS, self.chance.randint(0, 2)):
            await asyncio.sleep(self.chance.choice(SOON))
            await find(self)

    async def _put(self, command: object) -> None:
        await self.stage.command(self.stream, command)

    async def measures(self) -> None:
        """It grows, perhaps beyond a half."""
        affected = self.chance.randint(1, 400)
        for _ in range(self.chance.randint(1, 3)):
            await self._put(ask.Measure(impact=self._impact(affected)))
            affected *= 2
            await asyncio.sleep(60)

    def _impact(self, affected: int) -> ImpactMeasured:
        return ImpactMeasured(
            at=self.stage.now(), measure="sentry", affected=affected, active=1000, window=timedelta(minutes=5),
            lower_bound=self.chance.random() < 0.5,
        )  # fmt: skip

    async def sees_a_deploy(self) -> None:
        """Of before, or of now; it may call itself a hotfix."""
        now = self.stage.now()
        number = self.stream.partition("/")[2]
        version = self.chance.choice((f"2.42.{number}", f"hotfix-v{number}"))
        ago = timedelta(minutes=self.chance.choice((0, 0, 30)))
        change = ChangeSeen(at=now, version=version, deployed_at=now - ago, told_by="sentry:shop")
        await self._put(ask.SeeChange(change=change))

    async def sees_no_deploy(self) -> None:
        await self._put(ask.SeeNoChange(told_by="sentry:shop"))

    async def finds_a_cause(self) -> None:
        found = ask.FindCause(
            cause="known" if self.chance.random() < 0.5 else "suspected",
            evidence="the pool is exhausted, password=hunter2",
        )
        await self._put(found)

    async def finds_a_third_party(self) -> None:
        await self._put(ask.FindThirdParty(name="stripe", told_by="health:api"))
        await asyncio.sleep(120)
        await self._put(ask.FindThirdParty(name=None, told_by="health:api"))


FINDINGS: tuple[Callable[[Inquiry], Awaitable[None]], ...] = (
    Inquiry.measures,
    Inquiry.sees_a_deploy,
    Inquiry.sees_no_deploy,
    Inquiry.finds_a_cause,
    Inquiry.finds_a_third_party,
)
