"""The words in which `shapes` says what an answer is made of."""

from __future__ import annotations

from watcher.serve.fields import Schema

STR: Schema = {"type": "string"}
STR_OR_NULL: Schema = {"type": ["string", "null"]}
AT: Schema = {"type": "string", "format": "date-time"}
AT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
INT: Schema = {"type": "integer"}
INT_OR_NULL: Schema = {"type": ["integer", "null"]}
NUM: Schema = {"type": "number"}
NUM_OR_NULL: Schema = {"type": ["number", "null"]}
BOOL: Schema = {"type": "boolean"}
BOOL_OR_NULL: Schema = {"type": ["boolean", "null"]}


def shape(**fields: Schema) -> Schema:
    """An object with these fields, each of them always there. A last underscore is of Python's, not of the name's."""
    named = {name.removesuffix("_"): value for name, value in fields.items()}
    return {"type": "object", "required": list(named), "properties": named}


def many(one: Schema) -> Schema:
    return {"type": "array", "items": one}


def named(one: Schema) -> Schema:
    """By names of the configuration's."""
    return {"type": "object", "additionalProperties": one}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "null"}]}


def with_more(*names: str, needed: tuple[str, ...], **more: Schema) -> Schema:
    """One of these shapes, and beside its fields these."""
    return {"anyOf": [ref(name) for name in names], "required": list(needed), "properties": more}
