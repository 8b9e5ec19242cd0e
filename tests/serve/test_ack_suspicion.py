"""The link of a suspicion: it asks the question, and three buttons answer it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.serve.front import GONE, REPORTS, Front
from tests.serve.test_ack import pressed
from tests.virtual import run
from watcher.incident.command import Confirm, Dismiss, Report


def suspected(
    scene: Callable[[Front, httpx2.AsyncClient, str], Awaitable[Any]], rules: str = REPORTS
) -> None:
    """One suspicion, somebody far away, and bob's link."""

    async def main() -> None:
        stage = Front(tokens={"cli": "a-long-token-for-cli"}, rules=rules)
        await stage.start()
        await stage.engine.hear(Report(by="support", text=GONE, via="api"))
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as web:
            await scene(stage, web, stage.links("SUS-1", "bob"))
        await stage.crash()

    run(main())


def test_the_page_asks_and_offers_three_answers() -> None:
    """What is suspected, why, that nobody has answered, and who answers; looking changes nothing."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        before = stage.events("suspicion/1")
        page = await web.get(link)
        assert page.status_code == 200
        for part in (
            "SUS-1: Suspected: lost data. my conversations are gone",
            "a person reports lost data",
            "Nobody has answered.",
            '<option value="bob" selected>',
            'value="ack" class="strong">I am looking<',
            'value="confirm">It is a P0<',
            'value="not-p0">It is no P0<',
        ):
            assert part in page.text
        assert stage.events("suspicion/1") == before

    suspected(scene)


def test_i_am_looking_holds_the_paging_and_is_shown() -> None:
    """Nothing rings while somebody looks; when the time is over it asks again, and nobody is said to look."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        done = await pressed(web, link, who="bob", do="ack")
        assert "bob looks at it, until 03:30 UTC." in done.text
        assert "bob looks at it, until 03:30 UTC" in (await web.get(link)).text
        await stage.pass_(minutes=29)
        assert [p.kind for p in stage.sender.pages("ann-phone")] == ["tell"]
        await stage.pass_(minutes=2)
        assert stage.sender.pages("ann-phone")[-1].kind == "wake"
        assert "Nobody has answered." in (await web.get(link)).text

    suspected(scene)


def test_it_is_a_p0_opens_the_incident_and_names_it() -> None:
    """Whoever confirms by the link goes on to the page of the incident, and the on-call is paged."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        done = await pressed(web, link, who="bob", do="confirm")
        assert (done.url.path, done.status_code, "It is a P0." in done.text) == (
            "/incidents/INC-1",
            200,
            True,
        )
        assert stage.incident().categories == ("data-loss",)
        await stage.pass_(seconds=1)
        assert "wake" in {p.kind for p in stage.sender.pages("ann-phone")}

    suspected(scene)


def test_it_is_no_p0_ends_it() -> None:
    """No incident, and those who heard of it are told."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await stage.pass_(seconds=1)
        done = await pressed(web, link, who="bob", do="not-p0")
        assert "It is no P0." in done.text
        assert stage.log.count("incident") == 0
        await stage.pass_(seconds=1)
        assert stage.titles("ann-phone")[-1] == "SUS-1 shop: bob says that it is no P0"

    suspected(scene)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Confirm(by="ann"), "Already confirmed as a P0 by ann at 03:00 UTC on 2026-11-25. INC-1 is open."),
        (Dismiss(by="ann"), "Already called no P0 by ann at 03:00 UTC on 2026-11-25. Nothing is left to do."),
    ],
)
def test_an_answered_question_says_by_whom_and_when(answer: object, said: str) -> None:
    """A link that is used again, by any button, is refused and changes nothing."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await stage.engine.ask("suspicion/1", answer)
        before = stage.events("suspicion/1"), stage.log.count("incident")
        shown = await web.get(link)
        acted = [
            await web.post(link, data={"who": "bob", "do": do}) for do in ("ack", "confirm", "not-p0", "x")
        ]
        assert [page.status_code for page in (shown, *acted)] == [410, 409, 409, 409, 409]
        for page in (shown, *acted):
            assert said in page.text
            assert all(f'value="{do}"' not in page.text for do in ("ack", "confirm", "not-p0"))
        assert (stage.events("suspicion/1"), stage.log.count("incident")) == before

    suspected(scene)


@pytest.mark.parametrize(
    "form", [{"do": "confirm"}, {"who": "mallory", "do": "confirm"}, {"who": "bob", "do": "take"}]
)
def test_an_answer_needs_a_name_and_a_button_of_the_page(form: dict[str, str]) -> None:
    """What is not on the page asks again, and decides nothing."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        assert (await web.post(link, data=form)).status_code == 400
        assert stage.log.count("incident") == 0
        assert "Confirmed" not in stage.events("suspicion/1")

    suspected(scene)


def strong(html: str) -> list[str]:
    return re.findall(r'class="strong"[^>]*>([^<]+)<', html)


def answers(html: str) -> list[str]:
    found = re.findall(r"<button[^>]*>(I am looking|It is a P0|It is no P0)<", html)
    return [str(label) for label in found]


def test_the_link_and_the_page_ask_in_one_order() -> None:
    """The same button under the thumb: looking first, for that is undone by itself; then the answers."""

    async def scene(_: Front, web: httpx2.AsyncClient, link: str) -> None:
        shown = (await web.get(link)).text
        page = (await pressed(web, link, who="bob", do="look")).text
        for html in (shown, page):
            assert answers(html) == ["I am looking", "It is a P0", "It is no P0"]
            assert strong(html) == ["I am looking"]
        assert "Suspected: lost data. my conversations are gone" in page
        page = (await pressed(web, link, who="bob", do="ack")).text
        assert (answers(page), strong(page)) == (["It is a P0", "It is no P0"], ["It is a P0"])

    suspected(scene)


def test_the_names_of_further_rules_are_no_headline() -> None:
    """They stand on the page of the suspicion, for whoever asks why; a phone in bed needs none of them."""

    async def scene(_: Front, web: httpx2.AsyncClient, link: str) -> None:
        shown = (await web.get(link)).text
        assert "also: " not in shown
        assert "a person reports lost data" in shown
        assert "also: data-loss.other" in (await pressed(web, link, who="bob", do="look")).text

    other = REPORTS.partition("rules:\n")[2].replace("data-loss.report", "data-loss.other")
    suspected(scene, rules=REPORTS + other)
