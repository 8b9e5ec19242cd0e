"""The quick no: which rules a text may fire, and what it must never hide."""

from __future__ import annotations

from typing import Any

import pytest

from rules.prefilter import MEMO_MAX, needed, prefilter
from rules.rule import Condition


def condition(said: dict[str, Any]) -> Condition:
    return Condition.model_validate(said)


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
    quick = prefilter(
        [
            ("x", condition({"level": "error"})),
            ("x", condition({"any_text": "boom"})),
            ("y", condition({"any_text": "bang.{0,3}here"})),
        ]
    )
    assert quick.candidates("nothing") == (0,)
    assert quick.candidates("BOOM") == (0, 1)
    assert quick.candidates("bang, boom, here") == (0, 1, 2)


def test_patterns_too_large_to_join_hide_nothing() -> None:
    """Where the joined pattern cannot be built, the rules are asked one by one."""
    large = tuple(f"{number}[a-z]{{900}}" for number in range(190))
    quick = prefilter([("x", condition({"any_text": large})), ("x", condition({"any_text": "boom"}))])
    assert quick.all is None
    assert quick.candidates("boom") == (0, 1)


def test_the_memo_is_bounded() -> None:
    """However many texts are seen, no more than MEMO_MAX are remembered."""
    quick = prefilter([("x", condition({"any_text": "boom"}))])
    for number in range(MEMO_MAX + 50):
        quick.candidates(f"text {number}")
    assert len(quick._memo) == MEMO_MAX
