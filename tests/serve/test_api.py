"""The API on a real engine: each command and each fault of what was sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serve.front import API, GONE, REPORTS, TOKENS, Front, bearer, played
from watcher.serve.body import BODY_MAX
from watcher.serve.desk import Reloaded


def test_the_list_and_the_file_of_an_incident() -> None:
    """An open incident is listed, and shown with its recommendation, its receipts and its timeline; case does not matter."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            listed = (await web.get(f"{API}/incidents")).json()
            shown = (await web.get(f"{API}/incidents/inc-1")).json()
        assert [it["id"] for it in listed["incidents"]] == ["INC-1"]
        assert (shown["category"], shown["status"], shown["systems"]) == ("outage", "investigating", ["api"])
        assert shown["pages"][0]["receipts"]["ann-phone"]["state"] == "accepted"
        assert shown["recommendation"]["letter"]
        assert shown["next_action_at"] is not None
        texts = [line["text"] for line in shown["timeline"]]
        assert texts[0].startswith("opened as P0 outage in production")
        assert "paged ann on ann-phone (accepted)" in texts

    played(scene)


def test_every_verb_is_carried_out_and_says_who_did_it() -> None:
    """ack, note and resolve reach the log under the name that was given."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            ack = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
            note = await web.post(f"{API}/incidents/INC-1/note", json={"as": "ann", "text": "looking\nat it"})
            done = await web.post(f"{API}/incidents/INC-1/resolve", json={"as": "bob", "text": "restarted"})
            again = await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
            closed = (await web.get(f"{API}/incidents?all=1")).json()
        assert [r.status_code for r in (ack, note, done)] == [200, 200, 200]
        assert ack.json()["acknowledged_by"] == "ann"
        assert done.json()["outcome"] == "resolved"
        assert again.status_code == 409
        assert "already resolved" in again.json()["error"]
        assert closed["incidents"][0]["outcome"] == "resolved"
        assert {"Acknowledged", "Noted", "Resolved", "Closed"} <= set(stage.events())

    played(scene)


def test_taking_over_and_asking_for_help_say_who_is_told() -> None:
    """take hands over and tells the one before; escalate pages the next rung; both answer with whom."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await web.post(f"{API}/incidents/INC-1/ack", json={"as": "ann"})
            taken = (await web.post(f"{API}/incidents/INC-1/take", json={"as": "bob"})).json()
            helped = (await web.post(f"{API}/incidents/INC-1/escalate", json={"as": "bob"})).json()
        assert taken["acknowledged_by"] == "bob"
        assert taken["said"][0] == "bob took over, until 03:30 UTC"
        assert taken["said"][1].startswith("telling ann on chat, ann on ann-phone: ")
        assert helped["said"][0] == "bob asked for help"
        assert helped["said"][1].startswith("paging ")
        assert "Escalated" in stage.events()

    played(scene)


