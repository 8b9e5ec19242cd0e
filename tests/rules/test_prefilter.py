"""The quick no: which rules a text may fire, and what it must never hide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.condition import Seen, evaluate
from rules.haystack import raw, searchable
from rules.load import load
from rules.prefilter import MEMO_MAX, Prefilter, needed, prefilter
from rules.rule import Condition
from rules.rulebook import Entry
from rules.signal import Signal

BOOK = load()
KINDS = ("issue", "health", "report")


def condition(said: dict[str, Any]) -> Condition:
    return Condition.model_validate(said)


def quick(*said: dict[str, Any]) -> Prefilter:
    return prefilter(condition(one) for one in said)


def asked(made: Prefilter, text: str) -> tuple[int, ...]:
    return made.candidates(made.found(text))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"any_text": ["a", "b"]}, {"a", "b"}),
        ({"level": "error"}, None),
        ({"all": [{"any_text": ["a", "b"]}, {"any_text": "c"}, {"level": "error"}]}, {"c"}),
        ({"any": [{"any_text": "a"}, {"any_text": "b"}]}, {"a", "b"}),
        ({"any": [{"any_text": "a"}, {"level": "error"}]}, None),
        ({"not": {"any_text": "a"}}, None),
        ({"any_text": "a", "not": {"any_text": "b"}}, {"a"}),
    ],
)
def test_a_condition_needs_the_patterns_without_which_it_cannot_hold(
    said: dict[str, Any], expected: set[str] | None
) -> None:
    """Of `all` one part is enough to rule it out, of `any` every part is needed, and `not` needs nothing."""
    assert needed(condition(said)) == expected


def test_only_rules_that_may_fire_are_asked() -> None:
    """A rule without text is always asked, another only where one of its patterns is found."""
    made = quick({"level": "error"}, {"any_text": "boom"}, {"any_text": "bang.{0,3}here"})
    assert asked(made, "nothing") == (0,)
    assert asked(made, "BOOM") == (0, 1)
    assert asked(made, "bang, boom, here") == (0, 1)
    assert asked(made, "bang, here") == (0, 2)


def test_a_rule_whose_text_alone_rules_it_out_is_not_asked() -> None:
    """One of two demanded texts is missing, or an excluded one is there: other clauses need not be asked."""
    made = quick(
        {"all": [{"any_text": "boom"}, {"any_text": "engine"}]},
        {"any_text": "boom", "not": {"any_text": "drill"}, "level": "error"},
        {"not": {"any_text": "drill"}},
    )
    assert asked(made, "boom") == (1, 2)
    assert asked(made, "the engine went boom") == (0, 1, 2)
    assert asked(made, "boom, a drill") == ()
    assert asked(made, "a drill") == ()


def test_what_begins_a_text_may_spare_the_rest() -> None:
    """An excluded text that stands at the beginning is looked for first, and no other pattern of its rule after it."""
    made = quick({"all": [{"any_text": "boom"}, {"any_text": "engine"}, {"not": {"any_text": "(?:^drill)"}}]})
    assert "(?:^drill)" in made.first.patterns
    assert asked(made, "drill: the engine went boom") == ()
    assert asked(made, "the engine went boom, drill") == (0,)


def test_the_quick_no_asks_for_what_is_rare() -> None:
    """Of two demanded groups the one that everyday errors seldom match decides what is looked for first."""
    made = quick({"all": [{"any_text": ["charged twice", "billed twice"]}, {"any_text": "error|failed"}]})
    assert set(made.first.patterns) == {"charged twice", "billed twice"}
    assert made.found("TypeError: failed") == frozenset()


def test_patterns_that_cannot_be_sieved_hide_nothing() -> None:
    """A pattern without a literal, or with hundreds of alternatives, is found as any other."""
    large = [f"{number}[a-z]{{9}}" for number in range(190)]
    made = quick({"any_text": large}, {"any_text": r"\d\d:\d\d"}, {"any_text": "|".join(large[90:])})
    assert asked(made, "at 12:30") == (1,)
    assert asked(made, "189abcdefghi") == (0, 2)


def test_the_memo_is_bounded_and_answers_the_same() -> None:
    """However many texts are seen, no more than MEMO_MAX are remembered; a remembered answer is the first one."""
    made = quick({"any_text": "boom"})
    for number in range(MEMO_MAX + 50):
        made.found(f"text {number}")
    assert len(made._memo) == MEMO_MAX
    assert made.found("boom") is made.found("boom") == {"boom"}


def said(entry: Entry) -> Iterator[Signal]:
    for example in (*entry.rule.examples.fires, *entry.rule.examples.near_misses):
        yield example.signal(BOOK.windows[0])


WORDS = sorted({word for entry in BOOK.entries for signal in said(entry) for word in raw(signal).split()})
SIGNALS = {kind: next(signal for entry in BOOK.of_kind[kind][0] for signal in said(entry)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)  # the first example compiles every pattern of the pack
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=20).map(" ".join))
def test_the_quick_no_never_hides_what_a_rule_says(kind: str, text: str) -> None:
    """Whatever the text, a rule that is not asked does not hold, and one that is asked answers as it would alone."""
    entries, made = BOOK.of_kind[kind]
    found = made.found(text)
    candidates = made.candidates(found)
    for number, entry in enumerate(entries):
        truth = evaluate(entry.rule.when, Seen(SIGNALS[kind], searchable(text))).truth
        if number in candidates:
            assert evaluate(entry.rule.when, Seen(SIGNALS[kind], text, found)).truth == truth
        else:
            assert truth is False
