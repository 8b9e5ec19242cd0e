"""Three-valued judgement: a condition holds, does not hold, or cannot be known. What is unknown never fires."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rules.haystack import raw, searchable
from rules.likeness import Likeness, likeness, telling
from rules.mask import clean
from rules.pattern import compiled
from rules.rule import Condition, SoundsLike
from rules.signal import Signal

QUOTE_MAX = 80
"""Characters of foreign text that a reason quotes."""

COMPONENTS_MAX = 200
"""Components read of one answer."""

WORDS_KEPT = 4_096
"""Answers kept to whether a word is one of a rule's: loggers, projects and platforms come again with every signal."""

TEXTS_KEPT = 8
"""Plain texts kept: several clauses quote the same one."""

Truth = bool | None
"""None is unknown."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whether something holds, and the clauses that do, in words. The words are made when they are asked for."""

    truth: Truth
    said: tuple[str | Callable[[], str] | Held, ...] = ()

    @property
    def because(self) -> tuple[str, ...]:
        """One line a clause, each once."""
        return tuple(dict.fromkeys(self._lines()))

    def _lines(self) -> Iterable[str]:
        for one in self.said:
            if isinstance(one, Held):
                yield from one._lines()  # noqa: SLF001 - of its own kind
            else:
                yield one if isinstance(one, str) else one()


HOLDS = Held(truth=True)
MISSED = Held(truth=False)
UNKNOWN = Held(truth=None)


def held(*because: str | Callable[[], str]) -> Held:
    """It holds, for these reasons."""
    return Held(True, because)  # noqa: FBT003 - the truth of it


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal with its text, and the patterns found in it where they were looked for before.

    Where they were not, the text is searched as it is; so it must be plain then.
    """

    signal: Signal
    text: str
    found: AbstractSet[str] | None = None


def evaluate(condition: Condition, seen: Seen) -> Held:
    """Judge a condition: every key must hold."""
    clauses = condition.clauses
    if len(clauses) == 1:
        name, value = clauses[0]
        return _TESTS[name](value, seen)
    return every(_TESTS[name](value, seen) for name, value in clauses)


def every(parts: Iterable[Held]) -> Held:
    """All hold; false where one does not, else unknown where one is unknown. The first that does not ends it."""
    known: list[Held] = []
    truth: Truth = True
    for part in parts:
        if part.truth is False:
            return MISSED
        if part.truth is None:
            truth = None
        known.append(part)
    return Held(truth, tuple(known) if truth else ())


def some(parts: Iterable[Held]) -> Held:
    """One holds; unknown where none does and one is unknown."""
    parts = tuple(parts)
    truths = [part.truth for part in parts]
    truth = True if True in truths else None if None in truths else False
    return Held(truth, tuple(part for part in parts if part.truth))


def _all(conditions: tuple[Condition, ...], seen: Seen) -> Held:
    return every(evaluate(inner, seen) for inner in conditions)


def _any(conditions: tuple[Condition, ...], seen: Seen) -> Held:
    return some(evaluate(inner, seen) for inner in conditions)


def _not(condition: Condition, seen: Seen) -> Held:
    truth = evaluate(condition, seen).truth
    return UNKNOWN if truth is None else MISSED if truth else HOLDS


def _any_text(patterns: tuple[str, ...], seen: Seen) -> Held:
    first = next((pattern for pattern in patterns if _matches(pattern, seen)), None)
    return MISSED if first is None else held(lambda: f'it says "{quoted(said(first, seen.text))}"')


def _matches(pattern: str, seen: Seen) -> bool:
    if seen.found is None:
        return compiled(pattern).search(seen.text) is not None
    return pattern in seen.found


def said(pattern: str, text: str) -> str:
    """The words of a text, made plain, that a pattern matches; "" where it matches none."""
    found = compiled(pattern).search(_plain(text))
    return str(found.group()) if found else ""


_plain = lru_cache(maxsize=TEXTS_KEPT)(searchable)


def quoted(text: str) -> str:
    """Foreign text inside a reason: one short line."""
    return clean(" ".join(text.split()), QUOTE_MAX)


def _sounds_like(wanted: SoundsLike, seen: Seen) -> Held:
    found = sounding(seen.signal)
    if found is None:
        return UNKNOWN
    fits = wanted.category in (None, found.category) and found.harm >= wanted.at_least
    return held(lambda: heard(seen.signal)) if fits else MISSED


def sounding(signal: Signal) -> Likeness | None:
    """What a signal's text sounds like; None of a health answer, which is read by its format."""
    return None if signal.kind == "health" else likeness(signal.kind, _plain(raw(signal)))