def test_a_suspicion_is_looked_at_noted_and_confirmed() -> None:
    """ack holds its paging and shows who looks; confirm answers with the incident that it became."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await web.post(f"{API}/report", json={"as": "support", "text": GONE})
            looked = (await web.post(f"{API}/incidents/sus-1/ack", json={"as": "ann"})).json()
            await web.post(f"{API}/incidents/SUS-1/note", json={"as": "ann", "text": "one customer so far"})
            confirmed = (await web.post(f"{API}/incidents/SUS-1/confirm", json={"as": "bob"})).json()
            again = await web.post(f"{API}/incidents/SUS-1/ack", json={"as": "ann"})
        assert (looked["acknowledged_by"], looked["acknowledged_until"]) == (
            "ann",
            "2026-11-25T03:30:00.010000+00:00",
        )
        assert (confirmed["status"], confirmed["incident"]) == ("confirmed", "INC-1")
        assert confirmed["said"][0] == "bob says that it is a P0: INC-1"
        assert again.status_code == 409
        assert "Noted" in stage.events("suspicion/1")

    played(scene, rules=REPORTS)


def test_a_false_alarm_is_said_so() -> None:
    """false-alarm closes the incident with that outcome."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.post(f"{API}/incidents/INC-1/false-alarm", json={"as": "ann"})
        assert found.json()["outcome"] == "false_alarm"

    played(scene)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/incidents/INC-1/ack", {}, 400, "'as' is missing"),
        ("/incidents/INC-1/ack", {"as": 3}, 400, "'as' must be a text"),
        ("/incidents/INC-1/ack", {"as": "\x00\u202e"}, 400, "'as' is missing"),
        ("/incidents/INC-1/ack", {"as": "ann", "loud": True}, 400, "there is no field 'loud'"),
        ("/incidents/INC-1/note", {"as": "ann"}, 400, "'text' is missing"),
        ("/incidents/INC-1/note", {"as": "ann", "text": "x" * 4001}, 400, "at most 4000"),
        ("/incidents/INC-1/ack", [], 400, "JSON object"),
        ("/incidents/INC-1/dance", {"as": "ann"}, 404, "no such command"),
        ("/incidents/INC-1/confirm", {"as": "ann"}, 409, "INC-1 is no suspicion"),
        ("/incidents/INC-2/ack", {"as": "ann"}, 404, "there is no INC-2"),
        ("/incidents/SUS-9/confirm", {"as": "ann"}, 404, "there is no SUS-9"),
        ("/incidents/SUS-9/ack", {"as": "ann"}, 404, "there is no SUS-9"),
        ("/incidents/SUS-9/take", {"as": "ann"}, 409, "SUS-9 is no incident; take is for one"),
        ("/incidents/SUS-9/escalate", {"as": "ann"}, 409, "SUS-9 is no incident"),
        ("/declare", {"as": "ann", "category": "outage"}, 400, "'text' is missing"),
        ("/declare", {"as": "ann", "text": "x"}, 400, "'category' is missing"),
        ("/declare", {"as": "ann", "text": "x", "category": "slow"}, 400, "must be one of authentication"),
        ("/declare", {"text": "x", "category": "outage"}, 400, "'as' is missing"),
        (
            "/declare",
            {"as": "ann", "text": "x", "category": "outage", "drill": True},
            400,
            "no field 'drill'",
        ),
        ("/report", {"as": "ann"}, 400, "'text' is missing"),
        ("/report", {"as": "ann", "text": "x" * 4001}, 400, "at most 4000"),
        ("/report", {"as": "ann", "text": "x", "environment": 3}, 400, "'environment' must be a text"),
        ("/incidents/nonsense/ack", {"as": "ann"}, 404, "an id reads INC-1042"),
        ("/deploys", {}, 400, "'version' is missing"),
        ("/deploys", {"version": "1", "migration": "no"}, 400, "'migration' must be true, false or null"),
        ("/deploys", {"version": "1", "deployed_at": "2026-11-25T03:00:00"}, 400, "with its zone"),
        ("/deploys", {"version": "1", "deployed_at": "yesterday"}, 400, "with its zone"),
        ("/deploys", {"version": "1", "commit": "3f2b9c1"}, 400, "must be a whole commit"),
        ("/deploys", {"version": "1", "commit": "$(id)" * 8}, 400, "must be a whole commit"),
        ("/silences", {"as": "ann", "because": "x", "match": {}}, 400, "at least one of"),
        (
            "/silences",
            {"as": "ann", "because": "x", "match": {"system": "api"}},
            400,
            "one of 'for', 'minutes' and 'until'",
        ),
        ("/silences", {"as": "ann", "minutes": 5, "match": {"system": "api"}}, 400, "'because' is missing"),
        (
            "/silences",
            {"as": "ann", "because": "x", "minutes": 1e5, "match": {"system": "api"}},
            409,
            "within 7 days",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "minutes": 5, "for": "2h", "match": {"system": "api"}},
            400,
            "one of 'for'",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "for": "2 hours", "match": {"system": "api"}},
            400,
            "write 30m, 2h or 1d",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "for": "999999d", "match": {"system": "api"}},
            400,
            "longer than 3650 days",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "for": "8d", "match": {"system": "api"}},
            409,
            "within 7 days",
        ),
        (
            "/silences",
            {"as": "ann", "because": "x", "minutes": -1, "match": {"system": "api"}},
            400,
            "greater than 0",
        ),
    ],
)
def test_a_fault_names_the_field_and_changes_nothing(path: str, body: Any, status: int, said: str) -> None:
    """What cannot be carried out is answered with its status and the mend; the log stays as it was."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        async with stage.web() as web:
            found = await web.post(f"{API}{path}", json=body)
        assert (found.status_code, said in found.json()["error"]) == (status, True), found.text
        assert stage.events() == before

    played(scene)


def test_only_json_of_bounded_size_is_taken() -> None:
    """A form of a foreign page, a body that is no JSON, and one that is too long are refused."""

    async def scene(stage: Front) -> None:
        path = f"{API}/incidents/INC-1/ack"
        async with stage.web() as web:
            form = await web.post(path, data={"as": "ann"})
            plain = await web.post(path, content=b'{"as":"ann"}', headers={"content-type": "text/plain"})
            typed = {"content-type": "application/json"}
            broken = await web.post(path, content=b"{", headers=typed)
            deep = await web.post(path, content=b"[" * 50_000, headers=typed)
            long = await web.post(path, content=b" " * (BODY_MAX + 1), headers=typed)
        assert [r.status_code for r in (form, plain, broken, deep, long)] == [415, 415, 400, 400, 413]
        assert "Acknowledged" not in stage.events()

    played(scene)


def test_a_deploy_is_remembered_with_who_told_of_it() -> None:
    """A CI job reports a deploy under its token's name."""

    async def scene(stage: Front) -> None:
        body = {
            "version": "2.41.1",
            "previous": "2.41.0",
            "migration": False,
            "deployed_at": "2026-11-25T02:51:00Z",
            "commit": "3f2b9c1d8e77aa0c19ff550e8400e29b41d4a716",
        }
        async with stage.web() as web:
            found = await web.post(f"{API}/deploys", json=body, headers=bearer("ci"))
        assert found.status_code == 200, found.text
        deploy = stage.engine.streams["deploys"].recent[0]
        assert (deploy.version, deploy.told_by, deploy.environment) == ("2.41.1", "ci", "production")
        assert deploy.deployed_at.hour == 2
        assert deploy.commit == body["commit"]

    played(scene, tokens=TOKENS)


