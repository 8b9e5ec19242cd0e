"""What a page says after an act: what exactly was done, and whom it reached; and what is not possible yet is not offered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.front import GONE, REPORTS, TOKENS, Front, played
from tests.theatre import CONFIG
from tests.virtual import run
from tests.web.browser import Browser
from watcher.incident import command as ask
from watcher.incident.command import Declare, Report

LADDER = """\
escalation:
  unacknowledged:
    - {after: 0m, page: [on-call], repeat: 3m}
    - {after: 10m, page: [bob]}
"""


def test_each_answer_names_what_was_done() -> None:
    """The choice, the line that was ticked, the person who is paged."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            assert "Decided: hotfix." in (await ann.send("/decide", "hotfix")).text
            page = await ann.send("/tick", "The fault was reproduced")
            assert "Ticked: The fault was reproduced." in page.text
            assert "bob is being paged." in (await ann.send("/escalate")).text

    played(scene, tokens=TOKENS, text=CONFIG + LADDER)


def test_looking_says_nothing_of_who_has_it() -> None:
    """Somebody may have it; whoever looks takes nothing."""

    async def scene(stage: Front) -> None:
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="cli"))
        async with Browser(stage) as bob:
            page = await bob.follow(stage.links("INC-1", "bob"), "bob", "look")
            assert "You are looking; that takes nothing." in page.text
            assert "Nobody" not in page.text.partition("Who was reached")[0]

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("by_link", [True, False])
@pytest.mark.parametrize("open_", [True, False])
def test_a_suspicion_that_joins_an_incident_says_so(*, open_: bool, by_link: bool) -> None:
    """Where one was open already nothing pages anew; else it pages from here on."""

    async def main() -> None:
        stage = Front(tokens=TOKENS, rules=REPORTS)
        await stage.start()
        await stage.engine.hear(Report(by="support", text=GONE, via="api"))
        await stage.pass_(minutes=1)
        if open_:
            await stage.engine.hear(Declare(by="bob", category="outage", text="the disk is full"))
            await stage.pass_(minutes=1)
        async with Browser(stage) as ann:
            if by_link:
                page = await ann.follow(stage.links("SUS-1", "ann"), "ann", "confirm")
            else:
                await ann.sign_in(TOKENS["cli"], "ann")
                await ann.open("/incidents/SUS-1")
                page = await ann.send("/confirm")
        assert page.path == "/incidents/INC-1"
        assert ("which was open already" in page.text, "From here on it pages" in page.text) == (
            open_,
            not open_,
        )
        await stage.crash()

    run(main())


def test_no_tick_is_offered_that_would_be_refused() -> None:
    """Nothing works again before something is out, and nothing is announced before it works."""

    async def scene(stage: Front) -> None:
        def offered(page: Any) -> set[str]:
            return {form.values["item"] for form in page.forms if form.action.endswith("/tick")}

        late = {"verified", "announced", "smoke-test"}
        async with Browser(stage) as ann:
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            page = await ann.send("/decide", "hotfix")
            assert offered(page) & late == set()
            assert "What broke works again in what was deployed · open" in page.text
            page = await ann.send("/deployed", version="2.41.2")
            assert offered(page) & late == {"verified", "smoke-test"}
            await stage.probe("up")
            page = await ann.send("/tick", "I tried it")
            assert offered(page) & late == {"announced", "smoke-test"}

    played(scene, tokens=TOKENS)
