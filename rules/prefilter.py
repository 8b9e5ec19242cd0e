"""The quick no: most texts match no pattern at all, and one search over all patterns says so."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from rules import everyday
from rules.haystack import searchable
from rules.pattern import compiled, sieve
from rules.rule import Condition

MEMO_MAX = 4_096
"""Texts whose answer is remembered, by digest: some hundred bytes each."""

START = "(?:^"
"""What begins so is tried at one place of a text: it costs nothing to look for it first, and it may spare the rest."""

Truth = bool | None
Patterns = frozenset[str]

NOTHING: Patterns = frozenset()


def needed(condition: Condition, cost: Callable[[Patterns], Any] = len) -> Patterns | None:
    """Patterns of which one must match for the condition to hold; None where it may hold without any.

    Where it has the choice, it takes those that cost least.
    """
    wants = (_needed(name, value, cost) for name, value in condition.clauses)
    return min((want for want in wants if want is not None), key=cost, default=None)


def _needed(name: str, value: Any, cost: Callable[[Patterns], Any]) -> Patterns | None:
    if name == "any_text":
        return frozenset(value)
    wants = [needed(inner, cost) for inner in value] if name in {"all", "any"} else []
    if name == "any":
        return NOTHING.union(*(want or () for want in wants)) if None not in wants else None
    return min((want for want in wants if want is not None), key=cost, default=None)


def ruling_out(condition: Condition) -> Patterns:
    """Patterns of which each alone says that the condition does not hold."""
    return NOTHING.union(*(_ruling_out(name, value) for name, value in condition.clauses))


def _ruling_out(name: str, value: Any) -> Patterns:
    if name == "all":
        return NOTHING.union(*map(ruling_out, value))
    if name != "not":
        return NOTHING
    return NOTHING.union(
        *(inner for key, inner in value.clauses if key == "any_text" and len(value.clauses) == 1)
    )


Heard = Callable[[AbstractSet[str]], Truth]
"""What the text alone, by the patterns found in it, says of a condition: None where other clauses decide."""


def heard(condition: Condition) -> Heard | None:
    """Made ready to be asked often; None where no text decides anything."""
    return _every([_heard(name, value) for name, value in condition.clauses])


def _heard(name: str, value: Any) -> Heard | None:
    if name == "any_text":
        wanted = frozenset(value)
        return lambda found: not wanted.isdisjoint(found)
    if name == "all":
        return _every([heard(inner) for inner in value])
    if name == "any":
        return _not(_every([_not(heard(inner)) for inner in value]))
    return _not(heard(value)) if name == "not" else None


def _every(parts: list[Heard | None]) -> Heard | None:
    known = [part for part in parts if part is not None]
    at_best: Truth = None if len(known) < len(parts) else True

    def every(found: AbstractSet[str]) -> Truth:
        truth = at_best
        for part in known:
            said = part(found)
            if said is False:
                return False
            if said is None:
                truth = None
        return truth

    if len(known) == 1 and at_best:
        return known[0]
    return every if known else None


def _not(part: Heard | None) -> Heard | None:
    if part is None:
        return None

    def turned(found: AbstractSet[str]) -> Truth:
        said = part(found)
        return None if said is None else not said

    return turned


@dataclass(frozen=True, slots=True)
class Many:
    """Patterns that are looked for together. Where no sieve could be built, each is asked by itself."""

    patterns: tuple[str, ...]
    sieve: Any

    def found(self, text: str) -> Patterns:
        """Those that match."""
        if not self.patterns:
            return NOTHING
        if self.sieve is None:
            return frozenset(pattern for pattern in self.patterns if compiled(pattern).search(text))
        return frozenset(self.patterns[number] for number in self.sieve.Match(text) or ())

    def found_among(self, wanted: AbstractSet[str], text: str) -> Patterns:
        """Those of some that match: the rest is not even tried."""
        if not wanted or not self.patterns:
            return NOTHING
        if self.sieve is None:
            return frozenset(pattern for pattern in wanted if compiled(pattern).search(text))
        possible = [self.patterns[number] for number in self.sieve.Match(text, potential=True) or ()]
        return frozenset(one for one in possible if one in wanted and compiled(one).search(text))


def many(patterns: Iterable[str]) -> Many:
    """Make ready to look for them."""
    known = tuple(sorted(set(patterns)))
    return Many(known, sieve(known))


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Says which patterns a text matches, and which rules it may fire, without asking each.

    First the patterns without which no rule holds; only where one of them matches, the rest.
    """

    heard: tuple[Heard | None, ...]  # by the rule's number
    always: tuple[int, ...]  # rules that may hold without any pattern
    unasked: tuple[int, ...]  # those of them that may hold where no pattern matches
    asking: Mapping[str, tuple[int, ...]]  # a pattern, and the rules that may hold when it matches
    speaking: tuple[Patterns, ...]  # the patterns of each rule that are not looked for first
    ending: tuple[Patterns, ...]  # the patterns, of those looked for first, that rule each rule out
    first: Many
    rest: Many
    _memo: OrderedDict[bytes, Patterns] = field(default_factory=OrderedDict, repr=False, compare=False)

    def found(self, raw: str) -> Patterns:
        """The patterns that match a raw text, as far as a rule can fire on it. A memo answers for texts seen lately."""
        digest = hashlib.blake2b(raw.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._memo.get(digest)
        if known is not None:
            self._memo.move_to_end(digest)
            return known
        text = searchable(raw)
        found = self.first.found(text)
        if found:
            asked = {number for pattern in found for number in self.asking.get(pattern, ())}
            asked = {number for number in asked if self.ending[number].isdisjoint(found)}
            found |= self.rest.found_among(NOTHING.union(*(self.speaking[n] for n in asked)), text)
        self._memo[digest] = found
        if len(self._memo) > MEMO_MAX:
            self._memo.popitem(last=False)
        return found

    def all_found(self, text: str) -> Patterns:
        """Every pattern that matches a plain text, whether or not a rule can fire on it."""
        return self.first.found(text) | self.rest.found(text)

    def candidates(self, found: AbstractSet[str]) -> tuple[int, ...]:
        """The rules, by number, that may fire on a text in which these patterns were found."""
        if not found:
            return self.unasked
        asked = {number for pattern in found for number in self.asking.get(pattern, ())}
        numbers = sorted(asked.union(self.always))
        return tuple(n for n in numbers if (says := self.heard[n]) is None or says(found) is not False)


def prefilter(conditions: Iterable[Condition]) -> Prefilter:
    """Build it for the conditions of rules, numbered in their order."""
    conditions = tuple(conditions)
    patterns = {pattern for condition in conditions for pattern in _patterns(condition)}
    cost = _cost(many(patterns))
    asking: dict[str, list[int]] = {}
    always: list[int] = []
    for number, condition in enumerate(conditions):
        want = needed(condition, cost)
        if want is None:
            always.append(number)
        for pattern in want or ():
            asking.setdefault(pattern, []).append(number)
    first = NOTHING.union(*(_patterns(conditions[number]) for number in always)).union(asking)
    ruled_out = tuple(map(ruling_out, conditions))
    first |= {pattern for patterns in ruled_out for pattern in patterns if pattern.startswith(START)}
    hearing = tuple(map(heard, conditions))
    return Prefilter(
        heard=hearing,
        always=tuple(always),
        unasked=tuple(n for n in always if (says := hearing[n]) is None or says(NOTHING) is not False),
        asking={pattern: tuple(numbers) for pattern, numbers in asking.items()},
        speaking=tuple(frozenset(_patterns(condition)) - first for condition in conditions),
        ending=tuple(patterns & first for patterns in ruled_out),
        first=many(first),
        rest=many(patterns - first),
    )


def _cost(patterns: Many) -> Callable[[Patterns], tuple[int, int]]:
    """How often patterns match what applications say all day, then how many they are."""
    matches = [patterns.found(line) for line in everyday.LINES]
    return lambda want: (sum(not want.isdisjoint(found) for found in matches), len(want))


def _patterns(condition: Condition) -> Iterable[str]:
    for name, value in condition.clauses:
        if name == "any_text":
            yield from value
        elif name in {"all", "any", "not"}:
            for inner in value if isinstance(value, tuple) else (value,):
                yield from _patterns(inner)
