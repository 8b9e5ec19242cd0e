"""The lanes: nothing new after the end began, nothing that is no longer owed, and no sender that holds one for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from tests.support import ACCEPTED
from tests.theatre import Theatre
from tests.virtual import run
from watcher.incident import command as ask
from watcher.incident.event import PageFailed

TIMEOUT = 10.0
"""Seconds that a target has where the configuration says nothing."""
LITTLE = 6.0
"""Seconds more that a sender may be late."""


class Gate(MemorySender):
    """Holds every page until its target's gate is opened, as a service that hangs; keeps when each attempt began."""

    def __init__(self, *closed: str) -> None:
        super().__init__()
        self.gates = {name: asyncio.Event() for name in closed}
        self.began: list[tuple[str, float]] = []

    async def send(self, page: Page, destination: Destination) -> Receipt:
        self.began.append((page.id, asyncio.get_running_loop().time()))
        if destination.name in self.gates:
            await self.gates[destination.name].wait()
        return await super().send(page, destination)

    def tries(self, id_: str) -> list[float]:
        """When each attempt of a delivery began."""
        return [at for one, at in self.began if one == id_]


class Gated(Theatre):
    """A theatre whose targets hang where they are named."""

    def __init__(self, *closed: str) -> None:
        super().__init__()
        self.gate = Gate(*closed)
        assert isinstance(self.world.senders, dict)
        self.world.senders[""] = self.gate

    async def two(self) -> None:
        """Two incidents: the first page hangs in each closed lane, the second one waits behind it."""
        await self.start()
        await self.probe()
        await self.probe("down", "other", environment="elsewhere")
        assert self.log.count("incident") == 2

    async def open(self, target: str) -> None:
        self.gate.gates[target].set()
        await self.pass_(seconds=1)


def test_nothing_new_is_taken_once_the_end_began() -> None:
    """What is owed then is left to the log, and to the life after this one."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.deliver.drain(timedelta(seconds=3))
        await stage.probes("down", 1)
        assert stage.log.count("incident") == 1
        assert stage.sender.sent == []

    run(main())


def test_nothing_new_is_taken_while_the_end_waits_for_what_is_in_flight() -> None:
    """The pages of a second incident in the last seconds are not started; the one in flight lands."""

    async def main() -> None:
        stage = Gated("ann-phone")
        await stage.start()
        await stage.probe()
        ending = asyncio.create_task(stage.deliver.drain(timedelta(seconds=3)))
        await stage.pass_(seconds=1)
        await stage.probe("down", "other", environment="elsewhere")
        await stage.open("ann-phone")
        await ending
        assert [page.id for page in stage.gate.pages("ann-phone")] == ["INC-1/3@ann-phone"]
        assert [page.id for page in stage.gate.pages("chat")] == ["INC-1/3@chat"]
        assert "PageAccepted" in stage.events()

    run(main())


def test_a_delivery_that_ended_while_it_waited_is_not_sent() -> None:
    """The same page is still owed to another target: that is no reason to ring this one."""

    async def main() -> None:
        stage = Gated("ann-phone", "chat")
        await stage.two()
        taken = ask.Record(page=3, target="ann-phone", attempt=1, receipt=ACCEPTED)
        await stage.engine.ask("incident/2", taken)
        await stage.open("ann-phone")
        assert len(stage.gate.tries("INC-1/3@ann-phone")) == 1
        assert stage.gate.tries("INC-2/3@ann-phone") == []
        await stage.open("chat")
        assert len(stage.gate.tries("INC-2/3@chat")) == 1

    run(main())


def test_a_page_that_was_withdrawn_while_it_waited_is_not_sent() -> None:
    """Another page is owed to the same target: that one is sent, and the one that is over is not."""

    async def main() -> None:
        stage = Gated("ann-phone")
        await stage.two()
        await stage.engine.ask("incident/2", ask.Resolve(by="bob"))
        await stage.open("ann-phone")
        titles = [page.title for page in stage.gate.pages("ann-phone")]
        assert stage.gate.tries("INC-2/3@ann-phone") == []
        assert [title for title in titles if "INC-2" in title and "resolved" in title] != []

    run(main())


def test_a_sender_that_never_answers_holds_its_lane_no_longer_than_its_time() -> None:
    """The attempt is given up as unknown, the page behind it has its turn, and both are tried again."""

    async def main() -> None:
        stage = Gated("ann-phone")
        await stage.two()
        await stage.pass_(minutes=2)
        first, again, *_ = stage.gate.tries("INC-1/3@ann-phone")
        behind, *_ = stage.gate.tries("INC-2/3@ann-phone")
        assert TIMEOUT <= behind - first <= TIMEOUT + LITTLE
        assert TIMEOUT <= again - behind <= TIMEOUT + LITTLE
        lost = [r.event for r in stage.log.read("incident/1") if isinstance(r.event, PageFailed)]
        assert {(e.target, e.unknown) for e in lost} == {("ann-phone", True)}
        assert len(stage.gate.tries("INC-1/3@chat")) == len(stage.gate.tries("INC-2/3@chat")) == 1

    run(main())
