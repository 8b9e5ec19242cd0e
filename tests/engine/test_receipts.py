"""Receipts that cannot be taken as they are: the page goes on, and so does everything behind it."""

from __future__ import annotations

from collections import Counter

import pytest

from notifiers.page import Receipt
from tests.theatre import Theatre
from tests.virtual import run
from watcher.incident.command import Record
from watcher.incident.event import Event, PageAccepted, PageFailed

POISON = (
    Receipt(outcome="refused", reason="made-up", detail="a reason that nobody knows"),  # type: ignore[arg-type]
    Receipt(outcome="refused", reason="server_error", detail=None),  # type: ignore[arg-type]
    Receipt(outcome="unknown", reason="timeout", retry_after="soon"),  # type: ignore[arg-type]
)


class Forgetful(Theatre):
    """A theatre whose core fails at the receipts of one target, so many times."""

    def __init__(self, target: str, times: int) -> None:
        super().__init__()
        self.left = Counter({target: times})
        self.deliver._ask = self._ask

    async def _ask(self, stream: str, command: object) -> list[Event]:
        if isinstance(command, Record) and self.left[command.target] > 0:
            self.left[command.target] -= 1
            raise RuntimeError("this receipt cannot be decided")
        return await self.engine.ask(stream, command)


@pytest.mark.parametrize("poison", POISON)
def test_a_receipt_that_cannot_be_decided_is_recorded_bare_and_the_page_tried_again(poison: Receipt) -> None:
    """What a sender says must not keep a page in flight for ever: the fact is recorded without its words."""

    async def main() -> None:
        stage = await Theatre(script={"ann-phone": [poison]}).start()
        await stage.probe()
        await stage.pass_(seconds=5)
        failed = [row.event for row in stage.log.read("incident/1") if isinstance(row.event, PageFailed)]
        assert [(event.target, event.detail) for event in failed] == [("ann-phone", "")]
        assert failed[0].retry_at is not None
        assert len([one for one in stage.sender.sent if one.target == "ann-phone"]) == 2

    run(main())


def test_a_page_whose_receipt_is_lost_to_the_core_is_owed_again_after_a_while() -> None:
    """The ladder waits for the result of its page: without one it is sent again, marked, and then goes on."""

    async def main() -> None:
        stage = await Forgetful("ann-phone", 1).start()
        await stage.probe()
        await stage.pass_(minutes=2, seconds=50)
        assert len(stage.sender.pages("ann-phone")) == 1
        await stage.pass_(minutes=1)
        first, again, *_ = stage.sender.pages("ann-phone")
        assert (first.repeat, again.repeat, first.id == again.id) == (False, True, True)
        accepted = [row.event for row in stage.log.read("incident/1") if isinstance(row.event, PageAccepted)]
        assert "ann-phone" in {event.target for event in accepted}

    run(main())


def test_a_receipt_that_never_can_be_decided_becomes_no_storm() -> None:
    """A core that fails at one delivery for hours lets it ring ever less often, and keeps no other from ringing."""

    async def main() -> None:
        stage = await Forgetful("ann-phone", 1_000_000).start()
        await stage.probe()
        await stage.pass_(hours=3)
        ids = Counter(page.id for page in stage.sender.pages("ann-phone"))
        assert 5 <= ids["INC-1/3@ann-phone"] <= 9, ids
        assert not stage.tasks[0].done()

    run(main())


def test_what_is_said_together_is_recorded_one_by_one() -> None:
    """One lost receipt takes no other with it: the lane lives, and a second incident's page is recorded."""

    async def main() -> None:
        stage = await Forgetful("ann-phone", 1).start()
        await stage.probe()
        await stage.probe("down", "other", environment="elsewhere")
        assert "PageAccepted" in stage.events("incident/2")
        assert len(stage.sender.pages("ann-phone")) == 2

    run(main())
