"""The document says what the application does: every route, every field, every answer."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from starlette.routing import Route

from tests.api.told import DOCUMENT, PATHS, SCHEMAS, answered, sent, untold
from tests.crash.stage import ROOT
from tests.serve.front import API, GONE, REPORTS, TOKENS, Front, bearer, played
from watcher.incident.checklist import ITEMS
from watcher.serve.app import build
from watcher.serve.openapi import OPERATIONS
from watcher.serve.operation import Operation
from watcher.serve.verbs import VERBS
from watcher.view.documents.written import NAMES

MACHINES = ("/api/", "/hooks/")
REST = "/api/v1/incidents/{id}/{name}"
"""What is neither a command nor a document is answered here, with the names of those that there are."""


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    """Those for programs; pages are for people."""

    async def scene(stage: Front) -> None:
        routes = [r for r in build(stage.desk).routes if isinstance(r, Route) and r.path.startswith(MACHINES)]
        there = {(r.path, m.lower()) for r in routes for m in r.methods or () if m != "HEAD"}
        told = {(path, method) for path, methods in PATHS.items() for method in methods}
        assert told == there - {(REST, "post"), (REST, "get")}

    played(scene)


def test_every_command_and_document_has_an_address_of_its_own() -> None:
    """None is left out: the command line's words are the API's."""
    of_one = {path.rpartition("/")[2] for path in PATHS if path.startswith("/api/v1/incidents/{id}/")}
    assert of_one == {*VERBS, *NAMES, "explain"}
    for name, verb in VERBS.items():
        schema = sent(f"/api/v1/incidents/{{id}}/{name}")["schema"]
        assert set(schema["properties"]) == {"as", *verb.fields}


def test_every_operation_has_a_name_a_sentence_and_an_error() -> None:
    """The names are of one operation each, and every error has the same shape."""
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    for one in OPERATIONS:
        told = PATHS[one.path][one.method.lower()]
        assert told["summary"].endswith(".")
        assert {"400", "401", "404", "405", "409", "429", "503"} <= set(told["responses"])
    for answer in DOCUMENT["components"]["responses"].values():
        assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_every_reference_leads_somewhere() -> None:
    """And no shape is told that nothing answers."""
    used = set(re.findall(r"#/components/schemas/(\w+)", str(DOCUMENT)))
    assert used == set(SCHEMAS)


def test_nothing_but_the_signed_hook_is_open() -> None:
    """The document asks for a token wherever the application does."""
    open_ = {path for path, methods in PATHS.items() for told in methods.values() if "security" in told}
    assert DOCUMENT["security"] == [{"token": []}]
    assert open_ == {"/hooks/sentry"}


def asked() -> list[Any]:
    return [pytest.param(one, id=one.name) for one in OPERATIONS]


SUSPECTED = ("confirm", "not-p0")


def address(one: Operation) -> str:
    id_ = "SUS-1" if one.name in SUSPECTED else "INC-1"
    return one.path.replace("{id}", id_).replace("{number}", "1")


@pytest.mark.parametrize("one", asked())
def test_nothing_is_answered_or_done_without_a_token(one: Operation) -> None:
    """Not from this machine either, where there are tokens. The hook of Sentry has a signature of its own."""

    async def scene(stage: Front) -> None:
        before = len(stage.log.rows())
        for place in (
            ("203.0.113.9", "https://watcher.shop.example"),
            ("127.0.0.1", "http://127.0.0.1:9120"),
        ):
            async with stage.web(*place) as stranger:
                answer = await stranger.request(one.method, address(one), json=dict(one.example))
            assert answer.status_code == 401
            assert "error" in answer.json()
        assert len(stage.log.rows()) == before

    played(scene, tokens=TOKENS)


@pytest.mark.parametrize("one", asked())
def test_a_field_that_is_not_told_is_refused_by_name(one: Operation) -> None:
    """In the body and in the query: what was misspelled was not left out."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            body = {**one.example, "loud": True}
            answers = [await web.request(one.method, f"{address(one)}?loud=1", json=dict(one.example))]
            if one.method == "POST":
                answers.append(await web.post(address(one), json=body))
        for answer in answers:
            assert (answer.status_code, "there is no field 'loud'" in answer.text) == (400, True), answer.text

    if not one.headers:
        played(scene)


