"""What people say over HTTP: what becomes of it is answered, and who may say it is guarded."""

from __future__ import annotations

import pytest

from tests.serve.front import API, GONE, REPORTS, Front, bearer, played
from watcher.incident.event import Noted
from watcher.serve.allowance import REPORTS_MAX

REPORTER = {"cli": "a-long-token-for-cli", "report": "a-long-token-for-the-desk"}
DESK = {"authorization": f"Bearer {REPORTER['report']}"}


def test_a_declared_p0_opens_an_incident_and_a_second_one_joins_it() -> None:
    """A person's word is enough; the answer is the outcome, the reason and the id."""

    async def scene(stage: Front) -> None:
        body = {"category": "payments", "text": "charged twice", "system": "billing", "as": "bob"}
        async with stage.web() as web:
            first = await web.post(f"{API}/declare", json=body)
            second = await web.post(f"{API}/declare", json={**body, "text": "and again"})
            shown = (await web.get(f"{API}/incidents/INC-1")).json()
        assert (first.status_code, first.json()) == (
            200,
            {"outcome": "incident", "id": "INC-1", "because": "declared by bob"},
        )
        assert (second.json()["outcome"], second.json()["id"]) == ("joined", "INC-1")
        assert (shown["category"], shown["environment"], shown["systems"]) == (
            "payments",
            "production",
            ["billing"],
        )

    played(scene, rules=REPORTS)


def test_the_on_call_who_declares_has_it() -> None:
    """The answer names who holds it, for then nobody is paged."""

    async def scene(stage: Front) -> None:
        body = {"category": "payments", "text": "charged twice", "as": "ann"}
        async with stage.web() as web:
            declared = (await web.post(f"{API}/declare", json=body)).json()
            shown = (await web.get(f"{API}/incidents/INC-1")).json()
        assert (declared["outcome"], declared["acknowledged_by"]) == ("incident", "ann")
        receipts = [receipt for page in shown["pages"] for receipt in page["receipts"].values()]
        assert {(receipt["state"], receipt["attempts"]) for receipt in receipts} == {("withdrawn", 0)}

    played(scene, rules=REPORTS)


def test_a_p0_is_declared_where_it_is() -> None:
    """Another environment is an incident of its own."""

    async def scene(stage: Front) -> None:
        body = {"category": "outage", "text": "down", "as": "bob"}
        async with stage.web() as web:
            await web.post(f"{API}/declare", json=body)
            other = await web.post(f"{API}/declare", json={**body, "environment": "eu"})
            shown = (await web.get(f"{API}/incidents/INC-2")).json()
        assert (other.json()["id"], shown["environment"]) == ("INC-2", "eu")

    played(scene, rules=REPORTS)


@pytest.mark.parametrize("path", [f"{API}/report", "/hooks/report"])
def test_a_report_hears_what_became_of_it(path: str) -> None:
    """A suspicion, one that joined it, or nothing: with the reason, over the API and the hook alike."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            first = await web.post(path, json={"text": GONE, "as": "support"})
            again = await web.post(path, json={"text": f"all {GONE}!", "as": "support"})
            nothing = await web.post(path, json={"text": "please add a dark mode", "as": "support"})
        assert (first.json()["outcome"], first.json()["id"]) == ("suspicion", "SUS-1")
        assert first.json()["because"].startswith("a person reports lost data")
        assert (again.json()["outcome"], again.json()["id"]) == ("joined", "SUS-1")
        assert (nothing.json()["outcome"], nothing.json()["id"]) == ("none", None)
        assert nothing.json()["because"]
        assert nothing.status_code == 200
        source = stage.log.read("suspicion/1")[0].event.sign.source
        assert source == ("report:api" if path.startswith(API) else "report:hook")

    played(scene, rules=REPORTS)


def test_the_token_called_report_may_report_and_nothing_else() -> None:
    """It is given to a support desk or a form, so it neither reads nor acknowledges nor declares."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as web:
            for path in (f"{API}/report", "/hooks/report"):
                said = await web.post(path, json={"text": GONE}, headers=DESK)
                assert (said.status_code, said.json()["id"]) == (200, "SUS-1"), said.text
            looked = [await web.get(path, headers=DESK) for path in ("/", f"{API}/incidents", "/metrics")]
            acted = [
                await web.post(f"{API}{path}", json={"as": "ann"}, headers=DESK)
                for path in ("/incidents/SUS-1/ack", "/declare", "/reload", "/silences")
            ]
        assert {found.status_code for found in (*looked, *acted)} == {403}
        assert "may report, and nothing else" in acted[0].json()["error"]
        assert "Acknowledged" not in stage.events("suspicion/1")
        assert stage.log.read("suspicion/1")[0].event.sign.source == "report:api"

    played(scene, rules=REPORTS, tokens=REPORTER)


