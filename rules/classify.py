"""Classification: one signal, the rulebook, a verdict. Pure; hostile text costs bounded time and raises nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rules.condition import Held, Seen, evaluate, quoted
from rules.explain import sentence, short_of
from rules.haystack import plain, raw
from rules.rule import Rule
from rules.rulebook import Entry, Rulebook
from rules.scale import counted_for, enough
from rules.signal import Activity, Category, Signal
from rules.verdict import Verdict

SEVERITY: tuple[Category, ...] = ("security", "data-loss", "payments", "authentication", "outage")
"""Where several rules fire, the first of these names the incident: harm that grows and cannot be undone comes first,
and a narrow category before `outage`, which says the least about what to do."""

CERTAINTY = ("definite", "scale", "hint")
"""Within a category, the surer rule speaks."""

REASONS_MAX = 8
"""Reasons that a verdict carries; a page shows the first ones."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired, with what it saw."""

    entry: Entry
    because: tuple[str, ...]


def classify(rulebook: Rulebook, signal: Signal, *, own_window: bool = False) -> Verdict:
    """Say whether a signal is a P0, a suspicion, or nothing, and why.

    With `own_window`, thresholds are applied to the window that the signal's counts are of, whatever the rule's is.
    """
    if rulebook.silent(signal.environment):
        named = quoted(signal.environment or "")
        return Verdict(signal=signal, outcome="none", because=(f"{named} is not production",))
    fired, nearly = _fired(rulebook, signal, own_window=own_window)
    ringing = sorted((one for one in fired if one.entry.rule.mode == "page"), key=_order)
    shadow = tuple(one.entry.rule.id for one in fired if one.entry.rule.mode == "shadow")
    if not ringing:
        because = nearly or ("no rule recognises it",)
        return Verdict(signal=signal, outcome="none", because=because[:REASONS_MAX], shadow=shadow)
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
    )


def _fired(rulebook: Rulebook, signal: Signal, *, own_window: bool) -> tuple[list[Fired], tuple[str, ...]]:
    entries, quick = rulebook.of_kind[signal.kind]
    text = raw(signal)
    found = quick.found(text)
    candidates = quick.candidates(found)
    if not candidates:
        return [], ()
    seen = Seen(signal, plain(text), found)
    fired: list[Fired] = []
    nearly: list[str] = []
    for number in candidates:
        rule = entries[number].rule
        matched = evaluate(rule.when, seen)
        counted = counted_for(rule, signal, own_window=own_window)
        held = judged(rule, counted, matched)
        if held.truth:
            fired.append(Fired(entries[number], (sentence(rule, signal, counted), *held.because)))
        elif matched.truth:
            nearly.append(short_of(rule, signal, counted))
    return fired, tuple(nearly)


def judged(rule: Rule, counted: Activity | None, matched: Held) -> Held:
    """The condition's answer together with that of the scale."""
    if not matched.truth or rule.scale is None:
        return matched
    scale = enough(rule.scale, counted)
    return Held(scale.truth, (*scale.because, *matched.because) if scale.truth else ())


def fires(rule: Rule, signal: Signal) -> bool:
    """Whether one rule, taken alone, fires on a signal."""
    matched = evaluate(rule.when, Seen(signal, plain(raw(signal))))
    return judged(rule, counted_for(rule, signal), matched).truth is True


def _order(one: Fired) -> tuple[bool, int, int]:
    rule = one.entry.rule
    return rule.certainty == "hint", SEVERITY.index(one.entry.category), CERTAINTY.index(rule.certainty)


def _also(others: list[Fired]) -> tuple[str, ...]:
    names = dict.fromkeys(one.entry.rule.id for one in others)
    return (f"also: {', '.join(names)}",) if names else ()