@pytest.mark.parametrize("one", [one for one in asked() if one.values[0].takes])
def test_a_field_of_another_kind_is_refused_by_name(one: Operation) -> None:
    """Each field of each body, as a list."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            for field in one.takes:
                if one.method == "POST":
                    body = {**({"as": "ann"} if "as" in one.takes else {}), **one.example, field: [7]}
                    answer = await web.post(address(one), json=body)
                    assert (answer.status_code, repr(field) in answer.text) == (400, True), answer.text

    played(scene)


@pytest.mark.parametrize("one", asked())
def test_a_method_that_is_not_taken_is_answered_with_those_that_are(one: Operation) -> None:
    """405 names every method of the address, and speaks JSON."""

    async def scene(stage: Front) -> None:
        allowed = {method.upper() for method in PATHS[one.path]}
        async with stage.web() as web:
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - allowed:
                answer = await web.request(method, address(one))
                assert answer.status_code == 405, method
                assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == allowed
                assert answer.headers["content-type"] == "application/json"
                assert answer.json()["error"]

    played(scene)


async def prepared(web: httpx2.AsyncClient, category: str) -> None:
    """A suspicion, an incident, an override, a silence and a deployment."""
    for path, body in (
        ("/report", {"text": GONE}),
        ("/declare", {"text": "it is broken", "category": category}),
        ("/overrides", {"person": "bob", "for": "2h", "because": "x"}),
        ("/silences", {"match": {"key": "web"}, "for": "2h", "because": "x"}),
        ("/deploys", {"version": "2.41.1", "previous": "2.41.0", "migration": True}),
    ):
        answer = await web.post(f"{API}{path}", json={"as": "ann", **body})
        assert answer.status_code == 200, answer.text


async def carried_out(web: httpx2.AsyncClient, one: Operation) -> httpx2.Response:
    """The example of the document, sent to where it makes sense."""
    path = address(one)
    if one.name == "page-test-result":
        tested = await web.post(f"{API}/page-test", json={"as": "ann"})
        path = path.replace("INC-1", tested.json()["id"])
    if one.name == "judge-advice":
        decided = {"as": "ann", "choice": "rollback"}
        await web.post(f"{API}/incidents/INC-1/decide", json=decided)
    if one.method == "POST":
        return await web.post(path, json=sent(one.path).get("example"))
    return await web.request(one.method, path, params={"as": "ann"} if one.method == "DELETE" else {})


@pytest.mark.parametrize("one", [one for one in asked() if one.id not in ("sentry-hook", "openapi")])
def test_every_example_is_taken_and_its_answer_is_told_whole(one: Operation) -> None:
    """No example is made up, and nothing is answered that the document does not tell."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await prepared(web, "security" if one.name == "release" else "outage")
            answer = await carried_out(web, one)
        assert answer.status_code == 200, answer.text
        assert untold(answer.json(), answered(one.path, one.method.lower())) == []

    played(scene, rules=REPORTS)


def test_what_was_is_told_as_well_as_what_is() -> None:
    """One that is decided, deployed, judged and closed, in the list and whole."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await prepared(web, "outage")
            for verb, body in (
                ("ack", {}),
                ("decide", {"choice": "rollback"}),
                ("deployed", {"version": "2.41.0"}),
                ("judge-advice", {"right": True}),
                ("resolve", {"text": "restarted"}),
            ):
                done = await web.post(f"{API}/incidents/INC-1/{verb}", json={"as": "ann", **body})
                assert untold(done.json(), answered(f"/api/v1/incidents/{{id}}/{verb}", "post")) == []
            past = (await web.get(f"{API}/incidents?all=1")).json()
            whole = (await web.get(f"{API}/incidents/INC-1")).json()
        assert past["incidents"]
        assert untold(past, answered("/api/v1/incidents", "get")) == []
        assert untold(whole, answered("/api/v1/incidents/{id}", "get")) == []

    played(scene)


def test_a_suspicion_is_told_whole() -> None:
    """It has less to say than an incident, and is answered at the same address."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            await prepared(web, "outage")
            suspicion = (await web.get(f"{API}/incidents/SUS-1")).json()
            listed = (await web.get(f"{API}/incidents")).json()
        assert suspicion["id"] == "SUS-1"
        assert untold(suspicion, answered("/api/v1/incidents/{id}", "get")) == []
        assert listed["suspicions"]
        assert untold(listed, answered("/api/v1/incidents", "get")) == []

    played(scene, rules=REPORTS)


def test_every_item_of_the_checklist_that_people_tick_is_told() -> None:
    """The document's list is the checklist's."""
    told = sent("/api/v1/incidents/{id}/tick")["schema"]["properties"]["item"]["enum"]
    assert told == [item.name for item in ITEMS if item.by_people]


def test_the_guide_names_every_address() -> None:
    """By the last word of it; what is new is told to people as well."""
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for one in OPERATIONS:
        word = [part for part in one.path.split("/") if not part.startswith("{")][-1]
        assert re.search(rf"\b{re.escape(word)}\b", guide), one.path


def test_the_document_is_served() -> None:
    """To whoever may ask."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = (await web.get(f"{API}/openapi.json", headers=bearer())).json()
        assert found == DOCUMENT

    played(scene, tokens=TOKENS)
