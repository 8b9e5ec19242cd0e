"""The document, and what it says of an answer."""

from __future__ import annotations

from typing import Any

from watcher.serve.openapi import document

DOCUMENT = document()
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


def sent(path: str, method: str = "post") -> dict[str, Any]:
    """What the document says of a body."""
    content: dict[str, Any] = PATHS[path][method]["requestBody"]["content"]["application/json"]
    return content


def answered(path: str, method: str) -> dict[str, Any]:
    """The schema of a success."""
    success = PATHS[path][method]["responses"]["200"]["content"]["application/json"]
    schema: dict[str, Any] = success["schema"]
    return schema


def untold(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """What of an answer the document does not tell, or tells otherwise; nothing may be told less than whole."""
    options = schema.get("anyOf")
    if options is None:
        return _untold(value, _resolved(schema), where)
    rest = {**schema.get("properties", {})}
    found = [_untold(value, _widened(_resolved(one), rest), where) for one in options]
    missing = [f"{where}/{n} is missing" for n in schema.get("required", ()) if n not in value]
    return min(found, key=len) + missing


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _widened(schema: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {**schema.get("properties", {}), **more}} if more else schema


def _untold(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    if "anyOf" in schema:
        return untold(value, schema, where)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not isinstance(value, sum((KINDS[kind] for kind in kinds), ())) or (
        isinstance(value, bool) and "boolean" not in kinds
    ):
        return [f"{where} is {value!r}, told as {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, told as {schema['enum']}"]
    if isinstance(value, list):
        return [
            fault for n, one in enumerate(value) for fault in untold(one, schema["items"], f"{where}/{n}")
        ]
    return _untold_fields(value, schema, where) if isinstance(value, dict) else []


def _untold_fields(value: dict[str, Any], schema: dict[str, Any], where: str) -> list[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    found = [f"{where}/{name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, one in value.items():
        told = known.get(name, others)
        found += untold(one, told, f"{where}/{name}") if told else [f"{where}/{name} is not told"]
    return found
