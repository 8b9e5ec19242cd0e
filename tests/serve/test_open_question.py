"""The open question of a rollback stands where one presses; and what is no longer to be done is said nowhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.serve.front import API, TOKENS, Front
from tests.virtual import run
from tests.web.browser import Browser
from watcher.incident import command as ask

QUESTION = "Before you do: does 2.41.1 hold a migration that cannot be reversed?"


def broken(scene: Callable[[Front, Browser, str], Awaitable[Any]]) -> None:
    """A release of which nobody knows whether it holds a migration, and then an outage; ann's browser and link."""

    async def main() -> None:
        stage = Front(tokens=TOKENS)
        await stage.start()
        async with stage.web(authorization=f"Bearer {TOKENS['ci']}") as web:
            deploy = {"version": "2.41.1", "previous": "2.41.0", "as": "ci"}
            assert (await web.post(f"{API}/deploys", json=deploy)).status_code == 200
        await stage.probe("down")
        async with Browser(stage) as ann:
            await scene(stage, ann, stage.links("INC-1", "ann"))
        await stage.crash()

    run(main())


def part(html: str) -> str:
    """What stands under "What to do"."""
    return html.partition('<section id="do"')[2].partition("</section>")[0]


def test_the_open_question_stands_between_the_action_and_the_buttons() -> None:
    """On the link's page and on the incident's: whoever presses "roll back" has read it."""

    async def scene(_: Front, ann: Browser, link: str) -> None:
        page = await ann.open(link)
        assert page.html.index("ROLL BACK") < page.html.index(QUESTION) < page.html.index("<button")
        page = await ann.follow(link, "ann")
        assert part(page.html).index("ROLL BACK") < part(page.html).index(QUESTION)
        assert part(page.html).index(QUESTION) < part(page.html).index("Decide: roll back")

    broken(scene)


def test_an_answered_question_is_asked_no_more() -> None:
    """Once somebody states that there is none."""

    async def scene(_: Front, ann: Browser, link: str) -> None:
        await ann.follow(link, "ann")
        page = await ann.send("/state", migration="no")
        assert "ROLL BACK" in part(page.html)
        assert "Before you do" not in page.text
        assert "Before you do" not in (await ann.open(link)).text

    broken(scene)


def test_the_link_of_what_is_out_or_over_says_no_action() -> None:
    """A rollback that is being verified, and an incident that is closed, are told to nobody as what to do."""

    async def scene(stage: Front, ann: Browser, link: str) -> None:
        await stage.engine.ask("incident/1", ask.Deploy(by="ann", version="2.41.0"))
        assert stage.incident().status == "verifying"
        assert "ROLL BACK" not in (await ann.open(link)).text
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        page = await ann.open(link)
        assert ("Nothing is left to do." in page.text, "ROLL BACK" in page.text) == (True, False)

    broken(scene)
