"""What does not ring: merged, held back in quiet hours, never in the way of what does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from notifiers.memory import MemorySender
from notifiers.page import Destination, Page, Receipt
from tests.support import T0, minutes
from tests.theatre import CONFIG, Theatre
from tests.virtual import run
from watcher.incident.command import Acknowledge, Declare, Note
from watcher.settings.quiet import QuietHours

ANN = Acknowledge(by="ann", via="cli")


async def two_incidents(text: str = CONFIG) -> Theatre:
    """Two that ann has: each asks her at 25 minutes."""
    stage = await Theatre(text=text).start()
    for number, category in enumerate(("payments", "security"), 1):
        await stage.engine.hear(Declare(by="bob", category=category, text=f"{category} broken"))
        await stage.engine.ask(f"incident/{number}", ANN)
    return stage


def reminders(stage: Theatre) -> list[Page]:
    return [p for p in stage.sender.pages("ann-phone") if "still on it" in " ".join((p.title, *p.lines))]


def test_reminders_to_one_person_are_one_message() -> None:
    """Each of them is recorded as told."""

    async def main() -> None:
        stage = await two_incidents()
        await stage.pass_(minutes=26)
        (message,) = reminders(stage)
        assert message.title.startswith("2 messages, first: ")
        assert {line.split()[0] for line in message.lines if line.startswith("INC")} == {"INC-1", "INC-2"}
        for number in (1, 2):
            assert stage.events(f"incident/{number}").count("PageAccepted") >= 2

    run(main())


def test_a_second_message_waits_ten_minutes() -> None:
    """Beside the pages, a person hears of us at most so often."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.engine.hear(Declare(by="bob", category="payments", text="broken"))
        await stage.engine.ask("incident/1", ANN)
        await stage.pass_(minutes=8)
        await stage.engine.hear(Declare(by="bob", category="security", text="broken as well"))
        await stage.engine.ask("incident/2", ANN)
        await stage.pass_(minutes=17.5)
        assert len(reminders(stage)) == 1
        await stage.engine.ask("incident/1", Note(by="ann", text="on it"))
        await stage.pass_(minutes=8)
        assert len(reminders(stage)) == 1
        await stage.pass_(minutes=2)
        assert len(reminders(stage)) == 2

    run(main())


def test_quiet_hours_hold_back_updates_and_reminders_only() -> None:
    """A page rings all the same; what waited comes at their end."""

    async def main() -> None:
        stage = await two_incidents(CONFIG + 'quiet_hours: {from: "22:00", to: "03:28"}\n')
        await stage.pass_(minutes=27)
        assert reminders(stage) == []
        await stage.engine.hear(Declare(by="bob", category="outage", text="all down"))
        await stage.pass_(seconds=1)
        assert stage.sender.pages("ann-phone")[-1].kind == "wake"
        await stage.pass_(minutes=1.5)
        assert len(reminders(stage)) == 1

    run(main())


@pytest.mark.parametrize(
    ("from_", "to", "moment", "quiet"),
    [
        ("22:00", "07:00", "0", True),
        ("22:00", "07:00", "240", False),
        ("01:00", "03:00", "0", False),
        ("03:00", "04:00", "0", True),
        ("03:00", "03:00", "0", False),
    ],
)
def test_quiet_hours_go_over_midnight(from_: str, to: str, moment: str, *, quiet: bool) -> None:
    """From is within, to is not."""
    hours = QuietHours.model_validate({"from": from_, "to": to})
    assert hours.hold(T0 + minutes(moment)) is quiet


class Slow(MemorySender):
    """Every attempt takes eight seconds."""

    async def send(self, page: Page, destination: Destination) -> Receipt:
        await asyncio.sleep(8)
        return await super().send(page, destination)


def test_what_was_acknowledged_while_it_waited_in_its_lane_is_not_sent() -> None:
    """A slow target does not ring for what somebody has taken meanwhile."""

    async def main() -> None:
        stage = Theatre()
        stage.sender = Slow()
        stage.world = replace(stage.world, senders={"": stage.sender})
        stage.deliver._world = stage.world
        await stage.start()
        await stage.engine.hear(Declare(by="bob", category="payments", text="first"))
        await stage.engine.hear(Declare(by="bob", category="security", text="second"))
        await stage.pass_(seconds=5)
        await stage.engine.ask("incident/2", ANN)
        await stage.pass_(minutes=2)
        assert [t.split()[0] for t in stage.titles("ann-phone")] == ["INC-1"]

    run(main())