def test_reports_are_as_many_as_people_write() -> None:
    """A flood is refused, over both doors together; a minute later one is heard again. Declaring is no report."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            said = [
                await web.post((f"{API}/report", "/hooks/report")[n % 2], json={"text": GONE}, headers=DESK)
                for n in range(REPORTS_MAX + 5)
            ]
            declared = await web.post(
                f"{API}/declare",
                json={"category": "outage", "text": "down", "as": "ann"},
                headers={"authorization": f"Bearer {REPORTER['cli']}"},
            )
            await stage.pass_(minutes=1)
            later = await web.post("/hooks/report", json={"text": GONE}, headers=DESK)
        assert [found.status_code for found in said] == [200] * REPORTS_MAX + [429] * 5
        assert said[-1].headers["retry-after"] == "60"
        assert (declared.status_code, later.status_code) == (200, 200)
        assert stage.log.count("suspicion") == 1

    played(scene, rules=REPORTS, tokens=REPORTER)


def test_the_desk_s_word_does_not_pass_for_a_colleague_s() -> None:
    """Whoever holds the token for reports names whom they like: it is written down as a report of theirs."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await web.post("/hooks/report", json={"text": GONE, "as": "ann"}, headers=DESK)
            for name in ({"as": "ann"}, {}):
                await web.post("/hooks/report", json={"text": f"{GONE}!", **name}, headers=DESK)
            own = {"authorization": f"Bearer {REPORTER['cli']}"}
            await web.post(f"{API}/report", json={"text": f"{GONE}!", "as": "ann"}, headers=own)
        notes = [row.event.by for row in stage.log.read("suspicion/1") if isinstance(row.event, Noted)]
        assert notes == ["ann (report)", "report", "ann"]

    played(scene, rules=REPORTS, tokens=REPORTER)


def test_the_hook_needs_a_token_where_there_are_any() -> None:
    """Nobody far away raises a suspicion without one; without tokens only whoever sits at this machine does."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as far, stage.web() as near:
            without = await far.post("/hooks/report", json={"text": GONE})
            wrong = await near.post(
                "/hooks/report", json={"text": GONE}, headers={"authorization": "Bearer guessed"}
            )
        assert (without.status_code, wrong.status_code) == (401, 401)
        assert without.headers["www-authenticate"] == "Bearer"
        assert "error" in without.json()
        assert stage.log.count("suspicion") == 0

    async def open_scene(stage: Front) -> None:
        async with stage.web("203.0.113.9") as far:
            assert (await far.post("/hooks/report", json={"text": GONE, "as": "x"})).status_code == 403
        assert stage.log.count("suspicion") == 0

    played(scene, rules=REPORTS, tokens=REPORTER)
    played(open_scene, rules=REPORTS)


@pytest.mark.parametrize(
    ("content", "typed", "status"),
    [
        (b'{"text":"it is gone"', "application/json", 400),
        (b"text=it+is+gone", "application/x-www-form-urlencoded", 415),
        (b'{"text":"it is gone","ticket":7}', "application/json", 400),
        (b'{"text":"' + b"x" * 70_000 + b'"}', "application/json", 413),
        (b'{"text":"\\u202e\\u0000"}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
    ],
)
def test_a_hook_body_is_bounded_and_checked(content: bytes, typed: str, status: int) -> None:
    """What is not a report in our shape is refused with a reason, and raises nothing."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.post(
                "/hooks/report", content=content, headers={**bearer(), "content-type": typed}
            )
        assert (found.status_code, "error" in found.json()) == (status, True)
        assert stage.log.count("suspicion") == 0

    played(scene, rules=REPORTS, tokens=REPORTER)


def test_a_secret_in_a_report_is_masked_before_it_is_stored() -> None:
    """People paste what they have; the log, the page and the answer hold no password."""

    async def scene(stage: Front) -> None:
        text = f"{GONE}, password=hunter2-hunter2 of ann@shop.example"
        async with stage.web() as web:
            said = await web.post(f"{API}/report", json={"text": text, "as": "support"})
            shown = await web.get("/incidents/SUS-1")
        stored = str([row.event for row in stage.log.read("suspicion/1")])
        for where in (said.text, shown.text, stored, str(stage.sender.pages("ann-phone"))):
            assert "hunter2" not in where
            assert "ann@shop" not in where

    played(scene, rules=REPORTS)
