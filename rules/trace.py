"""Traces: clause by clause, what a rule says of a signal, and where a near miss fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rules.condition import HOLDS, Seen, Truth, evaluate, heard, quoted, sounding
from rules.explain import sentence, short_of
from rules.haystack import raw, searchable
from rules.outline import outline
from rules.rule import Condition, SoundsLike
from rules.rulebook import Entry, Rulebook
from rules.scale import counted_for, enough
from rules.signal import Signal

NEAR_MAX = 5
"""Near misses shown. Those with the fewest failed clauses come first, and those that say all of a rule's texts."""

WANTED_MAX, WANTED_LENGTH_MAX = 6, 60
"""Values of a clause that are listed, and the characters of each: patterns are long."""

Outcome = Literal["fires", "too few", "near miss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause of a rule: whether it holds (None: the source did not say), in words."""

    truth: Truth
    words: str
    key: str = field(default="", compare=False)  # of the condition, where it is a single one


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one rule says of a signal."""

    rule: str
    category: str
    mode: str
    outcome: Outcome
    said: str  # the rule's own sentence, or what is too few
    clauses: tuple[Clause, ...]

    @property
    def failed(self) -> tuple[Clause, ...]:
        """The clauses that keep it from firing."""
        return tuple(clause for clause in self.clauses if clause.truth is not True)


def trace(rulebook: Rulebook, signal: Signal, *, own_window: bool = False) -> tuple[Trace, ...]:
    """The rules that fire, those that would if more were counted, and the nearest of the others."""
    entries, quick = rulebook.of_kind[signal.kind]
    text = searchable(raw(signal))
    seen = Seen(signal, text, quick.all_found(text))
    found = [one for entry in entries if (one := _of(entry, seen, own_window=own_window)) is not None]
    near = sorted((one for one in found if one.outcome == "near miss"), key=_distance)
    return (
        *(one for one in found if one.outcome == "fires"),
        *(one for one in found if one.outcome == "too few"),
        *near[:NEAR_MAX],
    )


def _distance(one: Trace) -> tuple[int, int]:
    return sum(clause.key == "any_text" for clause in one.failed), len(one.failed)


def _of(entry: Entry, seen: Seen, *, own_window: bool) -> Trace | None:
    """None where the rule has nothing to do with the signal."""
    rule, signal = entry.rule, seen.signal
    held = evaluate(rule.when, seen)
    clauses = tuple(clauses_of(rule.when, seen))
    counted = counted_for(rule, signal, own_window=own_window)
    if not held.truth and not _near(rule.when, seen, clauses):
        return None
    scale = HOLDS if rule.scale is None else enough(rule.scale, counted)
    outcome: Outcome = "near miss" if not held.truth else "fires" if scale.truth else "too few"
    return Trace(
        rule=rule.id,
        category=entry.category,
        mode=rule.mode,
        outcome=outcome,
        said=short_of(rule, counted) if outcome == "too few" else sentence(rule, signal, counted),
        clauses=(*(Clause(truth=True, words=words) for words in scale.because), *clauses),
    )


def _near(condition: Condition, seen: Seen, clauses: tuple[Clause, ...]) -> bool:
    """It says one of the rule's texts, sounds like its category, or only one clause is against it."""
    against = [clause.key for clause in clauses if clause.truth is not True]
    return _speaks(condition, seen) or (len(against) == 1 < len(clauses) and against != ["sounds_like"])


def _speaks(condition: Condition, seen: Seen) -> bool:
    for name, value in condition.clauses:
        if name == "any_text" and evaluate(_alone(name, value), seen).truth:
            return True
        if name == "sounds_like" and (found := sounding(seen.signal)) and found.category == value.category:
            return True
        if name in {"all", "any"} and any(_speaks(inner, seen) for inner in value):
            return True
    return False


def clauses_of(condition: Condition, seen: Seen) -> Iterator[Clause]:
    """The clauses in their order; of alternatives those that hold, or all of them where none does."""
    for name, value in condition.clauses:
        if name == "all":
            for inner in value:
                yield from clauses_of(inner, seen)
        elif name == "any":
            holding = [inner for inner in value if evaluate(inner, seen).truth]
            for inner in holding or value:
                yield from clauses_of(inner, seen)
        elif name == "not":
            yield _not(value, seen)
        else:
            yield _leaf(name, value, seen)


def _not(condition: Condition, seen: Seen) -> Clause:
    held = evaluate(condition, seen)
    if held.truth:
        return Clause(truth=False, words=f"excluded: {'; '.join(held.because)}")
    told = "not known whether it is excluded" if held.truth is None else "not excluded"
    return Clause(truth=None if held.truth is None else True, words=f"{told} ({_names(condition)})")


def _names(condition: Condition) -> str:
    return ", ".join(dict.fromkeys(condition.keys()))


def _leaf(name: str, value: Any, seen: Seen) -> Clause:
    held = evaluate(_alone(name, value), seen)
    if held.truth:
        return Clause(truth=True, words="; ".join(held.because))
    if name == "any_text":
        return Clause(truth=False, words=f"any_text says none of: {_begun(value)}", key=name)
    if name == "sounds_like":
        return Clause(truth=held.truth, words=f"{heard(seen.signal)}; wanted is {_sound(value)}", key=name)
    actual = getattr(seen.signal, "tags" if name == "tag" else "key" if name == "endpoint" else name, None)
    wanted = f"wanted is {_listed(value)}"
    if held.truth is None:
        return Clause(truth=None, words=f"{name} is not known; {wanted}")
    return Clause(truth=False, words=f"{name} is {quoted(str(actual))}; {wanted}")


def _sound(wanted: SoundsLike) -> str:
    return f"{wanted.category or 'any category'}, {wanted.at_least:.2f}"


def _alone(name: str, value: Any) -> Condition:
    """A condition of one key. It was checked when its rule was read, and its patterns are spelled out since."""
    return Condition.model_construct(**{name: value})


def _begun(patterns: tuple[str, ...]) -> str:
    """The first words that a list of patterns looks for, and how many patterns there are."""
    said = outline(patterns)
    return (
        f"{said} ({len(patterns)} pattern{'' if len(patterns) == 1 else 's'})" if said else _cut(patterns[0])
    )


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_listed(inner)}" for key, inner in value.items())
    values = [_cut(str(one)) for one in value] if isinstance(value, tuple) else [str(value).lower()]
    more = f" and {len(values) - WANTED_MAX} more" if len(values) > WANTED_MAX else ""
    return f"{', '.join(values[:WANTED_MAX])}{more}"


def _cut(text: str) -> str:
    return text if len(text) <= WANTED_LENGTH_MAX else f"{text[: WANTED_LENGTH_MAX - 3]}..."
