"""What people know, choose and judge, through the API on a real engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.front import API, Front, played

INC = f"{API}/incidents/INC-1"


def test_a_statement_is_answered_with_the_recommendation_that_follows() -> None:
    """Cause, isolation and time known: the letter says hotfix, in the answer and in the file; null takes it back."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            facts = {"root_cause": "a typo", "isolated": True, "fix_minutes": 15, "affected": 0}
            stated = await web.post(f"{INC}/state", json={"as": "ann", **facts})
            shown = (await web.get(INC)).json()
            back = await web.post(f"{INC}/state", json={"as": "ann", "root_cause": None})
        assert stated.status_code == 200
        assert stated.json()["recommendation"]["letter"] == shown["recommendation"]["letter"] == "hotfix"
        assert "ann states: root-cause is a typo" in stated.json()["said"]
        assert any(line.startswith("recommended ") for line in stated.json()["said"])
        assert back.json()["recommendation"]["letter"] == "rollback"
        assert "ann states: root-cause is open again" in back.json()["said"]

    played(scene)


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("state", {}),
        ("state", {"cause": "a typo"}),
        ("state", {"affected": -1}),
        ("state", {"affected": 1.5}),
        ("state", {"affected": True}),
        ("state", {"affected": 10**11}),
        ("state", {"isolated": "yes"}),
        ("state", {"root_cause": 7}),
        ("state", {"root_cause": "x" * 501}),
        ("decide", {}),
        ("decide", {"choice": "restart"}),
        ("decide", {"choice": ["rollback"]}),
        ("judge-advice", {}),
        ("judge-advice", {"right": "yes"}),
    ],
)
def test_what_is_no_statement_is_refused_by_name(verb: str, body: dict[str, Any]) -> None:
    """A fault names the field, and nothing is recorded."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        async with stage.web() as web:
            found = await web.post(f"{INC}/{verb}", json={"as": "ann", **body})
        assert found.status_code == 400, found.text
        assert any(word in found.json()["error"] for word in (*body, "fact", "choice", "right"))
        assert stage.events() == before

    played(scene)


def test_a_decision_stands_beside_what_was_recommended_and_may_be_judged_after_the_end() -> None:
    """The choice is recorded under a name; once closed nothing is stated or decided any more, but the advice is judged."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            said = await web.post(f"{INC}/decide", json={"as": "ann", "choice": "other", "text": "restart"})
            await web.post(f"{INC}/resolve", json={"as": "ann"})
            late = [
                await web.post(f"{INC}/state", json={"as": "ann", "isolated": True}),
                await web.post(f"{INC}/decide", json={"as": "ann", "choice": "hotfix"}),
            ]
            judged = await web.post(f"{INC}/judge-advice", json={"as": "bob", "right": True})
        assert said.json()["said"][0].startswith("ann decides: other")
        assert said.json()["status"] == "fixing"
        assert [response.status_code for response in late] == [409, 409]
        assert judged.json()["said"] == ["bob judges the recommendation right"]

    played(scene)


def test_facts_are_of_incidents_alone() -> None:
    """A suspicion is confirmed or dismissed; there is nothing to decide of it yet."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = await web.post(f"{API}/incidents/SUS-1/decide", json={"as": "ann", "choice": "other"})
        assert found.status_code == 409

    played(scene)
