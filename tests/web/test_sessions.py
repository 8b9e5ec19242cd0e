"""Who is signed in: by a token, by a link for one incident, by sitting at the machine; and what ends it."""

from __future__ import annotations

import pytest

from tests.serve.front import API, TOKENS, Front, played
from tests.virtual import run
from tests.web.browser import Browser
from watcher.serve.web.session import LIMITED, VALID_FOR, WHOLE


def test_a_token_and_a_name_open_every_page_and_its_forms() -> None:
    """The name is a contact's where it is one's, whatever the case; what is done is done in it."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as bob:
            assert (await bob.open("/incidents/INC-1")).status == 401
            page = await bob.send("/sign-in", token=TOKENS["cli"], name=" Bob ")
            assert (page.status, page.path) == (200, "/incidents/INC-1")
            await bob.send("/ack")
            assert stage.incident().acknowledged_by == "bob"
            assert (await bob.open("/")).status == 200

    played(scene, tokens=TOKENS)


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> None:
    """HttpOnly, SameSite=Strict, Secure over TLS, twelve hours; over plain loopback it is not Secure."""

    async def scene(stage: Front) -> None:
        form = {"token": TOKENS["cli"], "name": "ann"}
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as far, stage.web() as near:
            cookies = [(await web.post("/sign-in", data=form)).headers["set-cookie"] for web in (far, near)]
        for cookie in cookies:
            for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"):
                assert word in cookie.split("; ")
        assert ["Secure" in cookie for cookie in cookies] == [True, False]
        assert all(TOKENS["cli"] not in cookie for cookie in cookies)

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize(
    "typed", [{"token": "guessed-guessed"}, {"token": ""}, {"name": ""}, {"name": "x" * 101}]
)
def test_a_wrong_token_or_no_name_opens_nothing(typed: dict[str, str]) -> None:
    """The form again, with the reason, and no cookie."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as somebody:
            await somebody.open("/sign-in")
            page = await somebody.send("/sign-in", **{"token": TOKENS["cli"], "name": "ann", **typed})
            assert page.status in (400, 401)
            assert "That is not the right token." in page.text or "Say who you are" in page.text
            assert (await somebody.open("/")).status == 401

    played(scene, tokens=TOKENS)


def test_guessing_at_the_form_is_answered_like_guessing_elsewhere() -> None:
    """After ten different wrong tokens, by form or by header, an address is asked to wait; a right one is good all the same."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:

            async def guess(token: str) -> int:
                return (await web.post("/sign-in", data={"token": token, "name": "x"})).status_code

            assert {await guess(f"guess-{n}") for n in range(10)} == {401}
            assert await guess("guess-11") == 429
            header = {"authorization": "Bearer guess-12"}
            assert (await web.get(f"{API}/status", headers=header)).status_code == 429
            assert await guess(TOKENS["cli"]) == 303

    played(scene, tokens=TOKENS)


def test_the_token_for_reports_signs_nobody_in() -> None:
    """It is on other people's machines."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as desk:
            page = await desk.sign_in("a-long-token-for-desk", "support")
            assert (page.status, "opens no pages" in page.text) == (403, True)

    played(scene, tokens={**TOKENS, "report": "a-long-token-for-desk"})


def test_a_session_ends_with_its_token_its_time_or_its_owner() -> None:
    """A token that left the configuration, twelve hours, signing out: each ends it, and a copied cookie with it."""

    async def scene(stage: Front) -> None:
        serve = stage.config.serve
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            left = {name: token for name, token in serve.tokens.items() if name != "cli"}
            stage.config = stage.config.model_copy(
                update={"serve": serve.model_copy(update={"tokens": left})}
            )
            assert (await ann.open("/")).status == 401
            stage.config = stage.config.model_copy(update={"serve": serve})
            assert (await ann.open("/")).status == 200
            copied = ann.web.cookies[WHOLE]
            await ann.send("/sign-out")
            assert (await ann.open("/")).status == 401
            ann.web.cookies.set(WHOLE, copied)
            assert (await ann.open("/")).status == 401
            ann.web.cookies.clear()
            await ann.sign_in(TOKENS["cli"], "ann")
            kept = ann.web.cookies[WHOLE]
            await stage.pass_(seconds=VALID_FOR.total_seconds())
            ann.web.cookies.set(WHOLE, kept)
            assert (await ann.open("/")).status == 401

    played(scene, tokens=TOKENS)


