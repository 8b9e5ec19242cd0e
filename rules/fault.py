"""Faults of a file that people write: where it is wrong, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

Location = tuple[str | int, ...]

SHOWN_MAX = 60
"""Characters of a key or value that a message repeats."""

KEYS_MAX = 12
"""Known keys that a message lists."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong. Line and column count from 1; `path` names the key ("sentry.0.projects")."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.path + ': ' if self.path else ''}{self.message}"


class Faults(Exception):  # noqa: N818 - the word of the glossary
    """Everything that is wrong with a file, or with several, in the order of their lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


def mend(error: Any, model: type[BaseModel], *, show_value: bool) -> str:
    """The words for one error of pydantic, with what to do about it."""
    kind, loc = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(str(loc[-1]), sorted(_keys(model, loc[:-1])))
    if kind == "missing":
        return f"{loc[-1]!r} is missing"
    words = str(error["msg"]).removeprefix("Value error, ")
    if kind == "string_type":
        words = "must be text: put it in quotes"
    if kind in ("tuple_type", "list_type"):
        words = "must be a list: write [a, b], or one item a line behind a dash"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        words = "must be keys with values: write {key: value}, or one a line"
    if kind == "timezone_aware":
        words = "a moment needs its zone: write 2026-11-25T03:00:00Z"
    if kind == "literal_error" and loc == ("version",):
        words = f"this program reads version {error['ctx']['expected']}"
    if show_value and isinstance(error.get("input"), str | int | float | bool):
        return f"{words} (here: {shown(error['input'])})"
    return words


def shown(value: object) -> str:
    """A value as a message may repeat it: escaped and short."""
    text = str(value)
    if isinstance(value, str):
        text = f"'{value}'" if value.isprintable() else ascii(value)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "..."


def _unknown_key(key: str, known: list[str]) -> str:
    if key in known:
        return f"{shown(key)} does not belong here"
    near = difflib.get_close_matches(key[:SHOWN_MAX], known, 1, 0.6)
    if near:
        return f"unknown key {shown(key)}; did you mean '{near[0]}'?"
    if not known:
        return f"unknown key {shown(key)}"
    more = ", ..." if len(known) > KEYS_MAX else ""
    return f"unknown key {shown(key)}; known here: {', '.join(known[:KEYS_MAX])}{more}"


def _keys(model: type[BaseModel], loc: Location) -> set[str]:
    """The keys that a model knows at a place: its own, or those of the models below it."""
    models = {model}
    for part in loc:
        deeper = {
            found
            for one in models
            for name, info in one.model_fields.items()
            if part in (name, info.alias)
            for found in _models(info.annotation)
        }
        models = deeper or models
    return {info.alias or name for one in models for name, info in one.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not get_args(annotation):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from _models(argument)
