"""The document says what the application does: every route, every field, every command."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Route

from tests.serve.front import API, TOKENS, Front, bearer, played
from watcher.serve.app import build
from watcher.serve.openapi import NEEDED, SAYS, document
from watcher.serve.verbs import VERBS
from watcher.view.documents.written import NAMES

PATHS = document()["paths"]
MACHINES = ("/api/", "/hooks/")


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    """Those for programs; pages are for people."""

    async def scene(stage: Front) -> None:
        routes = [r for r in build(stage.desk).routes if isinstance(r, Route) and r.path.startswith(MACHINES)]
        there = {(r.path, m.lower()) for r in routes for m in r.methods or () if m != "HEAD"}
        any_verb = ("/api/v1/incidents/{id}/{verb}", "post")
        any_document = ("/api/v1/incidents/{id}/{document}", "get")
        assert {any_verb, any_document} <= there
        told = {(path, method) for path, methods in PATHS.items() for method in methods}
        told -= {(f"/api/v1/incidents/{{id}}/{verb}", "post") for verb in VERBS}
        told -= {(f"/api/v1/incidents/{{id}}/{name}", "get") for name in NAMES}
        assert told == there - {any_verb, any_document}

    played(scene)


def test_every_command_is_told_with_its_fields() -> None:
    """None is left out, none is made up."""
    assert SAYS.keys() == VERBS.keys() >= NEEDED.keys()
    for name, verb in VERBS.items():
        schema = PATHS[f"/api/v1/incidents/{{id}}/{name}"]["post"]["requestBody"]["content"][
            "application/json"
        ]["schema"]
        assert set(schema["properties"]) == {"as", *verb.fields}


def writes() -> list[Any]:
    return [
        pytest.param(method, re.sub(r"\{id\}", "INC-1", path).replace("{number}", "1"), id=f"{method} {path}")
        for path, methods in PATHS.items()
        for method in methods
    ]


@pytest.mark.parametrize(("method", "path"), writes())
def test_nothing_is_answered_or_done_without_a_token(method: str, path: str) -> None:
    """The hook of Sentry has a signature of its own."""

    async def scene(stage: Front) -> None:
        before = len(stage.events())
        async with stage.web("203.0.113.9", "https://watcher.shop.example") as stranger:
            answer = await stranger.request(method, path, json={})
        assert answer.status_code == 401
        assert "error" in answer.json()
        assert len(stage.events()) == before

    played(scene, tokens=TOKENS)


def test_the_document_is_served() -> None:
    """To whoever may ask."""

    async def scene(stage: Front) -> None:
        async with stage.web() as web:
            found = (await web.get(f"{API}/openapi.json", headers=bearer())).json()
        assert found["openapi"].startswith("3.1")
        assert found["paths"].keys() == PATHS.keys()

    played(scene, tokens=TOKENS)