def test_a_link_opens_the_pages_of_its_own_incident_alone() -> None:
    """Its timeline and its documents too; neither another incident, nor the overview, nor the API."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.follow(stage.links("INC-1", "ann"), "ann")
            assert (page.status, page.path) == (200, "/incidents/INC-1")
            assert stage.incident().acknowledged_by == "ann"
            for path in ("/incidents/INC-1/timeline", "/incidents/INC-1/documents/postmortem"):
                assert (await ann.open(path)).status == 200, path
            for path in ("/", "/incidents/INC-2", "/incidents/INC-11", "/history", f"{API}/incidents/INC-1"):
                assert (await ann.open(path)).status == 401, path
            everywhere = ann.web.cookies[LIMITED]
            for path in ("/", "/incidents/INC-11", f"{API}/incidents/INC-1"):
                answer = await ann.web.get(
                    path, headers={"cookie": f"{LIMITED}={everywhere}; {WHOLE}={everywhere}"}
                )
                assert answer.status_code == 401, path

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize(
    "change", [lambda v: v[:-2], lambda v: "x" + v, lambda v: v.replace(".", ""), lambda _: "é.é"]
)
def test_a_forged_cookie_is_no_cookie(change: object) -> None:
    """Cut, changed, or nonsense: sign in."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            value = change(ann.web.cookies[WHOLE])  # type: ignore[operator]
            ann.web.cookies.clear()
            answer = await ann.web.get("/", headers=[(b"cookie", f"{WHOLE}={value}".encode())])
            assert answer.status_code == 401

    played(scene, tokens=TOKENS)


def test_at_the_machine_itself_a_name_is_asked_once() -> None:
    """No sign-in: the first act says who it is, and the next ones know."""

    async def scene(stage: Front) -> None:
        async with Browser(stage, "127.0.0.1", "http://127.0.0.1:9120") as ann:
            await ann.open("/incidents/INC-1")
            page = await ann.send("/ack")
            assert (page.status, "Say who you are" in page.text) == (400, True)
            await ann.send("/ack", who="ann")
            assert stage.incident().acknowledged_by == "ann"
            assert "Who are you?" not in ann.page.text
            await ann.send("/note", text="looking at the database")
            assert stage.events()[-1] == "Noted"
            page = await ann.send("/sign-out")
            assert "Who are you?" in (await ann.open("/incidents/INC-1")).text

    played(scene)


def test_a_name_said_at_the_machine_is_worth_nothing_once_there_are_tokens() -> None:
    """Nor where only the token for reports is left."""

    async def scene(stage: Front) -> None:
        async with Browser(stage, "127.0.0.1", "http://127.0.0.1:9120") as ann:
            await ann.open("/sign-in")
            await ann.send("/sign-in", who="ann")
            assert (await ann.open("/")).status == 200
            tokened = Front(stage.log, tokens={"report": "a-long-token-for-desk"})
            stage.config = stage.config.model_copy(update={"serve": tokened.config.serve})
            assert (await ann.open("/")).status == 401

    played(scene)


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/é"]
)
def test_signing_in_leads_nowhere_else(onward: str) -> None:
    """What is no address of ours leads to the overview."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            answer = await web.post(
                "/sign-in", data={"token": TOKENS["cli"], "name": "ann", "onward": onward}
            )
        assert answer.headers["location"] == "/"

    played(scene, tokens=TOKENS)


def test_a_session_outlives_a_restart() -> None:
    """The key is the log's; nothing of a session is stored."""

    async def main() -> None:
        stage = Front(tokens=TOKENS)
        await stage.start()
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            cookie = ann.web.cookies[WHOLE]
        await stage.crash()
        again = Front(stage.log, tokens=TOKENS)
        await again.start()
        async with Browser(again) as ann:
            ann.web.cookies.set(WHOLE, cookie)
            assert (await ann.open("/")).status == 200
        await again.crash()

    run(main())


@pytest.mark.parametrize(
    "onward", ["//[", "http://[", "//evil.example", "/\\evil.example", "https:evil.example"]
)
def test_whoever_signs_in_goes_on_to_a_page_of_ours_alone(onward: str) -> None:
    """Whatever the address says; and none is a fault of the daemon's."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            assert (await web.get("/sign-in", params={"onward": onward})).status_code == 200
            form = {"token": TOKENS["cli"], "name": "ann", "onward": onward}
            assert (await web.post("/sign-in", data=form)).headers["location"] == "/"

    played(scene, tokens=TOKENS)


def test_signing_out_of_an_incident_ends_what_else_this_browser_may_see() -> None:
    """On a machine that others use, out is out."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.sign_in(TOKENS["cli"], "ann")
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            await ann.send("/incidents/INC-1/sign-out")
            assert (await ann.open("/")).status == 401
            assert (await ann.open("/incidents/INC-1")).status == 401

    played(scene, tokens=TOKENS)


def test_the_form_to_sign_in_speaks_to_whoever_set_nothing_up() -> None:
    """Neither before nor after a wrong token does it name a key of the configuration."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann:
            page = await ann.open("/sign-in")
            assert "whoever set up the watcher gave you" in page.text
            wrong = await ann.send("/sign-in", token="a-wrong-one", name="ann")
            assert wrong.status == 401
            assert "serve.tokens" not in page.text + wrong.text

    played(scene, tokens=TOKENS)
