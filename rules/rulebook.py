"""The rulebook: all rules that are in force, ready to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache

from rules.prefilter import Prefilter, prefilter
from rules.rule import Rule
from rules.signal import Category

NON_PRODUCTION = ("development", "dev", "local", "test", "ci", "staging", "preview")
"""Environments that page nobody, whatever fails in them. A `*` at either end stands for anything."""

ENVIRONMENT_MAX = 200
"""Characters of an environment's name that are compared."""

ENVIRONMENTS_KEPT = 1_024
"""Environments whose answer is kept; a team has a handful, and previews come and go."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with the category of its file, and the file."""

    rule: Rule
    category: Category
    file: str


@dataclass(frozen=True)
class Rulebook:
    """Frozen: a reload makes another one. `sha256` names what the rules say, whatever file or comment they stand in."""

    entries: tuple[Entry, ...]
    sha256: str
    windows: tuple[timedelta, ...]  # in which sources count, at most three
    non_production: tuple[str, ...] = NON_PRODUCTION

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(entry.rule for entry in self.entries)

    @cached_property
    def of_kind(self) -> Mapping[str, tuple[tuple[Entry, ...], Prefilter]]:
        """The rules in force for each kind of signal, with their quick no; made when the first of its kind comes."""
        return _Ready(self.entries)

    def silent(self, environment: str | None) -> bool:
        """Whether an environment pages nobody. Names are compared whole, without case."""
        return silent(environment, self.non_production)


class _Ready(dict[str, tuple[tuple[Entry, ...], Prefilter]]):
    """Compiled rules weigh some megabytes a kind; who never gets a report does not carry its patterns."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self._entries = entries

    def __missing__(self, kind: str) -> tuple[tuple[Entry, ...], Prefilter]:
        self[kind] = _ready(self._entries, kind)
        return self[kind]


def silent(environment: str | None, non_production: tuple[str, ...]) -> bool:
    """Whether an environment is one of those that page nobody."""
    return bool(environment) and _listed(non_production, (environment or "").strip()[:ENVIRONMENT_MAX])


@lru_cache(maxsize=ENVIRONMENTS_KEPT)
def _listed(patterns: tuple[str, ...], environment: str) -> bool:
    name = environment.casefold()
    return any(_names(pattern.casefold(), name) for pattern in patterns)


def _names(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name.endswith(pattern[1:]) if pattern.startswith("*") else name == pattern


def _ready(entries: Iterable[Entry], kind: str) -> tuple[tuple[Entry, ...], Prefilter]:
    chosen = tuple(entry for entry in entries if entry.rule.signal == kind and entry.rule.mode != "disabled")
    return chosen, prefilter(entry.rule.when for entry in chosen)
