"""What documents of checks have in common: named members, each with a state of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rules.health import words
from rules.health.parts import Part
from rules.health.reading import NAME_MAX
from rules.signal import HealthState

MEMBERS_MAX = 5000
"""Members of one level that are looked at: hundreds of shards have a few values each."""

Table = Mapping[str, HealthState]


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it has names, else nothing."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[tuple[str, Any]]:
    """Names and values, bounded; a name that nobody would give is cut."""
    return [(str(name)[: NAME_MAX + 1], inner) for name, inner in list(mapping(value).items())[:MEMBERS_MAX]]


def each(value: Any) -> list[Mapping[str, Any]]:
    """The members of a list that have names, bounded."""
    return [one for one in value[:MEMBERS_MAX] if isinstance(one, Mapping)] if isinstance(value, list) else []


def all_named(values: Iterable[Any]) -> bool:
    """Whether there is something, and everything in it has names."""
    values = list(values)
    return bool(values) and all(isinstance(one, Mapping) for one in values)


def state_of(value: Any, table: Table) -> HealthState | None:
    """What a word says in this format; a word of somebody's own is read as any other."""
    if not isinstance(value, str):
        return None
    return table.get(value.strip().casefold()[:NAME_MAX]) or words.verdict(value)


def by_key(value: Any, table: Table, key: str = "status") -> Iterator[Part]:
    """Members named by their keys."""
    for name, inner in items(value):
        state = state_of(mapping(inner).get(key), table)
        if state is not None:
            yield Part(name=name, state=state)


def by_name(
    value: Any, table: Table, *, names: tuple[str, ...] = ("name",), key: str = "status"
) -> Iterator[Part]:
    """Members of a list, named by one of their own values."""
    for one in each(value):
        name = next((one[word] for word in names if isinstance(one.get(word), str) and one[word]), "")
        state = state_of(one.get(key), table)
        if name and state is not None:
            yield Part(name=name[: NAME_MAX + 1], state=state)
