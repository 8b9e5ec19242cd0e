"""The part of Sentry's issue search that the simulated tracker understands; what it does not, it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watcher.demo.parameters import bad, duration
from watcher.demo.tracker import Issue, Occurrence, count

_TERM = re.compile(r'(!?)([A-Za-z][\w.\-]*):(\[[^\]]*\]|"[^"]*"|\S+)|"([^"]*)"|(\S+)')
_RELATIVE = re.compile(r"([+-])(\d{1,6})([smhdw])")
_NUMBER = re.compile(r"([<>]=?|)(\d{1,9})")

_STATUSES = {"unresolved": "unresolved", "resolved": "resolved", "archived": "ignored", "ignored": "ignored"}
_SUBSTATUSES = frozenset({"new", "ongoing", "escalating", "regressed"})


@dataclass(frozen=True, slots=True)
class Search:
    """`keeps` asks of the whole issue (and narrows no count); `narrows` asks of one event, None where nothing does."""

    keeps: Callable[[Issue], bool]
    narrows: Callable[[Issue, Occurrence], bool] | None


def read(text: str, now: datetime) -> Search:
    """Terms are ANDed; `key:[a,b]` is OR within a key; `!` negates; free text is looked for in the title."""
    whole: list[Callable[[Issue], bool]] = []
    single: list[Callable[[Issue, Occurrence], bool]] = []
    for found in _TERM.finditer(text):
        negated, key, value, quoted, word = found.groups()
        if not key:
            whole.append(_titled(quoted if quoted is not None else word))
        elif key in _WHOLE:
            whole.append(_maybe_not(negated, _WHOLE[key](_values(value), now)))
        else:
            single.append(_single(key, _values(value), negated=bool(negated)))
    return Search(
        keeps=lambda issue: all(test(issue) for test in whole),
        narrows=(lambda issue, event: all(test(issue, event) for test in single)) if single else None,
    )


def _titled(word: str) -> Callable[[Issue], bool]:
    if word in {"AND", "OR"} or "(" in word:
        raise bad('Boolean statements containing "OR" or "AND" are not supported in this search')
    return lambda issue: word.lower() in issue.title.lower()


def _maybe_not(negated: str, test: Callable[[Issue], bool]) -> Callable[[Issue], bool]:
    return (lambda issue: not test(issue)) if negated else test


def _values(text: str) -> tuple[str, ...]:
    parts = text[1:-1].split(",") if text.startswith("[") else [text]
    return tuple(part.strip().strip('"') for part in parts)


def _status(values: tuple[str, ...], _now: datetime) -> Callable[[Issue], bool]:
    for value in values:
        if value not in _STATUSES and value not in _SUBSTATUSES:
            raise bad(f'Invalid value for "is" search: {value}')
    statuses = {_STATUSES.get(value) for value in values}
    return lambda issue: issue.status in statuses or issue.substatus in values


def _attribute(name: str) -> Callable[[tuple[str, ...], datetime], Callable[[Issue], bool]]:
    return lambda values, _now: lambda issue: getattr(issue, name) in values


def _first_seen(values: tuple[str, ...], now: datetime) -> Callable[[Issue], bool]:
    found = _RELATIVE.fullmatch(values[0])
    if not found:
        raise bad(f"Error parsing search query: Invalid date: {values[0]}")
    edge, newer = now - duration(found[2], found[3]), found[1] == "-"

    def test(issue: Issue) -> bool:
        first = count(issue.occurrences).first
        return first is not None and (first >= edge) is newer

    return test


def _times_seen(values: tuple[str, ...], _now: datetime) -> Callable[[Issue], bool]:
    found = _NUMBER.fullmatch(values[0])
    if not found:
        raise bad(f"Error parsing search query: Invalid number: {values[0]}")
    number = int(found[2])
    tests: dict[str, Callable[[int], bool]] = {
        "": lambda seen: seen == number,
        ">": lambda seen: seen > number,
        ">=": lambda seen: seen >= number,
        "<": lambda seen: seen < number,
        "<=": lambda seen: seen <= number,
    }
    return lambda issue: tests[found[1]](len(issue.occurrences))


_WHOLE: dict[str, Callable[[tuple[str, ...], datetime], Callable[[Issue], bool]]] = {
    "is": _status,
    "issue.category": _attribute("category"),
    "issue.type": _attribute("category"),
    "issue.priority": _attribute("priority"),
    "firstSeen": _first_seen,
    "age": _first_seen,
    "timesSeen": _times_seen,
}
"""Terms that live in the tracker's own table: they choose issues and narrow no count."""


def _single(key: str, values: tuple[str, ...], *, negated: bool) -> Callable[[Issue, Occurrence], bool]:
    return lambda issue, event: (value_of(key, issue, event) in values) is not negated


def value_of(key: str, issue: Issue, event: Occurrence) -> str | None:
    if key in {"release", "environment"}:
        return getattr(event, key)  # type: ignore[no-any-return]
    if key in {"level", "url"}:
        return getattr(issue, key)  # type: ignore[no-any-return]
    if key in {"error.unhandled", "error.handled"}:
        return str(issue.handled is (key == "error.handled")).lower()
    if key in {"issue", "issue.id"}:
        return issue.short_id if key == "issue" else issue.id
    return event.user if key == "user.id" else {**issue.tags, **event.tags}.get(key)
