"""Classification: signals, the rulebook, verdicts. Pure; hostile text costs bounded time and raises nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rules.condition import HOLDS, Held, Seen, evaluate, quoted, sounding
from rules.explain import sentence, short_of
from rules.haystack import raw, searchable
from rules.pool import Key, Pool, key_of, pooled
from rules.rule import Rule
from rules.rulebook import Entry, Rulebook
from rules.scale import counted_for, enough
from rules.signal import Category, IssueSignal, Signal
from rules.verdict import Verdict

MEANT_SHARE = 0.15
"""How much a text must sound like a category for that to be what it means: it may mean two, and rarely three."""

SEVERITY: tuple[Category, ...] = ("security", "data-loss", "payments", "authentication", "outage")
"""Where several rules fire, the first of these names the incident: harm that grows and cannot be undone comes first,
and a narrow category before `outage`, which says the least about what to do."""

CERTAINTY = ("definite", "scale", "hint")
"""Within a category, the surer rule speaks."""

REASONS_MAX = 8
"""Reasons that a verdict carries; a page shows the first ones."""

Failed = Callable[[Signal, Exception], None]
"""Told of a signal that could not be judged; it may raise to end the judging."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A signal with the rules whose condition holds for it, whatever was counted."""

    signal: Signal
    silent: bool  # its environment pages nobody
    rules: tuple[tuple[Entry, Held], ...]
    key: Key | None  # of the fault that it belongs to, where counts decide


@dataclass(frozen=True, slots=True)
class Judged:
    """One of these rules once the counts were looked at: its reasons where it fires, else why it does not."""

    entry: Entry
    fires: bool
    because: tuple[str, ...]
    pool: Pool | None


Pools = Mapping[tuple[Key | None, str], Pool | None]
ALONE: Pools = {}


def classify(rulebook: Rulebook, signal: Signal, *, own_window: bool = False) -> Verdict:
    """Say whether a signal, taken alone, is a P0, a suspicion, or nothing, and why.

    With `own_window`, thresholds are applied to the window that the signal's counts are of, whatever the rule's is.
    """
    found = _recognise(rulebook, signal, alone=True, own_window=own_window)
    return _verdict(found, ALONE, own_window=own_window)


def classify_all(
    rulebook: Rulebook, signals: Sequence[Signal], *, failed: Failed | None = None
) -> tuple[Verdict, ...]:
    """Judge what one look saw, in its order: issues that are one fault are counted together.

    A signal that cannot be judged is left out, and `failed` is told; without it, the exception is raised.
    What a source counted because it was asked is no signal of its own, and has no verdict.
    """
    seen: list[Recognised] = []
    for signal in signals:
        if not _is_answer(signal):
            with _apart(signal, failed):
                seen.append(_recognise(rulebook, signal))
    pools = _pools(seen, [one for one in signals if isinstance(one, IssueSignal) and _is_answer(one)])
    verdicts: list[Verdict] = []
    for one in seen:
        with _apart(one.signal, failed):
            verdicts.append(_verdict(one, pools))
    return tuple(verdicts)


def _is_answer(signal: Signal) -> bool:
    return isinstance(signal, IssueSignal) and bool(signal.counts_together)


@contextmanager
def _apart(signal: Signal, failed: Failed | None) -> Iterator[None]:
    """Whatever a poisonous signal can do, it does to itself alone."""
    try:
        yield
    except Exception as error:
        if failed is None:
            raise
        failed(signal, error)


def _recognise(
    rulebook: Rulebook, signal: Signal, *, alone: bool = False, own_window: bool = False
) -> Recognised:
    """The rules whose condition holds. Nothing is recognised where nobody is paged.

    Of a signal taken alone, rules that ask for no text are left out where the counts say no: they hold for nearly all.
    """
    silent = rulebook.silent(signal.environment)
    rules = (
        () if silent else tuple(_holding(rulebook, signal, _counting(signal, own_window) if alone else None))
    )
    counted = isinstance(signal, IssueSignal) and any(entry.rule.scale for entry, _ in rules)
    key = key_of(signal) if counted and not alone and isinstance(signal, IssueSignal) else None
    return Recognised(signal, silent, rules, key)


def _counting(signal: Signal, own_window: bool) -> Callable[[Rule], bool]:  # noqa: FBT001 - passed on
    """Whether what was counted for a rule is enough."""
    return lambda rule: (
        rule.scale is None or bool(enough(rule.scale, counted_for(rule, signal, own_window=own_window)).truth)
    )


