"""What the API tells of the past, and why the rules say what they say."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.serve.front import API, GONE, REPORTS, Front, played


async def some(web: httpx2.AsyncClient) -> None:
    """INC-2 (a false alarm), INC-3 (resolved) and INC-4 (open) beside INC-1 (open)."""
    for number, (category, end) in enumerate(
        (("payments", "false-alarm"), ("security", "resolve"), ("data-loss", "")), 2
    ):
        place = {"environment": f"place-{number}"}
        await web.post(f"{API}/declare", json={"as": "ann", "category": category, "text": "x", **place})
        if end:
            ended = await web.post(f"{API}/incidents/INC-{number}/{end}", json={"as": "ann"})
            assert ended.status_code == 200, ended.text


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, [1, 4]),
        ({"all": "0"}, [1, 4]),
        ({"all": "1"}, [4, 3, 2, 1]),
        ({"all": "true"}, [4, 3, 2, 1]),
        ({"outcome": "open"}, [4, 1]),
        ({"outcome": "resolved"}, [3]),
        ({"outcome": "false_alarm"}, [2]),
        ({"category": "payments"}, [2]),
        ({"category": "payments", "outcome": "resolved"}, []),
        ({"before": "INC-3"}, [2, 1]),
        ({"before": "inc-3", "category": "outage"}, [1]),
        ({"before": "INC-99"}, []),
    ],
)
def test_the_past_is_asked_by_category_outcome_and_page(asked: dict[str, str], ids: list[int]) -> None:
    """The open ones oldest first; what there was newest first."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await some(web)
            found = (await web.get(f"{API}/incidents", params=asked)).json()
        assert [it["id"] for it in found["incidents"]] == [f"INC-{number}" for number in ids]

    played(scene)


def test_an_incident_says_which_rule_raised_it() -> None:
    """With the words as they were, and the rulebook by its digest."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = (await web.get(f"{API}/incidents/inc-1/explain")).json()
            none = await web.get(f"{API}/incidents/INC-9/explain")
        assert (found["id"], len(found["rulebook"])) == ("INC-1", 64)
        (sign,) = found["signs"]
        assert (sign["rule"], sign["because"][0]) == ("outage.down", "api is down")
        assert none.status_code == 404

    played(scene)


def test_the_rules_that_govern_are_asked_about_a_text_and_nothing_comes_of_it() -> None:
    """Why did nobody hear of it: the clauses say so."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            fires = (await web.post(f"{API}/explain", json={"text": GONE})).json()
            silent = (await web.post(f"{API}/explain", json={"text": "all is well", "kind": "report"})).json()
            listed = (await web.get(f"{API}/incidents")).json()
        assert [(r["rule"], r["outcome"]) for r in fires["rules"]] == [("data-loss.report", "fires")]
        assert fires["rules"][0]["clauses"][0]["holds"] is True
        assert silent == {"signal": "report", "rules": []}
        assert listed == {"incidents": [], "suspicions": []}

    played(scene, rules=REPORTS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "'text' is missing"),
        ({"text": "x" * 32_001}, "at most 32000 characters"),
        ({"text": "x", "kind": "rumour"}, "'kind' must be one of issue, health, report"),
        ({"text": "{}", "kind": "issue"}, "'text' is no signal: "),
        ({"text": "x", "status": 99}, "'status' must be a status of HTTP"),
        ({"text": "x", "status": "200"}, "'status' must be a whole number"),
    ],
)
def test_what_is_no_signal_is_said_so(body: dict[str, Any], said: str) -> None:
    """As the command line says it."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            answer = await web.post(f"{API}/explain", json=body)
        assert (answer.status_code, said in answer.json()["error"]) == (400, True), answer.text

    played(scene)
