"""Shorter ways through the pages in a real browser: at the machine itself, a suspicion, a security incident, the overview."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.web.chromium import Look, needs_chromium, tab
from tests.web.test_whole_way import Night, night

PHONE = Look(width=390)
PLAIN = Look(width=390, script=False)

pytestmark = [needs_chromium, pytest.mark.timeout(120)]


@pytest.mark.parametrize("look", [PHONE, PLAIN], ids=str)
def test_at_the_machine_itself_nobody_signs_in_and_a_name_is_asked_once(tmp_path: Path, look: Look) -> None:
    """The overview leads to the incident; the first button asks who one is, the second one knows."""
    with night(tmp_path) as one:
        config = json.loads(one.watcher.config.read_text(encoding="utf-8"))
        del config["serve"]["tokens"]
        one.watcher.config.write_text(json.dumps(config), encoding="utf-8")
        with tab(look, "house") as eyes:
            _restart(one)
            one.app.broken = True
            eyes.open(one.address)
            assert eyes.refreshed_until("INC-1")
            eyes.page.get_by_role("link", name="INC-1").first.click()
            eyes.choose("Name", "ann")
            eyes.tap("I have it")
            assert eyes.sees("You have it.")
            eyes.unfold("Note something")
            eyes.write("Note", "the database is full")
            eyes.tap("Note it")
            assert eyes.sees("ann notes: the database is full")
            assert eyes.faults == []
            shown = json.loads(one.watcher.get("/api/v1/incidents/INC-1")[1])
            assert shown["acknowledged_by"] == "ann"


def _restart(one: Night) -> None:
    one.watcher.end(signal.SIGTERM)
    one.watcher.start()
    assert one.watcher.ready(), one.watcher.said


@pytest.mark.parametrize("look", [PHONE, PLAIN], ids=str)
def test_a_suspicion_is_confirmed_from_its_link_and_leads_to_the_incident(tmp_path: Path, look: Look) -> None:
    """Three buttons; the one that says it is a P0 goes on to what it became, where one can act at once."""
    with night(tmp_path) as one, tab(look, "suspicion") as eyes:
        report = {"text": "all my conversations are gone since this morning", "as": "support"}
        told = one.ask("/report", report)
        assert told["outcome"] == "suspicion", told
        eyes.open(one.link(of="SUS-1"))
        eyes.choose("Who are you?", "bob")
        eyes.tap("Only look at it")
        assert eyes.sees("that takes nothing.")
        eyes.shoot("question")
        eyes.tap("It is a P0")
        assert eyes.sees("It is a P0. From here on")
        eyes.tap("I have it")
        assert eyes.sees("You have it.")
        shown = one.shown()
        assert (shown["acknowledged_by"], shown["category"]) == ("bob", "data-loss")
        assert eyes.faults == []


def test_a_security_incident_is_released_with_a_box_to_tick(tmp_path: Path) -> None:
    """Until then the page says who knows of it, and the public page says nothing at all."""
    with night(tmp_path) as one, tab(PHONE, "secret") as eyes:
        words = {"category": "security", "text": "a page shows another customer's name", "as": "bob"}
        one.ask("/declare", words)
        eyes.open(f"{one.address}/status")
        assert eyes.sees("No incident is open.")
        eyes.open(f"{one.address}/")
        eyes.write("Your name", "ann")
        eyes.write("Token", one.token)
        eyes.tap("Sign in")
        eyes.page.get_by_role("link", name="INC-1").first.click()
        assert eyes.sees("A security incident: only those who were paged hear of it")
        eyes.shoot("secret")
        eyes.unfold("Release this security incident")
        eyes.page.get_by_label("It may be spoken of").check()
        eyes.tap("Release it")
        assert eyes.sees("Released: it may be spoken of.")
        eyes.open(f"{one.address}/status")
        assert eyes.sees("INC-1")
        eyes.shoot("status")


@pytest.mark.parametrize("look", [Look(width=1280, scheme="dark"), PLAIN], ids=str)
def test_a_silence_and_an_override_are_put_and_ended_by_hand(tmp_path: Path, look: Look) -> None:
    """By the forms of the overview; the command line agrees."""
    with night(tmp_path) as one, tab(look, "overview") as eyes:
        eyes.open(f"{one.address}/")
        eyes.write("Your name", "ann")
        eyes.write("Token", one.token)
        eyes.faults.clear()
        eyes.tap("Sign in")
        eyes.unfold("Silence something")
        eyes.choose("Where the", "system")
        eyes.write("is", "billing")
        eyes.page.locator("#silence").get_by_label("Why").fill("a planned move")
        eyes.tap("Silence it")
        assert eyes.sees("system is billing")
        status = json.loads(one.watcher.command("status", "--json").stdout)
        assert [s["match"] for s in status["silences"]] == [{"system": "billing"}]
        eyes.unfold("Put somebody else on call")
        eyes.choose("Who", "bob")
        eyes.page.locator("#override").get_by_label("Why").fill("ann is ill")
        eyes.tap("Put on call")
        assert eyes.sees("Arranged.")
        status = json.loads(one.watcher.command("status", "--json").stdout)
        assert status["on_call"]["person"] == "bob"
        eyes.shoot("arranged")
        eyes.tap("End silence 1")
        assert eyes.sees("The silence has ended.")
        eyes.tap("End override 1")
        assert eyes.sees("The override has ended.")
        status = json.loads(one.watcher.command("status", "--json").stdout)
        assert (status["silences"], status["on_call"]["person"]) == ([], "ann")
        assert eyes.faults == []