def test_a_silence_begins_and_is_taken_back() -> None:
    """A silence is listed with its end, and ends when somebody says so; a second end is refused."""

    async def scene(stage: Front) -> None:
        body = {"match": {"system": "api"}, "minutes": 30, "by": "ann", "because": "load test"}
        async with stage.web() as web:
            said = (await web.post(f"{API}/silences", json=body)).json()
            begun = said["silences"]
            number = begun[0]["silence"]
            ended = await web.delete(f"{API}/silences/{number}?as=bob")
            again = await web.delete(f"{API}/silences/{number}?as=bob")
            nobody = await web.delete(f"{API}/silences/{number}")
        assert begun[0]["match"] == {"system": "api"}
        assert said["said"] == ["ann silenced system=api until 2026-11-25 03:30 UTC: load test"]
        assert ended.json() == {"said": [f"silence {number} ended by bob"], "silences": []}
        assert (again.status_code, nobody.status_code) == (409, 400)

    played(scene)


@pytest.mark.parametrize("number", ["x", "-1", "1.0", "9" * 10, "9" * 5000, "\u0661"])
def test_a_silence_that_there_cannot_be_is_not_there(number: str) -> None:
    """Whatever stands where a number belongs is answered as not found, and is no fault of ours."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.delete(f"{API}/silences/{number}?as=bob")
        assert (found.status_code, found.json()["error"][:22]) == (404, "there is no such silen")

    played(scene)


def test_a_silence_is_as_long_as_it_is_said() -> None:
    """2h is two hours, as in the configuration."""

    async def scene(stage: Front) -> None:
        body = {"match": {"system": "api"}, "for": "1h30m", "as": "ann", "because": "load test"}
        async with stage.web() as web:
            (begun,) = (await web.post(f"{API}/silences", json=body)).json()["silences"]
        assert begun["until"].startswith("2026-11-25T04:30:00")

    played(scene)


def test_a_refused_reload_says_every_fault() -> None:
    """A reload that is not taken is no success, and names what is wrong."""

    async def scene(stage: Front) -> None:
        stage.reloads.append(Reloaded(ok=False, generation=1, faults=("watcher.yaml:3:1: no", "rules: no")))
        async with stage.web() as web:
            bad = await web.post(f"{API}/reload", json={})
            good = await web.post(f"{API}/reload", json={})
        assert (bad.status_code, bad.json()["faults"]) == (422, ["watcher.yaml:3:1: no", "rules: no"])
        assert good.json() == {"ok": True, "generation": 2}

    played(scene)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "as",
    "text",
    "version",
    "previous",
    "migration",
    "deployed_at",
    "match",
    "minutes",
    "until",
    "for",
    "by",
    "because",
    "category",
    "environment",
    "system",
)
PATHS = (
    "/incidents/INC-1/ack",
    "/incidents/INC-1/note",
    "/incidents/SUS-1/not-p0",
    "/incidents/INC-1/take",
    "/incidents/INC-1/escalate",
    "/declare",
    "/report",
    "/deploys",
    "/silences",
    "/reload",
)


@settings(max_examples=60, deadline=None)
@given(
    sent=st.lists(
        st.tuples(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), SHAPES, max_size=4)),
        max_size=12,
    )
)
def test_no_body_is_our_own_fault(sent: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever JSON is sent, the answer is a success or says what was wrong with it."""

    async def scene(stage: Front) -> None:
        stage.reloads = [Reloaded(ok=True, generation=2)] * 12
        async with stage.web() as web:
            for path, body in sent:
                typed = {"content-type": "application/json"}
                found = await web.post(f"{API}{path}", content=json.dumps(body), headers=typed)
                assert found.status_code < 500, found.text

    played(scene)


def test_two_acknowledgements_at_once_are_both_recorded() -> None:
    """A second acknowledgement is recorded, never refused."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            both = await asyncio.gather(
                *(web.post(f"{API}/incidents/INC-1/ack", json={"as": name}) for name in ("ann", "bob"))
            )
        assert [r.status_code for r in both] == [200, 200]
        assert stage.events().count("Acknowledged") == 2

    played(scene)
