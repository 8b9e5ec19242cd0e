"""The vocabulary: names in patterns, and what the numbers of a text say."""

from __future__ import annotations

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from rules.fault import Faults
from rules.load import read
from rules.outline import outline
from rules.tally import tally
from rules.vocabulary import spelled, vocabulary

RULE = """\
version: 1
category: outage
rules:
  - {{id: own, because: x, signal: report, when: {{any_text: '{pattern}'}}, certainty: hint}}
"""


def test_a_name_in_a_pattern_stands_for_its_words() -> None:
    """The words of a name are one group, wherever it stands; a name inside the words of another is spelled out too."""
    assert spelled(r"\b{number} rows") == rf"\b{vocabulary()['number']} rows"
    assert "{none-lost}" not in vocabulary()["calm"]
    assert vocabulary()["none-lost"] in vocabulary()["calm"]


@pytest.mark.parametrize("pattern", ["a{0,60}b", "a{3}", r"\p{Greek}", r"\x{ff}", r"\{made\}", r"\{made}"])
def test_other_braces_are_what_they_are(pattern: str) -> None:
    """Repetitions, classes, code points and escaped braces name nothing."""
    assert spelled(pattern) == pattern


def test_an_unknown_name_is_a_fault_with_its_place() -> None:
    """Who mistypes a name is told so, with line and column, before anything is judged."""
    with pytest.raises(Faults) as found:
        read(RULE.format(pattern=r"\b{mad}\b"), "own.yaml")
    (fault,) = found.value.faults
    assert str(fault).startswith("own.yaml:4:")
    assert "no words are named {mad}" in fault.message


def test_own_rules_may_use_the_words_too() -> None:
    """The vocabulary belongs to every rule, not to the shipped ones alone."""
    (rule,) = read(RULE.format(pattern=r"\b{made} (are|is) blue")).rules
    assert rule.when.any_text == (spelled(r"\b{made} (are|is) blue"),)


def test_every_name_is_a_pattern_of_its_own() -> None:
    """RE2 takes each, and none of them matches an empty text."""
    assert [name for name, words in vocabulary().items() if re2.search(words, "") is not None] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("212 of 212 rows written", "(counted_all)"),
        ("4,000 of 11,212 rows written", "(counted_some)"),
        ("0 of 14 tables", "(counted_none)"),
        ("rows of tenant 7 were shown to tenant 41", "(counted_two_owners)"),
        ("rows of tenant c07 were shown to tenant a41", "(counted_two_owners)"),
        ("(0/6 api pods ready)", "(counted_none)"),
        ("3 messages of 12 gone", "(counted_some)"),
        ("41 of the 212 rows", "(counted_some)"),
        ("7 of 3", "(counted_more)"),
        ("0 of 0 rows", ""),
        ("on 2026/11/12 at 10.0.0.1/24", ""),
        ("one of us, 17 rows", ""),
        ("45,000 rows read, 44,000 rows written", "(counted_differ)"),
        ("index says 100 chats but the zip holds 13", "(counted_differ)"),
        ("seats bought: 12, seats added: 12", "(counted_agree)"),
        ("read 3 files in 12 s", ""),
    ],
)
def test_numbers_say_all_a_part_or_none(text: str, said: str) -> None:
    """Patterns cannot compare numbers, so the text says it in words; dates and addresses say nothing."""
    assert tally(text) == (f"{text} {said}" if said else text)


def test_each_line_is_counted_for_itself() -> None:
    """What a line says stands behind that line, where a pattern finds it near."""
    assert tally("3 of 4\nx\n4 of 4") == "3 of 4 (counted_some)\nx\n4 of 4 (counted_all)"


@given(st.text(alphabet="0123456789,./ of\n", max_size=200))
def test_a_tally_only_adds(text: str) -> None:
    """Whatever the numbers are, the text stays as it is, and what is added is bounded."""
    lines = text.split("\n")
    assert all(told.startswith(line) for line, told in zip(lines, tally(text).split("\n"), strict=True))
    assert len(tally(text)) <= len(text) + 130 * len(lines)


def test_an_outline_is_the_first_words_of_patterns() -> None:
    """Signs, repetitions and endings are left out; what remains is what a list looks for."""
    assert outline((r"\b(one|two(s|ed)?|three)\b.{0,40}[a-z]four", "five")) == "one, two, three, four, five"
    assert outline((r"\d{3}",)) == ""
