"""The one YAML loader, for rules and for the configuration: every fault at once, each with file, line and column.

Only the core words of YAML 1.2 have a type: true, false, null, plain integers and floats. `on`, `off`, `yes`, `no`,
`22:00` and `012` are text. Keys are always text. Anchors, aliases, tags and second documents are refused.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from rules.fault import Fault, Faults, Location, mend, shown

BYTES_MAX = 1_000_000
"""A rule file is some kilobytes; more than this is not a file for people."""

DEPTH_MAX = 32
"""Our deepest key lies ten levels down."""

NODES_MAX = 100_000
"""What 1 MB can hold of useful lines, and no more."""

FAULTS_MAX = 100
"""Beyond these nobody reads on."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,17}(\.[0-9]{0,17})?([eE][-+]?[0-9]{1,2})?")

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where each key and value stands (line and column, from 1)."""

    name: str
    value: Any
    keys: dict[Location, Place] = field(repr=False)
    values: dict[Location, Place] = field(repr=False)

    def fault(self, loc: Iterable[str | int], message: str, *, at_key: bool = False) -> Fault:
        """A fault at the place of `loc`, or at the nearest place above it."""
        path: Location = ()
        for part in loc:
            if (*path, part) in self.values:
                path = (*path, part)
        line, column = (self.keys if at_key and path in self.keys else self.values)[path]
        return Fault(self.name, line, column, ".".join(map(str, path)), message)

    def check(self, model: type[Model], context: Any = None, *, show_values: bool = False) -> Model:
        """The document as a model, or Faults. Values are shown only where the file holds no secrets."""
        try:
            return model.model_validate({} if self.value is None else self.value, context=context)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=show_values)[:FAULTS_MAX]
            raise Faults(self._faults(found, model, show_values=show_values)) from None

    def _faults(self, found: list[Any], model: type[BaseModel], *, show_values: bool) -> Iterator[Fault]:
        for error in found:
            if error["type"] == "too_short" and any(
                other is not error and other["loc"][: len(error["loc"])] == error["loc"] for other in found
            ):
                continue  # the items are there, and each has its own fault
            unknown = error["type"] == "extra_forbidden"
            yield self.fault(error["loc"], mend(error, model, show_value=show_values), at_key=unknown)


def read(path: Path, model: type[Model], context: Any = None, *, show_values: bool = False) -> Model:
    """Read a file as a model. Faults holds everything that is wrong with it."""
    return document(path).check(model, context, show_values=show_values)


def parse(
    text: str, name: str, model: type[Model], context: Any = None, *, show_values: bool = False
) -> Model:
    """Read a text as a model; `name` is what faults call it."""
    return compose(text, name).check(model, context, show_values=show_values)


def document(path: Path) -> Document:
    """Read a file as YAML, without a model."""
    name = str(path)
    try:
        raw = _raw(path)
    except OSError as error:
        closed = f"; the daemon's own user must: chmod 644 {name}" if error.errno == errno.EACCES else ""
        raise Faults([Fault(name, 1, 1, "", f"cannot be read: {error.strerror}{closed}")]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8", "replace"))
        raise Faults([Fault(name, line, column, "", "not UTF-8: save the file as UTF-8")]) from None
    return compose(text, name)


def _raw(path: Path) -> bytes:
    """As much of the file as is read. Raises OSError."""
    if not path.is_file():
        raise OSError(errno.EINVAL, _instead_of_a_file(path))
    with path.open("rb") as stream:
        return stream.read(BYTES_MAX + 1)


def _instead_of_a_file(path: Path) -> str:
    if path.is_dir():
        return "it is a folder; name the file in it"
    return "it is a device or a pipe; name a file" if path.exists() else "there is no such file"


def compose(text: str, name: str) -> Document:
    """Read a text as YAML, without a model."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise Faults([Fault(name, 1, 1, "", f"larger than {BYTES_MAX} bytes: split it")])
    try:
        return _Composer(name).compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        tab = "".join(text.split("\n")[line - 1 : line])[column - 1 : column] == "\t"
        words = "a tab: indent with spaces" if tab else f"not YAML: {error.problem}"
        raise Faults([Fault(name, line, column, "", words)]) from None
    except (yaml.YAMLError, UnicodeEncodeError):
        bad = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
        line, column = _place(text[: bad.start()] if bad else "")
        message = "a control character: remove it, or write it as \\x.. in double quotes"
        raise Faults([Fault(name, line, column, "", message)]) from None


def _place(before: str) -> Place:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class _Composer:
    """Builds a document from parser events, with a stack of its own: no recursion, no alias, no surprise."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.keys: dict[Location, Place] = {}
        self.values: dict[Location, Place] = {(): (1, 1)}
        self.faults: list[Fault] = []

    def compose(self, text: str) -> Document:
        events = self._bounded(yaml.parse(text, Loader=yaml.CSafeLoader))
        value = None
        for number, start in enumerate(self._documents(events)):
            if number:
                self._refuse(start, (), "a second document: one file is one document")
                break
            first = next(events)
            value = None if isinstance(first, yaml.DocumentEndEvent) else self._value(first, events, ())
        if self.faults:
            raise Faults(self.faults[:FAULTS_MAX])
        return Document(self.name, value, self.keys, self.values)

    def _documents(self, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
        return (event for event in events if isinstance(event, yaml.DocumentStartEvent))

    def _bounded(self, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
        for number, event in enumerate(events):
            if number > NODES_MAX:
                self._refuse(event, (), f"more than {NODES_MAX} values: split the file")
                raise Faults(self.faults)
            yield event

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Location) -> Any:
        self.values[path] = _at(event)
        if len(path) > DEPTH_MAX:
            self._refuse(event, path, f"nested more than {DEPTH_MAX} levels deep")
            raise Faults(self.faults)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, path, "anchors and aliases (& and *) are not read here: write the value out")
        if getattr(event, "tag", None):
            self._refuse(event, path, "tags (!...) are not read here: quote the value to make it text")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return _scalar(event)

    def _sequence(self, events: Iterator[yaml.Event], path: Location) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: Location) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            if key in mapping:
                first = self.keys[(*path, key)]
                self._refuse(event, path, f"the key {shown(key)} stands twice (first in line {first[0]})")
            self.keys[(*path, key)] = _at(event)
            mapping[key] = self._value(next(events), events, (*path, key))
        return mapping

    def _key(self, event: yaml.Event, path: Location) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, path, "a key must be plain text; quote it if it holds [ ] { } or *")
            raise Faults(self.faults)
        if event.anchor or event.tag:
            self._refuse(event, path, "a key takes no anchor and no tag")
        return str(event.value)

    def _refuse(self, event: yaml.Event, path: Location, message: str) -> None:
        line, column = _at(event)
        self.faults.append(Fault(self.name, line, column, ".".join(map(str, path)), message))


def _at(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _scalar(event: yaml.Event) -> Any:
    if not isinstance(event, yaml.ScalarEvent):
        return None
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not _leading_zero(text):
        return float(text)
    return text


def _leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return digits[0] == "0" and digits[1:2].isdigit()
