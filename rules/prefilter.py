"""The quick no: most texts match no pattern at all, and one joined search says so."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rules.haystack import plain
from rules.pattern import joined
from rules.rule import Condition

MEMO_MAX = 4_096
"""Texts whose answer is remembered, by digest: some hundred bytes each."""


def needed(condition: Condition) -> frozenset[str] | None:
    """Patterns of which one must match for the condition to hold; None where it may hold without any."""
    wants = [_clause(name, value) for name, value in condition.clauses]
    return min((want for want in wants if want is not None), key=len, default=None)


def _clause(name: str, value: Any) -> frozenset[str] | None:
    if name == "any_text":
        return frozenset(value)
    if name == "all":
        wants = [needed(inner) for inner in value]
        return min((want for want in wants if want is not None), key=len, default=None)
    if name == "any":
        wants = [needed(inner) for inner in value]
        return frozenset().union(*(want or () for want in wants)) if None not in wants else None
    return None


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Says which rules a text may fire, without asking each: all patterns, then a category's, then a rule's."""

    always: tuple[int, ...]
    groups: tuple[tuple[Any, tuple[tuple[int, Any], ...]], ...]
    all: Any
    _memo: OrderedDict[bytes, tuple[int, ...]] = field(default_factory=OrderedDict, repr=False, compare=False)

    def candidates(self, raw: str) -> tuple[int, ...]:
        """The rules, by number, that may fire on a raw text. A memo answers for texts seen lately."""
        digest = hashlib.blake2b(raw.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._memo.get(digest)
        if known is not None:
            self._memo.move_to_end(digest)
            return known
        found = tuple(sorted((*self.always, *self._search(plain(raw)))))
        self._memo[digest] = found
        if len(self._memo) > MEMO_MAX:
            self._memo.popitem(last=False)
        return found

    def _search(self, text: str) -> list[int]:
        if not self.groups or not _hits(self.all, text):
            return []
        hit = (rules for group, rules in self.groups if _hits(group, text))
        return [number for rules in hit for number, pattern in rules if _hits(pattern, text)]


def _hits(pattern: Any, text: str) -> bool:
    """A joined pattern that could not be built hides nothing."""
    return pattern is None or pattern.search(text) is not None


def prefilter(rules: Iterable[tuple[str, Condition]]) -> Prefilter:
    """Build it for rules given as (group, condition), numbered in their order."""
    always: list[int] = []
    grouped: dict[str, dict[int, frozenset[str]]] = {}
    for number, (group, condition) in enumerate(rules):
        want = needed(condition)
        if want is None:
            always.append(number)
        else:
            grouped.setdefault(group, {})[number] = want
    return Prefilter(
        always=tuple(always),
        groups=tuple((_join(wants.values()), _singles(wants)) for wants in grouped.values()),
        all=_join(want for wants in grouped.values() for want in wants.values()),
    )


def _singles(wants: dict[int, frozenset[str]]) -> tuple[tuple[int, Any], ...]:
    return tuple((number, joined(sorted(want))) for number, want in wants.items())


def _join(wants: Iterable[frozenset[str]]) -> Any:
    return joined(sorted(frozenset().union(*wants)))
