"""Whom pages reached: under the person whose target it is, and "rings" only of what makes a noise."""

from __future__ import annotations

from tests.serve.front import TOKENS, Front, played
from tests.web.browser import Browser
from watcher.incident import command as ask
from watcher.view.reached import owners, reached


def test_a_target_that_does_not_wake_does_not_ring() -> None:
    """The page went to ann's chat and to her phone: the phone alone rang."""

    async def scene(stage: Front) -> None:
        found = {one["person"]: one["targets"] for one in reached(stage.incident().outbox.pages, {})}
        assert {line["target"]: line["rings"] for line in found["ann"]} == {"chat": False, "ann-phone": True}
        await stage.pass_(seconds=1)
        async with Browser(stage) as ann:
            page = await ann.follow(stage.links("INC-1", "ann"), "ann")
        assert "chat: 1 sent, the newest at 03:00 UTC" in page.text
        assert "ann-phone (rings): 1 sent, the newest at 03:00 UTC" in page.text

    played(scene, tokens=TOKENS)


def test_news_to_a_target_stand_with_its_person() -> None:
    """Who was paged and hears of the end is one person, not the team as well."""

    async def scene(stage: Front) -> None:
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        await stage.pass_(seconds=1)
        async with Browser(stage) as ann:
            page = await ann.follow(stage.links("INC-1", "ann"), "ann", "look")
        part = page.text.partition("Who was reached")[2].partition("Timeline")[0]
        assert "the team" not in part
        assert "ann-phone (rings): 2 sent" in part

    played(scene, tokens=TOKENS)


def test_a_shared_target_is_nobodys() -> None:
    """Two people in one chat: a message there reached the team."""
    assert owners([("ann", ("chat", "ann-phone")), ("bob", ("chat",))]) == {"ann-phone": "ann"}
