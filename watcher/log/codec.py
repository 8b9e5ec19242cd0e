"""Events to rows and back. Old shapes are lifted on the way in; what is newer than this daemon is refused."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from watcher.incident.catalogue import EVENTS
from watcher.incident.event import Event
from watcher.log import LogBroken, LogNewer
from watcher.log.upcast import lift


def encode(event: Event) -> tuple[str, int, str]:
    """(type, schema, body); the body is compact JSON without what is at its default."""
    return type(event).__name__, event.SCHEMA, _body(event)


def _body(event: Event) -> str:
    try:
        return event.model_dump_json(exclude_defaults=True)
    except PydanticSerializationError:  # half a character, from outside: no text is worth the writer
        whole = _whole(event.model_dump(exclude_defaults=True))
        return type(event).model_validate(whole).model_dump_json(exclude_defaults=True)


def _whole(value: Any) -> Any:
    """The same with every text that can be written."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return type(value)(_whole(item) for item in value) if isinstance(value, list | tuple) else value


def decode(type_: str, schema: int, body: str) -> Event:
    """The event of a row. Raises LogNewer where this daemon cannot know it, LogBroken where it cannot be read."""
    kind = EVENTS.get(type_)
    if kind is None:
        raise LogNewer(
            f"the log holds a {type_} event, which this version does not know: install the newer version again"
        )
    if schema > kind.SCHEMA:
        raise LogNewer(
            f"the log holds {type_} events of schema {schema}; this version reads up to {kind.SCHEMA}: "
            "install the newer version again"
        )
    try:
        return (
            kind.model_validate_json(body)
            if schema == kind.SCHEMA
            else kind.model_validate(lift(type_, schema, kind.SCHEMA, json.loads(body)))
        )
    except (ValidationError, ValueError) as error:
        raise LogBroken(f"a {type_} event in the log cannot be read: restore a backup") from error
