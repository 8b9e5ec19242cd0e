"""The API as a document (OpenAPI 3.1), made of the rows that its routes are made of; served at /api/v1/openapi.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from watcher import __version__
from watcher.serve import api, hooks, reports
from watcher.serve.asking import NUMBER
from watcher.serve.body import Fields
from watcher.serve.fields import FIELDS, Schema
from watcher.serve.operation import BODILESS, Operation
from watcher.serve.operation import routes as routes_of
from watcher.serve.schema import ref
from watcher.serve.shapes import SHAPES

IN_THE_PATH: Mapping[str, Schema] = {
    "id": {"type": "string", "pattern": r"^[A-Za-z]{3,4}-[0-9]{1,9}$", "examples": ["INC-7"]},
    "number": {"type": "string", "pattern": f"^{NUMBER}$", "examples": ["1"]},
}
TOKEN, SIGNATURE = "token", "signature"

ERRORS: Mapping[str, str] = {
    "400": "A field is not of its kind; the answer names it and the mend.",
    "401": "A token is needed, or this one is none.",
    "403": "Not from here, or not with this token.",
    "404": "There is none of this name.",
    "405": "This address does not take that method; Allow names those that it takes.",
    "408": "The body took too long.",
    "409": "It cannot be done now; the answer says why. Nothing has changed.",
    "413": "The body is too long.",
    "415": "Send JSON.",
    "422": "The configuration was not taken; `faults` says why. The one before goes on governing.",
    "429": "Too often; Retry-After says how long to wait.",
    "503": "The watcher is too busy, or its log cannot be read; try again.",
}
SENT = ("408", "413", "415")
"""Of bodies alone."""
RELOADED = "422"

SELF = Operation(
    name="openapi",
    method="GET",
    path="/api/v1/openapi.json",
    says="This document.",
    answers="OpenAPI",
)
OPERATIONS: tuple[Operation, ...] = (*api.OPERATIONS, *reports.OPERATIONS, *hooks.OPERATIONS, SELF)
INFO = """\
The commands of the command line, one for one, and the readings behind them. Where serve.tokens names none, whoever sits at
this machine needs no token. A field or a parameter that is not known is refused by name.
"""


def routes() -> list[Route]:
    made = document()

    async def served(_: Request, __: Fields) -> Any:
        return made

    return routes_of([(SELF, served)])


def document() -> Schema:
    """The whole document."""
    paths: dict[str, Schema] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hotfix Watcher",
            "version": __version__,
            "description": INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{TOKEN: []}],
        "paths": paths,
        "components": _components(),
    }


def _components() -> Schema:
    error = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    faults = {"faults": {"type": "array", "items": {"type": "string"}}, "generation": {"type": "integer"}}
    properties = {**error["properties"], **faults}  # type: ignore[dict-item]
    return {
        "securitySchemes": {
            TOKEN: {"type": "http", "scheme": "bearer", "description": "One of serve.tokens."},
            SIGNATURE: {
                "type": "apiKey",
                "in": "header",
                "name": hooks.SIGNATURE,
                "description": hooks.SENTRY.headers[hooks.SIGNATURE],
            },
        },
        "schemas": {**SHAPES, "OpenAPI": {"type": "object"}, "Error": {**error, "properties": properties}},
        "responses": {code: _answer(words, ref("Error")) for code, words in ERRORS.items()},
    }


def _operation(one: Operation) -> Schema:
    found: Schema = {
        "operationId": one.name,
        "summary": one.says,
        "parameters": _parameters(one),
        "responses": {"200": _answer("Done.", ref(one.answers)), **_errors(one)},
    }
    if one.headers:
        found["security"] = [{SIGNATURE: []}]
    if one.method not in BODILESS:
        found["requestBody"] = _body(one)
    return found


def _errors(one: Operation) -> Schema:
    left_out = () if one.method not in BODILESS else SENT
    codes = (code for code in ERRORS if code not in left_out and (code != RELOADED or one.name == "reload"))
    return {code: {"$ref": f"#/components/responses/{code}"} for code in codes}


def _parameters(one: Operation) -> list[Schema]:
    names = re.findall(r"\{(\w+)\}", one.path)
    path = [{"name": name, "in": "path", "required": True, "schema": IN_THE_PATH[name]} for name in names]
    asked = one.takes if one.method in BODILESS else ()
    query = [{"name": name, "in": "query", "schema": _text(_takes(one, name))} for name in asked]
    signed = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": words}
        for name, words in one.headers.items()
        if name != hooks.SIGNATURE  # the way to sign in says it
    ]
    return [*path, *query, *signed]


def _text(schema: Schema) -> Schema:
    """In a query nothing is null: it is left out."""
    return {**schema, "type": "string"}


def _takes(one: Operation, field: str) -> Schema:
    """What has to be there is never null and never empty."""
    schema = one.own.get(field) or FIELDS[field]
    if field not in one.needs or schema["type"] != ["string", "null"]:
        return schema
    return {**schema, "type": "string", "minLength": 1}


def _body(one: Operation) -> Schema:
    schema: Schema = {"type": "object"}
    if not one.headers:
        properties = {name: _takes(one, name) for name in one.takes}
        schema |= {"additionalProperties": False, "properties": properties}
    if one.needs:
        schema["required"] = list(one.needs)
    if one.any_of:
        schema["anyOf"] = [{"required": [name]} for name in one.any_of]
    content: Schema = {"schema": schema}
    if one.example or not one.needs:
        content["example"] = {**({"as": "ann"} if "as" in one.takes else {}), **one.example}
    return {"required": True, "content": {"application/json": content}}


def _answer(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}
