"""The acknowledgement link: looking never acts, acting says who, and a link that is no good says why."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.serve.front import KEY, Front
from tests.support import T0
from tests.virtual import run
from watcher.clock import Clock
from watcher.incident import command as ask
from watcher.serve.app import build
from watcher.serve.links import VALID_FOR, Links


def opened(scene: Callable[[Front, httpx2.AsyncClient, str], Awaitable[Any]]) -> None:
    """One incident, somebody far away, and ann's link."""

    async def main() -> None:
        stage = Front(tokens={"cli": "a-long-token-for-cli"})
        await stage.start()
        await stage.probe("down")
        link = stage.links("INC-1", "ann")
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as web:
            await scene(stage, web, link)
        await stage.crash()

    run(main())


def test_the_page_shows_the_incident_and_asks_who_it_is() -> None:
    """The title, the status, the contacts to choose from, the one it was sent to chosen already."""

    async def scene(_: Front, web: httpx2.AsyncClient, link: str) -> None:
        page = await web.get(link)
        assert page.status_code == 200
        for part in (
            "INC-1:",
            "investigating",
            "Nobody has taken it",
            '<option value="ann" selected>',
            'value="bob"',
        ):
            assert part in page.text
        assert 'method="post"' in page.text

    opened(scene)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_never_acts(method: str) -> None:
    """Mail scanners and previews follow links; only POST acknowledges."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        before = stage.events()
        for _ in range(3):
            await web.request(method, link)
        assert stage.events() == before

    opened(scene)


async def pressed(web: httpx2.AsyncClient, link: str, **form: str) -> httpx2.Response:
    """A button of the link, and the page that a browser goes on to."""
    answer = await web.post(link, data=form)
    assert answer.status_code == 303, answer.text
    return await web.get(answer.headers["location"])


def test_a_post_acknowledges_for_whoever_says_to_be_it() -> None:
    """The choice counts, not the name in the link; the page of the incident says who has it, and so does the log."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        done = await pressed(web, link, who="bob")
        assert (done.status_code, "You have it." in done.text) == (200, True)
        assert "bob, until 03:30 UTC" in done.text
        assert (stage.incident().acknowledged_by, stage.events().count("Acknowledged")) == ("bob", 1)
        later = await web.get(link)
        assert "bob has it, until 03:30 UTC" in later.text

    opened(scene)


@pytest.mark.parametrize("form", [{}, {"who": ""}, {"who": "mallory"}, {"who": "<script>"}, {"other": "ann"}])
def test_a_post_without_a_known_name_asks_again(form: dict[str, str]) -> None:
    """A scanner that submits forms chooses nobody, and acknowledges nothing."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        found = await web.post(link, data=form)
        assert (found.status_code, "choose a name" in found.text) == (400, True)
        assert "<script" not in found.text
        assert "Acknowledged" not in stage.events()

    opened(scene)


def test_a_colleague_may_acknowledge_as_well() -> None:
    """A second acknowledgement is recorded, never refused: whoever had it until then is told."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        for who in ("ann", "bob", "ann"):
            assert (await pressed(web, link, who=who)).status_code == 200
        assert [e for e in stage.events() if e in ("Acknowledged", "Taken")] == [
            "Acknowledged",
            "Taken",
            "Taken",
        ]
        await stage.pass_(seconds=1)
        assert any("bob has it now" in title for title in stage.titles("ann-phone"))

    opened(scene)


@pytest.mark.parametrize("headers", [{"sec-purpose": "prefetch"}, {"purpose": "prefetch"}])
def test_a_link_fetched_ahead_only_shows(headers: dict[str, str]) -> None:
    """A browser that prefetches the link sees the page, and acknowledges nothing."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        before = stage.events()
        assert (await web.get(link, headers=headers)).status_code == 200
        assert (await web.post(link, data={"who": "ann"}, headers=headers)).status_code == 403
        assert stage.events() == before

    opened(scene)


def test_another_may_take_over_and_whoever_had_it_is_told() -> None:
    """Once bob has it, ann's link offers to take over from bob, and bob hears of it."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await web.post(link, data={"who": "bob"})
        shown = await web.get(link)
        assert "Take over from bob" in shown.text
        assert "I have it" not in shown.text
        assert "Acknowledge INC-1" not in shown.text
        taken = await pressed(web, link, who="ann", do="take")
        assert (taken.status_code, "You have it now." in taken.text) == (200, True)
        assert (stage.incident().acknowledged_by, stage.events().count("Taken")) == ("ann", 1)
        await stage.pass_(seconds=1)
        assert "ann has it now" in stage.titles("bob-phone")[-1]

    opened(scene)


