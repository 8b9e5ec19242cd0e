"""People of a simulated world: they answer early, late, twice, never; take, escalate, note, resolve, say that it was nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

from tests.simulation import fixing
from tests.simulation.evidence import Inquiry
from tests.simulation.stage import Stage
from watcher.incident import command as ask
from watcher.incident.event import Closed, Opened, Reopened, SignalsJoined
from watcher.incident.findings import Stated
from watcher.incident.surroundings import Suspected
from watcher.log import Row

NAMES = ("ann", "bob", "cara")


class People:
    """Everybody who is woken, and what they do about it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def read(self, row: Row) -> None:
        """A row that people hear of."""
        if isinstance(row.event, Opened | Reopened):
            self.stage.go(self._attend(row.stream, row.version))
        if isinstance(row.event, Opened):
            self.stage.go(Inquiry(self.stage, row.stream).run())
        if isinstance(row.event, Opened | SignalsJoined) and _said(row.event):
            self.stage.go(self._settle(row.stream, row.version))
        elif isinstance(row.event, Suspected):
            self.stage.go(self._answer(row.stream))
        elif isinstance(row.event, Closed):
            self.stage.go(self._look_back(row.stream))

    async def _attend(self, stream: str, version: int) -> None:
        chance = random.Random(f"people {self.stage.tape.seed} {stream} {version}")
        person = Person(self.stage, stream, chance)
        await chance.choice(_WAYS)(person)
        await person.ends()

    async def _settle(self, stream: str, version: int) -> None:
        """What people said, only people can end."""
        person = Person(
            self.stage, stream, random.Random(f"settle {self.stage.tape.seed} {stream} {version}")
        )
        await person.waits(person.chance.choice((30, 30, 120, 900)))
        await person.does(ask.Resolve(by=person.name))

    async def _look_back(self, stream: str) -> None:
        """What is left to do of a file that is closed."""
        chance = random.Random(f"afterwards {self.stage.tape.seed} {stream}")
        await fixing.look_back(Person(self.stage, stream, chance))

    async def _answer(self, stream: str) -> None:
        chance = random.Random(f"people {self.stage.tape.seed} {stream}")
        person = Person(self.stage, stream, chance)
        await person.waits(chance.choice((20, 20, 20, 20, 60, 60, 240, 700, 1300, 3600)))
        if chance.random() < 0.2:
            await person.does(ask.Acknowledge(by=chance.choice(NAMES), via="link"))
            await person.waits(1900)
        if chance.random() < 0.2:
            await person.does(ask.Note(by="ann", text="looking"))
        who = chance.choice(NAMES)
        await person.does(ask.Confirm(by=who) if chance.random() < 0.5 else ask.Dismiss(by=who))


def _said(event: Opened | SignalsJoined) -> bool:
    return any(sign.source.startswith("report:") for sign in event.signs)


class Person:
    """Whoever looks after one incident."""

    def __init__(self, stage: Stage, stream: str, chance: random.Random) -> None:
        self.stage, self.stream, self.chance = stage, stream, chance

    @property
    def name(self) -> str:
        return self.chance.choice(NAMES)

    async def waits(self, seconds: float) -> None:
        await asyncio.sleep(seconds * (0.5 + self.chance.random()))

    async def does(self, command: object) -> None:
        await self.stage.command(self.stream, command)

    async def acknowledges(self) -> None:
        await self.does(ask.Acknowledge(by=self.name, via=self.chance.choice(("link", "cli"))))

    async def early(self) -> None:
        await self.waits(30)
        await self.acknowledges()

    async def late(self) -> None:
        await self.waits(self.chance.choice((100, 200, 700, 1500)))
        await self.acknowledges()

    async def twice(self) -> None:
        await self.early()
        await self.waits(5)
        await self.acknowledges()

    async def asleep(self) -> None:
        """Takes it, and is not heard of again."""
        await self.early()
        await self.waits(2400)

    async def never(self) -> None:
        """Nobody hears it."""

    async def with_notes(self) -> None:
        await self.early()
        for _ in range(self.chance.randint(1, 3)):
            await self.waits(900)
            await self.does(ask.Note(by=self.name, text="still looking"))

    async def handed_over(self) -> None:
        await self.early()
        await self.waits(120)
        await self.does(ask.Take(by=self.name))

    async def asking_for_help(self) -> None:
        if self.chance.random() < 0.5:
            await self.early()
        await self.waits(120)
        await self.does(ask.Escalate(by=self.name))

    async def knowing(self) -> None:
        """Says what it knows, and decides."""
        await self.early()
        facts = self.chance.choice(_FACTS)
        await self.does(ask.State(by=self.name, facts=facts))
        await self.waits(30)
        await self.does(ask.Decide(by=self.name, choice=self.chance.choice(("rollback", "hotfix", "other"))))

    async def repairing(self) -> None:
        await self.early()
        await fixing.repair(self)

    async def ends(self) -> None:
        """Somebody closes it, rightly or not; else time does."""
        await self.waits(self.chance.choice((5, 15, 30, 60, 300, 1200)))
        verdict = self.chance.random()
        if verdict < 0.45:
            await self.does(ask.Resolve(by=self.name, text="done"))
        elif verdict < 0.55:
            await self.does(ask.MarkFalse(by=self.name))
        if self.chance.random() < 0.1:  # too late: it is refused, and changes nothing
            await self.waits(30)
            await self.acknowledges()


_FACTS: tuple[Mapping[Stated, str | int | bool | None], ...] = (
    {"isolated": True},
    {"fix-minutes": 20},
    {"migration": False},
)
_WAYS: tuple[Callable[[Person], Awaitable[None]], ...] = (
    Person.early,
    Person.early,
    Person.early,
    Person.early,
    Person.early,
    Person.early,
    Person.late,
    Person.twice,
    Person.never,
    Person.with_notes,
    Person.handed_over,
    Person.asking_for_help,
    Person.knowing,
    Person.asleep,
    Person.repairing,
    Person.repairing,
    Person.repairing,
)