def _holding(
    rulebook: Rulebook, signal: Signal, enough_for: Callable[[Rule], bool] | None
) -> Iterator[tuple[Entry, Held]]:
    entries, quick = rulebook.of_kind[signal.kind]
    text = raw(signal)
    found = quick.found(text)
    candidates = quick.candidates(found)
    if not candidates:
        return
    seen = Seen(signal, text, found)
    for number in candidates:
        if enough_for is not None and number in quick.always and not enough_for(entries[number].rule):
            continue
        held = evaluate(entries[number].rule.when, seen)
        if held.truth:
            yield entries[number], held


def _pools(seen: Sequence[Recognised], answers: Sequence[IssueSignal]) -> Pools:
    """What the issues of one fault count together, for each rule that recognises them."""
    members: dict[tuple[Key | None, str], list[IssueSignal]] = {}
    rules: dict[str, Rule] = {}
    for one in seen:
        if one.key is not None and isinstance(one.signal, IssueSignal):
            for entry, _ in one.rules:
                rules[entry.rule.id] = entry.rule
                members.setdefault((one.key, entry.rule.id), []).append(one.signal)
    return {key: pooled(rules[key[1]], issues, answers) for key, issues in members.items() if len(issues) > 1}


def _verdict(one: Recognised, pools: Pools, *, own_window: bool = False) -> Verdict:
    signal = one.signal
    if one.silent:
        named = quoted(signal.environment or "")
        return Verdict(signal=signal, outcome="none", because=(f"{named} is not production",))
    judged = [
        _judge(entry, held, signal, pools.get((one.key, entry.rule.id)), own_window=own_window)
        for entry, held in one.rules
    ]
    asked = (found.pool.ask for found in judged if found.pool and not _shadowed(found))
    ask = next((one for one in asked if one), None)
    shadow = tuple(found.entry.rule.id for found in judged if found.fires and _shadowed(found))
    ringing = _ordered(signal, [found for found in judged if found.fires and not _shadowed(found)])
    if not ringing:
        nearly = tuple(words for found in judged if not found.fires for words in found.because)
        because = (nearly or ("no rule recognises it",))[:REASONS_MAX]
        return Verdict(signal=signal, outcome="none", because=because, shadow=shadow, ask=ask)
    first, *others = ringing
    rule = first.entry.rule
    return Verdict(
        signal=signal,
        outcome="suspicion" if rule.certainty == "hint" else "p0",
        rule=rule.id,
        category=first.entry.category,
        system=rule.system or signal.system,
        because=(*first.because, *_also(others))[:REASONS_MAX],
        shadow=shadow,
        ask=None if rule.certainty != "hint" else ask,
    )


def _judge(entry: Entry, held: Held, signal: Signal, pool: Pool | None, *, own_window: bool) -> Judged:
    """Look at the counts: those of the fault where they are enough, else the signal's own."""
    rule = entry.rule
    counted = counted_for(rule, signal, own_window=own_window)
    scale = HOLDS if rule.scale is None else enough(rule.scale, counted)
    together: tuple[str, ...] = ()
    if rule.scale is not None and pool is not None and counted is not None and counted.events > 0:
        shared = enough(rule.scale, pool.counted)
        if shared.truth or not scale.truth:
            scale, counted = shared, pool.counted
            together = (f"counted over {pool.size} issues that say the same",)
    if not scale.truth:
        return Judged(entry, fires=False, because=(short_of(rule, counted), *together), pool=pool)
    because = (sentence(rule, signal, counted), *together, *scale.because, *held.because)
    return Judged(entry, fires=True, because=tuple(dict.fromkeys(because)), pool=pool)


def fires(rule: Rule, signal: Signal) -> bool:
    """Whether one rule, taken alone, fires on a signal."""
    if evaluate(rule.when, Seen(signal, searchable(raw(signal)))).truth is not True:
        return False
    return rule.scale is None or enough(rule.scale, counted_for(rule, signal)).truth is True


def _shadowed(one: Judged) -> bool:
    return one.entry.rule.mode == "shadow"


def _ordered(signal: Signal, found: list[Judged]) -> list[Judged]:
    """What is more than a hint first, then the worst category; of hints the worst of what the text sounds like.

    A person's words touch several categories, and mean one or two.
    """
    hints = any(one.entry.rule.certainty == "hint" for one in found)
    heard = sounding(signal) if hints and len(found) > 1 else None

    def order(one: Judged) -> tuple[bool, bool, int, int]:
        rule, category = one.entry.rule, one.entry.category
        hint = rule.certainty == "hint"
        unlike = hint and heard is not None and heard.shares[category] < MEANT_SHARE
        return hint, unlike, SEVERITY.index(category), CERTAINTY.index(rule.certainty)

    return sorted(found, key=order)


def _also(others: list[Judged]) -> tuple[str, ...]:
    names = dict.fromkeys(one.entry.rule.id for one in others)
    return (f"also: {', '.join(names)}",) if names else ()
