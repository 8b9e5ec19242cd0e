"""The API as a document (OpenAPI 3.1), served at /api/v1/openapi.json; a test holds it to the routes that there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rules.signal import CATEGORIES
from watcher import __version__
from watcher.hearing import TEXT_MAX
from watcher.incident import checklist
from watcher.incident.people import NOTE_MAX
from watcher.serve.body import COUNT_MAX, NAME_MAX
from watcher.serve.verbs import CHOICES, FACT_MAX, FACTS, READ, VERBS
from watcher.view.documents.written import NAMES

Schema = dict[str, Any]

LINE: Schema = {"type": ["string", "null"], "maxLength": NAME_MAX}
TEXT: Schema = {"type": ["string", "null"], "maxLength": NOTE_MAX}
FLAG: Schema = {"type": ["boolean", "null"]}
COUNT: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": COUNT_MAX}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time", "examples": ["2026-11-25T03:14:00Z"]}
SPAN: Schema = {"type": ["string", "null"], "examples": ["30m", "2h"], "maxLength": NAME_MAX}
CATEGORY: Schema = {"type": "string", "enum": list(CATEGORIES)}
MATCH: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        name: {"type": "string", "minLength": 1, "maxLength": 300}
        for name in ("source", "key", "system", "environment", "category", "rule")
    },
}

FIELDS: dict[str, Schema] = {
    "as": LINE | {"description": "Who acts; the token's name where it is left out."},
    "by": LINE,
    "text": TEXT,
    "choice": {"type": "string", "enum": list(CHOICES)},
    "right": {"type": "boolean"},
    "item": {"type": "string", "enum": [item.name for item in checklist.ITEMS if item.by_people]},
    "version": LINE,
    "previous": LINE,
    "at": MOMENT,
    "deployed_at": MOMENT,
    "from": MOMENT,
    "until": MOMENT,
    "for": SPAN,
    "minutes": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000},
    "migration": FLAG,
    "commit": {"type": ["string", "null"], "pattern": "^[0-9a-f]{40}$"},
    "system": LINE,
    "environment": LINE,
    "category": CATEGORY,
    "person": LINE,
    "contact": LINE,
    "because": {"type": "string", "minLength": 1, "maxLength": FACT_MAX},
    "match": MATCH,
    "speed": {"type": ["number", "null"], "minimum": 1},
}
"""What each field takes, wherever it stands."""
NEEDED: dict[str, tuple[str, ...]] = {
    "decide": ("choice",),
    "judge-advice": ("right",),
    "note": ("text",),
    "tick": ("item",),
    "update": ("text",),
}
SAYS: dict[str, str] = {
    "ack": "I have it: the paging of others stops.",
    "take": "I have it now; whoever had it is told.",
    "escalate": "Help: the next in the ladder are paged now.",
    "state": "What a person knows; null takes it back. The recommendation follows at once.",
    "decide": "What is done about it.",
    "judge-advice": "Whether the recommendation was right, afterwards.",
    "resolve": "It is over.",
    "false-alarm": "It was no P0.",
    "note": "Words for the timeline.",
    "tick": "An item of the checklist is done.",
    "update": "Words for the stakeholders; they leave at once.",
    "deployed": "The fix, or the rollback, is out: it is verified from here on.",
    "release": "A security incident may be spoken of.",
    "confirm": "A suspicion is a P0: an incident opens.",
    "not-p0": "A suspicion is no P0.",
}
"""Each command, in a sentence."""

ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": r"^[A-Za-z]{3,4}-[0-9]{1,9}$"},
    "example": "INC-7",
}
NUMBER: Schema = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
}
WHO: Schema = {"name": "as", "in": "query", "schema": {"type": "string", "maxLength": NAME_MAX}}

_ERRORS = {
    "400": "A field is not of its kind; the answer names it and the mend.",
    "401": "A token is needed, or this one is none.",
    "403": "Not from here, or not with this token.",
    "404": "There is none of this name.",
    "408": "The body took too long.",
    "409": "It cannot be done now; the answer says why. Nothing has changed.",
    "413": "The body is too long.",
    "415": "Send JSON.",
    "429": "Too often; Retry-After says how long to wait.",
    "503": "The watcher is too busy, or its log cannot be read; try again.",
}


def routes() -> list[Route]:
    async def served(_: Request) -> Response:
        return JSONResponse(document())

    return [Route("/api/v1/openapi.json", served, methods=["GET"])]


def document() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotfix Watcher",
            "version": __version__,
            "description": "The commands of the command line, one for one, and the readings behind them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string"}},
                }
            },
            "responses": {code: _error(words) for code, words in _ERRORS.items()},
        },
    }


def _paths() -> Schema:
    single = {
        f"/api/v1/incidents/{{id}}/{name}": {
            "post": _post(SAYS[name], ("as", *verb.fields), NEEDED.get(name, ()), [ID], _facts(name))
        }
        for name, verb in VERBS.items()
    }
    for name in NAMES:
        path = f"/api/v1/incidents/{{id}}/{name}"
        single.setdefault(path, {})["get"] = _get(f"The {name} as Markdown.", [ID])
    return {
        "/api/v1/status": {"get": _get("Whether it watches, what it sees, who is on call, what is open.")},
        "/api/v1/incidents": {"get": _get("The open ones.", [_query("all", {"enum": ["0", "1", "true"]})])},
        "/api/v1/incidents/{id}": {"get": _get("Everything of one incident or suspicion.", [ID])},
        **single,
        "/api/v1/declare": {
            "post": _post(
                "There is a P0.", ("category", "text", "environment", "system", "as"), ("category", "text")
            )
        },
        "/api/v1/report": {"post": _report("Something is broken; the rules judge the words.")},
        "/hooks/report": {"post": _report("The same, for a support desk or a form.")},
        "/hooks/sentry": {"post": _hook()},
        "/api/v1/deploys": {
            "post": _post(
                "Something was deployed.",
                ("version", "previous", "system", "environment", "deployed_at", "migration", "commit", "as"),
                ("version",),
            )
        },
        "/api/v1/silences": {
            "get": _get("What is silenced, until when."),
            "post": _post(
                "What matches opens nothing; one of for, minutes, until.",
                ("match", "for", "minutes", "until", "by", "as", "because"),
                ("match", "because"),
            ),
        },
        "/api/v1/silences/{number}": {"delete": _get("A silence ends now.", [NUMBER, WHO])},
        "/api/v1/on-call": {"get": _get("Who is on call, until when, and who is next.", [_query("at", {})])},
        "/api/v1/overrides": {
            "get": _get("Who stands in for whom."),
            "post": _post(
                "Somebody else is on call for a while.",
                ("person", "from", "until", "for", "because", "by", "as"),
                ("person", "because"),
            ),
        },
        "/api/v1/overrides/{number}": {"delete": _get("An override ends now.", [NUMBER, WHO])},
        "/api/v1/reload": {"post": _post("Read the configuration and the rules again.", ("as",))},
        "/api/v1/page-test": {"post": _post("A test page through the real path.", ("contact", "as"))},
        "/api/v1/page-test/{id}": {"get": _get("What became of a test page.", [ID])},
        "/api/v1/drill": {
            "post": _post(
                "A practised P0, marked.", ("category", "text", "speed", "as"), ("category", "text")
            )
        },
        "/api/v1/openapi.json": {"get": _get("This document.")},
    }


def _facts(verb: str) -> dict[str, Schema]:
    """What `state` takes: each fact of its kind."""
    if verb != "state":
        return {}
    kinds: dict[str, Schema] = {"root-cause": TEXT | {"maxLength": FACT_MAX}, "third-party": LINE}
    return {field: kinds.get(fact, COUNT if fact in READ else FLAG) for field, fact in FACTS.items()}


def _post(
    words: str,
    fields: Iterable[str],
    needed: Iterable[str] = (),
    parameters: list[Schema] | None = None,
    own: dict[str, Schema] | None = None,
) -> Schema:
    properties = {name: (own or {}).get(name) or FIELDS[name] for name in fields}
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    required = list(needed)
    if required:
        schema["required"] = required
    return {
        **_get(words, parameters),
        "requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}},
    }


def _report(words: str) -> Schema:
    said = _post(words, ("text", "environment", "system", "as"), ("text",))
    text = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
    said["requestBody"]["content"]["application/json"]["schema"]["properties"]["text"] = text
    return said


def _hook() -> Schema:
    """Signed by itself: no token."""
    headers = ("Sentry-Hook-Signature", "Sentry-Hook-Timestamp", "Request-ID")
    asked = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in headers]
    return {
        **_get("A webhook of Sentry's: look at once.", asked),
        "security": [],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
    }


def _get(words: str, parameters: list[Schema] | None = None) -> Schema:
    answers = {code: {"$ref": f"#/components/responses/{code}"} for code in _ERRORS}
    done = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"summary": words, "parameters": parameters or [], "responses": {"200": done, **answers}}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


def _error(words: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": words, "content": {"application/json": {"schema": schema}}}
