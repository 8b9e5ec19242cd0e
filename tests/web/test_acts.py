"""The forms of a page: carried out in somebody's name, refused with the reason, and never for another page or twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.serve.front import GONE, REPORTS, TOKENS, Front, played
from tests.web.browser import Browser
from watcher.incident import command as ask
from watcher.serve.verbs import VERBS
from watcher.serve.web import wording
from watcher.serve.web.acts import FORMS


def held(scene: Callable[[Front, Browser], Awaitable[Any]], **options: Any) -> None:
    """One incident, and ann who has it, by her link."""

    async def main(stage: Front) -> None:
        async with Browser(stage) as ann:
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            await scene(stage, ann)

    played(main, tokens=TOKENS, **options)


def test_from_the_link_alone_one_can_go_the_whole_way() -> None:
    """Acknowledge, state, decide, deployed, verified, resolve, post-mortem: by what each page offers."""

    async def scene(stage: Front, ann: Browser) -> None:
        await ann.send("/state", root_cause="a missing index", fix_minutes="20", isolated="yes")
        assert stage.incident().known.said("root-cause", str) == "a missing index"
        await ann.send("/decide", "hotfix")
        assert stage.incident().status == "fixing"
        await ann.send("/tick", "approved")
        await ann.send("/deployed", version="2.41.2")
        assert stage.incident().status == "verifying"
        await stage.probe("up")
        await ann.send("/tick", "I tried it")
        assert stage.incident().status == "watching"
        await ann.send("/resolve", text="the index is back", sure="yes")
        assert stage.incident().status == "resolved"
        assert "It is over" in ann.page.text
        page = await ann.open("/incidents/INC-1/documents/postmortem")
        assert "# Post-mortem INC-1" in page.text
        await ann.open("/incidents/INC-1")
        await ann.send("/tick", "The post-mortem is written")
        assert "its post-mortem is written" in ann.page.text

    held(scene)


def test_whoever_has_it_and_looks_has_reviewed_the_deployments_once() -> None:
    """Looking is said once, and only of whoever has it."""

    async def scene(stage: Front) -> None:
        async with Browser(stage) as ann, Browser(stage) as bob:
            await bob.follow(stage.links("INC-1", "bob"), "bob", "look")
            assert "Ticked" not in stage.events()
            await ann.follow(stage.links("INC-1", "ann"), "ann")
            await ann.open("/incidents/INC-1")
            await bob.open("/incidents/INC-1")
            assert stage.events().count("Ticked") == 1
            assert stage.incident().response.ticked["deployments"].by == "ann"

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("seal", ["", "x", "a.b", "é.ü"])
def test_a_form_without_its_seal_is_refused_with_a_clear_page(seal: str) -> None:
    """Nothing is done, and the page says what to do."""

    async def scene(stage: Front, ann: Browser) -> None:
        before = stage.events()
        page = await ann.post("/incidents/INC-1/decide", {"seal": seal, "choice": "rollback"})
        assert (page.status, "load the page and do it again" in page.text) == (403, True)
        assert stage.events() == before

    held(scene)


def test_a_seal_is_good_for_its_own_visitor_alone() -> None:
    """What stands on ann's page does nothing in bob's name."""

    async def scene(stage: Front, ann: Browser) -> None:
        seal = ann.seal()
        async with Browser(stage) as bob:
            await bob.sign_in(TOKENS["ci"], "bob")
            page = await bob.post("/incidents/INC-1/decide", {"seal": seal, "choice": "rollback"})
        assert page.status == 403
        assert "Decided" not in stage.events()

    held(scene)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}, {"origin": "null"}]
)
def test_a_form_from_a_foreign_page_is_refused(headers: dict[str, str]) -> None:
    """Even with cookie and seal."""

    async def scene(stage: Front, ann: Browser) -> None:
        page = await ann.post(
            "/incidents/INC-1/decide", {"seal": ann.seal(), "choice": "rollback"}, **headers
        )
        assert (page.status, "another site" in page.text) == (403, True)
        assert "Decided" not in stage.events()

    held(scene)


def test_a_form_sent_twice_is_carried_out_once() -> None:
    """A double tap on "Call for help" wakes one rung, and says so."""

    async def scene(stage: Front, ann: Browser) -> None:
        form = {"seal": ann.seal()}
        await ann.post("/incidents/INC-1/escalate", form)
        again = await ann.post("/incidents/INC-1/escalate", form)
        assert (again.status, "sent twice, and was done once" in again.text) == (200, True)
        assert stage.events().count("EscalationAsked") == 1
        await ann.send("/escalate")
        assert stage.events().count("EscalationAsked") == 2

    held(scene)


def test_a_double_tap_that_is_refused_says_so_each_time() -> None:
    """The second waits for the first: nobody reads that it was done where it was not."""

    async def scene(stage: Front, ann: Browser) -> None:
        form = {"seal": ann.seal(), "item": "nonsense"}
        answers = await asyncio.gather(*(ann.web.post("/incidents/INC-1/tick", data=form) for _ in range(5)))
        assert [answer.status_code for answer in answers] == [409] * 5
        form = {"seal": ann.seal()}
        answers = await asyncio.gather(
            *(ann.web.post("/incidents/INC-1/escalate", data=form) for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [303] * 5
        assert stage.events().count("EscalationAsked") == 1

    held(scene)


def test_a_page_that_stood_open_is_good_after_the_same_person_came_in_again() -> None:
    """A newer link, tapped meanwhile, makes a newer cookie; what was typed before it is taken."""

    async def scene(stage: Front, ann: Browser) -> None:
        form = {"seal": ann.seal(), "text": "typed before"}
        await ann.follow(stage.links("INC-1", "ann"), "ann", "look")
        assert (await ann.post("/incidents/INC-1/note", form)).status == 200
        assert "typed before" in ann.page.text

    held(scene)


def test_a_form_of_another_visitors_page_gives_back_what_was_typed() -> None:
    """In the tab of somebody else nothing is done, and nothing has to be typed again."""

    async def scene(stage: Front, ann: Browser) -> None:
        form = {"seal": ann.seal(), "text": "typed by ann"}
        async with Browser(stage) as bob:
            await bob.sign_in(TOKENS["ci"], "bob")
            page = await bob.post("/incidents/INC-1/note", form)
        assert (page.status, "typed by ann</textarea>" in page.html) == (403, True)
        assert "Noted" not in stage.events()

    held(scene)


def test_a_page_that_stood_open_overrides_no_decision_unseen() -> None:
    """Who decides is told what was decided meanwhile; from the page that shows it they may decide again."""

    async def scene(stage: Front, ann: Browser) -> None:
        stale = next(f for f in ann.page.forms if f.action.endswith("/decide") and "hotfix" in f.text)
        await stage.engine.ask("incident/1", ask.Decide(by="cara", choice="rollback"))
        page = await ann.post(stale.action, stale.values)
        assert (page.status, "Cara decided rollback at" in page.text) == (409, True)
        await ann.send("/decide", choice="hotfix")
        assert [d.choice for d in stage.incident().known.decisions] == ["rollback", "hotfix"]

    held(scene)


def test_a_session_that_ended_takes_nothing_and_says_so() -> None:
    """An act after twelve hours leads to the sign-in, with a word that it was not done."""

    async def scene(stage: Front, ann: Browser) -> None:
        form = {"seal": ann.seal(), "text": "still looking"}
        ann.web.cookies.clear()
        page = await ann.post("/incidents/INC-1/note", form)
        assert (page.status, "what you sent was not taken" in page.text) == (401, True)
        assert "Noted" not in stage.events()

    held(scene)


def test_a_refused_act_shows_the_page_with_the_reason_and_what_was_typed() -> None:
    """409 where it cannot be done now, 400 where something is missing; nothing has to be typed again."""

    async def scene(stage: Front, ann: Browser) -> None:
        page = await ann.send("/resolve", text="restarted the database")
        assert (page.status, "Tick the box first" in page.text) == (400, True)
        assert "restarted the database</textarea>" in page.html
        seal = ann.seal()
        await stage.engine.ask("incident/1", ask.Resolve(by="cara"))
        page = await ann.post("/incidents/INC-1/decide", {"seal": seal, "choice": "rollback"})
        assert (page.status, "already resolved by cara" in page.text) == (409, True)
        assert "<h1>" in page.html

    held(scene)


@pytest.mark.parametrize(
    "typed",
    [
        {"affected": "many"},
        {"affected": "-1"},
        {"affected": "١٢"},
        {"isolated": "perhaps"},
        {"fix_minutes": "9" * 12},
        {},
    ],
)
def test_a_statement_that_is_none_is_refused(typed: dict[str, str]) -> None:
    """Words where a number is asked for, nothing at all: nothing is stated."""

    async def scene(stage: Front, ann: Browser) -> None:
        page = await ann.send("/state", **typed)
        assert (page.status, 'role="alert"' in page.html) == (400, True)
        assert "FactStated" not in stage.events()

    held(scene)


def test_only_what_was_changed_is_stated_and_an_emptied_field_is_taken_back() -> None:
    """A page that stood open takes nobody else's statement back."""

    async def scene(stage: Front, ann: Browser) -> None:
        old = ann.page
        await ann.send("/state", root_cause="a missing index")
        await stage.engine.ask("incident/1", ask.State(by="bob", facts={"affected": 40}))
        ann.page = old
        await ann.send("/state", fix_minutes="20")
        known = stage.incident().known
        assert (known.said("root-cause", str), known.said("affected", int)) == ("a missing index", 40)
        await ann.send("/state", root_cause="", affected="1 200")
        known = stage.incident().known
        assert (known.said("root-cause", str), known.said("affected", int)) == (None, 1200)
        assert known.said("fix-minutes", int) == 20

    held(scene)