def heard(signal: Signal) -> str:
    """What a signal's text sounds like, in words, with those of its own that say so."""
    found = sounding(signal)
    if found is None or signal.kind == "health":
        return "a health answer sounds like nothing"
    words = ", ".join(f'"{word}"' for word in telling(signal.kind, _plain(raw(signal)), found.category))
    return f"it sounds like {found.category} ({found.harm:.2f}{f': {words}' if words else ''})"


def _word(name: str, title: str, *, absent: str | None = None) -> Callable[[Any, Seen], Held]:
    """A field that must match one pattern whole. None, and "" unless it says something, is unknown."""

    def test(patterns: tuple[str, ...], seen: Seen) -> Held:
        value = getattr(seen.signal, name, None) or absent
        if value is None:
            return UNKNOWN
        return held(lambda: f"{title} is {quoted(value)}") if _whole(patterns, _short(value)) else MISSED

    return test


@lru_cache(maxsize=WORDS_KEPT)
def _whole(patterns: tuple[str, ...], value: str) -> bool:
    return any(compiled(pattern).fullmatch(value) for pattern in patterns)


def _short(value: str) -> str:
    return clean(value, QUOTE_MAX * 4)


def _flag(name: str, words: Mapping[bool, str]) -> Callable[[Any, Seen], Held]:
    def test(wanted: bool, seen: Seen) -> Held:  # noqa: FBT001 - the rule's value
        value = getattr(seen.signal, name, None)
        if value is None:
            return UNKNOWN
        return held(words[wanted]) if value is wanted else MISSED

    return test


def _one_of(name: str, title: str, absent: str | None = None) -> Callable[[Any, Seen], Held]:
    def test(wanted: tuple[str, ...], seen: Seen) -> Held:
        value = getattr(seen.signal, name, None) or absent
        if value is None:
            return UNKNOWN
        return held(lambda: f"{title} is {quoted(value)}") if value in wanted else MISSED

    return test


def _tag(wanted: Mapping[str, tuple[str, ...]], seen: Seen) -> Held:
    tags: Mapping[str, str] = getattr(seen.signal, "tags", None) or {}
    return every(_one_tag(key, patterns, tags.get(key)) for key, patterns in wanted.items())


def _one_tag(key: str, patterns: tuple[str, ...], value: str | None) -> Held:
    if value is None:
        return UNKNOWN
    return held(lambda: f"{key} is {quoted(value)}") if _whole(patterns, _short(value)) else MISSED


def _failed_component(patterns: tuple[str, ...], seen: Seen) -> Held:
    failed = [name for name in _components(seen) if _found(patterns, name)]
    return held(f"{quoted(failed[0])} failed") if failed else MISSED


def _only_failed(patterns: tuple[str, ...], seen: Seen) -> Held:
    names = _components(seen)
    if not names or not all(_found(patterns, name) for name in names):
        return MISSED
    return held(f"only {quoted(', '.join(names))} failed")


def _components(seen: Seen) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(seen.signal, "failed_components", ())
    return names[:COMPONENTS_MAX]


def _found(patterns: Iterable[str], name: str) -> bool:
    return any(compiled(pattern).search(_short(name)) for pattern in patterns)


_TESTS: Mapping[str, Callable[[Any, Seen], Held]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "any_text": _any_text,
    "sounds_like": _sounds_like,
    "level": _one_of("level", "the level"),
    "environment": _word("environment", "the environment", absent="production"),
    "project": _word("project", "the project"),
    "system": _word("system", "the system"),
    "platform": _word("platform", "the platform", absent="-"),
    "logger": _word("logger", "the logger", absent="-"),
    "release": _word("release", "the release"),
    "issue_category": _word("issue_category", "the issue's category"),
    "tag": _tag,
    "handled": _flag("handled", {True: "the error was handled", False: "the error was not handled"}),
    "state": _one_of("state", "the state"),
    "critical": _flag("critical", {True: "the endpoint is critical", False: "the endpoint is not critical"}),
    "failed_component": _failed_component,
    "only_failed": _only_failed,
    "endpoint": _word("key", "the endpoint"),
    "category": _one_of("category", "what the endpoint proves", absent="outage"),
    "announced": _flag("announced", {True: "the service announced it", False: "nobody announced it"}),
}
