"""What is sent says nothing twice and nothing that is no JSON; what is answered is JSON, whatever went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.front import API, TOKENS, Front, bearer, played
from watcher.serve.openapi import OPERATIONS

ACK = f"{API}/incidents/INC-1/ack"
NOTE = f"{API}/incidents/INC-1/note"
TYPED = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"as": "ann", "as": "bob"}', "'as' is given twice"),
        (b'{"as": "ann", "text": NaN}', "the body is not JSON"),
        (b'{"as": "ann", "text": -Infinity}', "the body is not JSON"),
        (b'{"as": "ann"} {}', "the body is not JSON"),
        (b'{"as": "ann",}', "the body is not JSON"),
        (b"{'as': 'ann'}", "the body is not JSON"),
        (b"\xff\xfe{", "the body is not JSON"),
        (b'"as"', "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b'{"as": ' + b"1" * 5000 + b"}", "the body is not JSON"),
    ],
)
def test_what_is_no_json_is_refused_and_changes_nothing(body: bytes, said: str) -> None:
    """Of two values nobody knows which was meant; a number that is none is not JSON."""

    async def scene(stage: Front) -> None:
        before = stage.events()
        async with stage.web() as web:
            answer = await web.post(NOTE, content=body, headers=TYPED)
        assert (answer.status_code, answer.json()["error"]) == (400, said)
        assert stage.events() == before

    played(scene)


@pytest.mark.parametrize(
    ("method", "address", "said"),
    [
        (
            "GET",
            f"{API}/incidents?al=1",
            "there is no field 'al' here; known are all, category, outcome, before",
        ),
        ("GET", f"{API}/incidents?all=1&all=0", "'all' is given twice"),
        ("GET", f"{API}/incidents?all=yes", "'all' must be one of 1, true, 0, false"),
        ("GET", f"{API}/incidents?outcome=lost", "'outcome' must be one of open, resolved, false_alarm"),
        ("GET", f"{API}/status?verbose=1", "there is no field 'verbose' here; the query holds none"),
        ("DELETE", f"{API}/silences/1?by=ann", "there is no field 'by' here; known are as"),
        ("DELETE", f"{API}/silences/1", "'as' is missing: say who acts, by name"),
        ("DELETE", f"{API}/overrides/1", "'as' is missing: say who acts, by name"),
        ("DELETE", f"{API}/overrides/1?as=" + "x" * 101, "'as' must be a text of at most 100 characters"),
        ("POST", f"{ACK}?as=ann", "there is no field 'as' here; the query holds none"),
    ],
)
def test_a_query_is_read_as_strictly_as_a_body(method: str, address: str, said: str) -> None:
    """A parameter that was misspelled is no parameter that was left out."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            answer = await web.request(method, address, json={})
        assert (answer.status_code, answer.json()["error"]) == (400, said)

    played(scene)


def test_a_secret_in_the_name_of_a_field_is_not_repeated() -> None:
    """Somebody pasted it into the wrong place; the answer lands in a log of theirs."""

    async def scene(stage: Front) -> None:
        secret = "sntryu_" + "5" * 64
        async with stage.web() as web:
            answer = await web.post(ACK, json={"as": "ann", secret: 1})
        assert answer.status_code == 400
        assert secret not in answer.text

    played(scene)


@pytest.mark.parametrize("one", [pytest.param(o, id=o.name) for o in OPERATIONS if o.method == "GET"])
def test_whatever_can_be_read_can_be_asked_for_its_headers_alone(one: Any) -> None:
    """HEAD answers as GET does."""

    async def scene(stage: Front) -> None:
        address = one.path.replace("{id}", "INC-1")
        async with stage.web() as web:
            found, head = await web.get(address), await web.head(address)
        assert head.status_code == found.status_code
        assert head.headers["content-type"] == found.headers["content-type"] == "application/json"
        assert head.headers["cache-control"] == "no-store"

    played(scene)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/v2/status", 404),
        ("GET", f"{API}/", 404),
        ("GET", f"{API}/status/", 404),
        ("GET", f"{API}/incidents/INC-1/ack/more", 404),
        ("GET", f"{API}/incidents/INC-1/nothing", 404),
        ("POST", f"{API}/incidents/INC-1/dance", 404),
        ("GET", f"{API}/incidents/%2e%2e", 404),
        ("PUT", f"{API}/incidents/INC-1/nothing", 405),
        ("GET", "/hooks/sentry", 405),
        ("GET", "/hooks/report", 405),
        ("POST", f"{API}/status", 405),
        ("DELETE", "/metrics", 405),
        ("POST", "/-/healthy", 405),
        ("POST", ACK, 415),
    ],
)
def test_every_refusal_is_json_and_says_why(method: str, address: str, status: int) -> None:
    """Programs read it; nothing of the request stands in it."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            answer = await web.request(method, address)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"]
        if status == 405:
            assert method not in answer.headers["allow"].split(", ")

    played(scene)


def test_who_has_no_token_learns_nothing_of_what_there_is() -> None:
    """An address that there is and one that there is not are refused alike."""

    async def scene(stage: Front) -> None:
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as stranger:
            there = await stranger.get(f"{API}/incidents/INC-1")
            not_there = await stranger.get(f"{API}/incidents/INC-9")
            nowhere = await stranger.get(f"{API}/nowhere")
        assert {r.status_code for r in (there, not_there, nowhere)} == {401}
        assert there.text == not_there.text == nowhere.text
        assert there.headers["www-authenticate"] == "Bearer"

    played(scene, tokens=TOKENS)


def test_a_token_names_who_acts_where_nobody_is_named() -> None:
    """In the body and in the query."""

    async def scene(stage: Front) -> None:
        body = {"match": {"system": "api"}, "for": "1h", "because": "load test"}
        async with stage.web() as web:
            put = await web.post(f"{API}/silences", json=body, headers=bearer())
            ended = await web.delete(f"{API}/silences/1", headers=bearer("ci"))
        assert put.json()["silences"][0]["by"] == "cli"
        assert ended.json()["said"] == ["silence 1 ended by ci"]

    played(scene, tokens=TOKENS)