def test_what_went_out_some_minutes_ago_is_dated_so() -> None:
    """A person says it later than it was."""

    async def scene(stage: Front, ann: Browser) -> None:
        await stage.pass_(minutes=10)
        await ann.open("/incidents/INC-1")
        await ann.send("/deployed", "minutes ago", version="2.41.0", ago="4")
        deployed = stage.incident().response.deployed
        assert deployed is not None
        assert deployed.at - deployed.deployed_at == timedelta(minutes=4)

    held(scene)


def test_every_verb_of_the_api_is_a_form_of_the_page() -> None:
    """Whoever has only the page can do what a program can."""
    assert set(FORMS) == set(VERBS)


def test_an_unknown_button_is_not_found() -> None:
    """Whatever stands in the address: no attribute of ours, no command of another stream."""

    async def scene(stage: Front, ann: Browser) -> None:
        for act, status in (("__class__", 404), ("explode", 404), ("confirm", 409)):
            page = await ann.post(f"/incidents/INC-1/{act}", {"seal": ann.seal()})
            assert page.status == status, act
            await ann.open("/incidents/INC-1")

    held(scene)


def test_what_is_no_form_is_refused() -> None:
    """Bounded in length and fields, and of a form's kind."""

    async def scene(stage: Front, ann: Browser) -> None:
        path, seal = "/incidents/INC-1/note", ann.seal()
        assert (await ann.web.post(path, data={"seal": seal, "text": "x" * 70_000})).status_code == 413
        assert (await ann.web.post(path, data={f"f{n}": "1" for n in range(50)})).status_code == 400
        assert (await ann.web.post(path, json={"seal": seal, "text": "x"})).status_code == 415
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await ann.web.post(path, content=b"\xff\xfe=\xff", headers=kind)).status_code == 400
        assert "Noted" not in stage.events()

    held(scene)