def test_another_name_on_the_holders_link_takes_it_over_and_the_holder_hears_of_it() -> None:
    """Bob on ann's link presses her button: it is his by a hand-over, never in silence."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await web.post(link, data={"who": "ann"})
        assert "I have it" in (await web.get(link)).text
        done = await pressed(web, link, who="bob", do="ack")
        assert "Whoever had it before is told." in done.text
        await stage.pass_(seconds=1)
        assert "bob has it now" in stage.titles("ann-phone")[-1]

    opened(scene)


def test_whoever_has_it_says_so_again() -> None:
    """The holder's own link renews the acknowledgement; a link to nobody in particular offers both."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await web.post(link, data={"who": "ann"})
        both = (await web.get(stage.links("INC-1", None))).text
        for page in ((await web.get(link)).text, both):
            assert "I have it" in page
            assert "Take over from ann" in page
        await stage.pass_(minutes=10)
        await web.post(link, data={"who": "ann", "do": "ack"})
        assert "ann has it, until 03:40 UTC" in (await web.get(link)).text

    opened(scene)


def test_an_unknown_button_is_refused() -> None:
    """Only what the page offers can be done by a link: no resolving, no confirming of an incident."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        before = stage.events()
        for do in ("resolve", "confirm", "__class__"):
            found = await web.post(link, data={"who": "ann", "do": do})
            assert (found.status_code, "Press one of the buttons" in found.text) == (400, True)
        assert stage.events() == before

    opened(scene)


def test_a_link_used_after_the_end_says_by_whom_and_when() -> None:
    """Replayed on a closed incident it changes nothing; it still opens the page, where the post-mortem stands."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        await stage.engine.ask("incident/1", ask.Resolve(by="cara", text="restarted"))
        before = stage.events()
        shown, acted = await web.get(link), await web.post(link, data={"who": "ann"})
        assert (shown.status_code, acted.status_code) == (410, 409)
        for page in (shown, acted):
            assert "Already resolved by cara at 03:00 UTC on 2026-11-25" in page.text
            assert re.findall('value="([a-z]+)"[^>]*>[A-Z]', page.text) == ["look"]
        assert "Post-mortem" in (await pressed(web, link, who="ann", do="look")).text
        assert stage.events() == before


def test_looking_by_the_link_takes_nothing() -> None:
    """Whoever only looks is signed in for the incident, and nobody has it."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        page = await pressed(web, link, who="bob", do="look")
        assert "that takes nothing." in page.text
        assert "Acknowledged" not in stage.events()
        assert (await web.get("/")).status_code == 401

    opened(scene)


def old_token() -> str:
    """Made a week ago, with the right key."""
    then = (T0 - VALID_FOR).timestamp()
    return Links(KEY, lambda: None, Clock(lambda: then, lambda: 0.0)).token("INC-1", "ann")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_bad_link_is_refused_with_its_reason(method: str) -> None:
    """Forged, expired, and for another thing than an incident: three clear pages, and nothing happens."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        forger = Links(bytes(32), lambda: "https://watcher.shop.example", stage.world.clock)
        forged = await web.request(method, forger("INC-1", "ann"))
        cut = await web.request(method, link[:-1])
        source = await web.request(method, stage.links("source/health:api", "ann"))
        unknown = await web.request(method, stage.links("INC-99", "ann"))
        expired = await web.request(method, f"https://watcher.shop.example/ack/{old_token()}")
        codes = [r.status_code for r in (forged, cut, source, unknown, expired)]
        assert codes == [403, 403, 404, 404, 410]
        assert "not made by this watcher" in forged.text
        assert "ended on" in expired.text
        assert "open the link of a newer page, or sign in" in expired.text
        assert "watcher ack" not in expired.text
        assert "Acknowledged" not in stage.events()

    opened(scene)


def test_a_form_that_is_too_long_is_refused() -> None:
    """The door is open to everybody, so what comes in is bounded."""

    async def scene(_: Front, web: httpx2.AsyncClient, link: str) -> None:
        assert (await web.post(link, data={"who": "x" * 70_000})).status_code == 413
        assert (
            await web.post(link, content="&".join(f"f{n}=1" for n in range(50)).encode())
        ).status_code == 400
        assert (await web.post(link, content=b"\xff\xfe")).status_code == 400

    opened(scene)


def test_a_form_that_drips_is_cut_off() -> None:
    """A byte now and then holds a connection for ten seconds, and then no longer."""

    async def scene(stage: Front, web: httpx2.AsyncClient, link: str) -> None:
        async def drip() -> AsyncIterator[bytes]:
            for _ in range(1000):
                await stage.pass_(seconds=1)
                yield b"x"

        began = stage.world.clock.now()
        scope = {
            "type": "http",
            "method": "POST",
            "path": link.removeprefix("https://watcher.shop.example"),
            "query_string": b"",
            "headers": [],
            "client": ("203.0.113.9", 1),
        }
        bytes_ = drip()
        answers: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": await anext(bytes_), "more_body": True}

        async def send(message: MutableMapping[str, Any]) -> None:
            answers.append(dict(message))

        await build(stage.desk)(scope, receive, send)
        assert answers[0]["status"] == 408
        assert stage.world.clock.now() - began < timedelta(seconds=11)

    opened(scene)