def test_a_suspicion_is_answered_on_its_page_and_leads_to_its_incident() -> None:
    """Looking, then confirming, by one link: the session goes along to what it became."""

    async def scene(stage: Front) -> None:
        await stage.engine.hear(ask.Report(by="support", text=GONE, via="api"))
        async with Browser(stage) as bob:
            page = await bob.follow(stage.links("SUS-1", "bob"), "bob", "look")
            assert page.path == "/incidents/SUS-1"
            await bob.send("/ack")
            assert "bob looks at it" in bob.page.text
            page = await bob.send("/confirm")
            assert page.path.startswith("/incidents/INC-")
            assert page.status == 200
            await bob.send("/ack")
            assert "bob, until" in bob.page.text

    played(scene, tokens=TOKENS, rules=REPORTS)


def test_no_p0_is_said_on_the_page() -> None:
    """It is answered, and nothing opens."""

    async def scene(stage: Front) -> None:
        await stage.engine.hear(ask.Report(by="support", text=GONE, via="api"))
        async with Browser(stage) as bob:
            await bob.follow(stage.links("SUS-1", "bob"), "bob", "look")
            page = await bob.send("/not-p0")
            assert "It is no P0" in page.text
            assert "Dismissed" in stage.events("suspicion/1")

    played(scene, tokens=TOKENS, rules=REPORTS)


def test_a_token_in_a_header_opens_pages_and_presses_nothing() -> None:
    """Basic is repeated by browsers on whatever is asked of us; the page offers no buttons then."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            web.headers["authorization"] = f"Bearer {TOKENS['cli']}"
            page = await web.get("/incidents/INC-1")
            act = await web.post("/incidents/INC-1/ack", data={"seal": "x"})
        assert (page.status_code, 'action="/incidents' in page.text) == (200, False)
        assert "Sign in to act" in page.text
        assert act.status_code == 403
        assert "Acknowledged" not in stage.events()

    played(scene, tokens=TOKENS)


def test_a_refusal_speaks_of_what_stands_on_the_page() -> None:
    """The label of the field, and the act by its name there: no command, no name of the API's."""

    async def scene(_: Front, ann: Browser) -> None:
        page = await ann.send("/state", fix_minutes="soon")
        assert "Minutes to fix it: write a whole number, 0 or more." in page.text
        assert "ix minutes" not in page.text
        page = await ann.send("/deployed", "How many", ago="9999")
        assert "How many minutes ago: at most 1440." in page.text
        page = await ann.post("/incidents/INC-1/tick", {"seal": ann.seal(), "item": "verified"})
        assert 'Say first what was deployed: "Something is deployed".' in page.text
        assert page.status == 409

    held(scene)


def test_a_command_without_a_button_is_left_as_it_is() -> None:
    """It is all there is to say."""
    assert wording.fault("first: watcher release INC-7") == 'First: "Release this security incident".'
    assert wording.fault("see watcher export INC-7") == "See watcher export INC-7."


def test_every_label_of_a_refusal_stands_on_the_page() -> None:
    """A name that is nowhere to be seen helps nobody."""

    async def scene(_: Front, ann: Browser) -> None:
        await ann.open("/incidents/INC-1")
        for label in wording.FIELDS.values():
            assert label in ann.page.text
        for label in ("Something is deployed", "Decide"):
            assert label in ann.page.text

    held(scene)
