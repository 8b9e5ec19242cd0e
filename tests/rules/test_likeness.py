"""Likeness: what a text sounds like, and how the weights of its words are learned."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, ignore_patterns
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import everyday
from rules.classify import classify
from rules.fault import Faults
from rules.learn import learn, origin, sentences, table
from rules.likeness import (
    CLASSES,
    LETTERS_MAX,
    NONE,
    WORDS_MAX,
    Kind,
    features_of,
    likeness,
    shares_of,
    telling,
    weights_in,
    weights_of,
    words_of,
)
from rules.load import load, read
from rules.signal import ReportSignal
from rules.trace import trace

BOOK = load()
AT = datetime(2026, 11, 25, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
FOLDERS = [FIXTURES / "tuned", FIXTURES / "heard"]
SOUNDS = (
    "version: 1\ncategory: data-loss\nrules:\n  - {id: sounds, signal: %s, certainty: hint, because: so,\n"
    "     when: {sounds_like: {category: data-loss, at_least: 0.5}}}\n"
)


def report(text: str) -> ReportSignal:
    return ReportSignal(source="report:x", key="1", at=AT, text=text)


@given(st.text(max_size=200))
def test_the_shares_of_any_text_add_up_to_one(text: str) -> None:
    """None of them is negative, and no text is too strange."""
    shares = likeness("report", text).shares
    assert set(shares) == set(CLASSES)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0


def test_a_number_is_a_number_and_a_long_text_is_read_in_part() -> None:
    """Which number it is tells nothing; of a text of any length a bounded part is weighed."""
    assert words_of("Lost 41 of 212 notes!") == ["lost", "#", "of", "#", "notes", "!"]
    assert len(words_of("word " * 100_000)) == WORDS_MAX
    assert len(features_of(words_of("x" * 100_000))) < 100


def test_what_was_learned_is_said_of_new_words_in_the_same_sense() -> None:
    """Sentences that share words with those of a class are taken for it, and the same sentences give the same weights."""
    labelled = [
        *(("all my notes are gone", "data-loss"), ("my chats vanished, gone", "data-loss")) * 5,
        *(("where do I find my invoice?", NONE), ("how do I sort my notes?", NONE)) * 5,
    ]
    weights = learn(labelled)
    said = dict(zip(CLASSES, shares_of(features_of(words_of("our invoices are gone")), weights), strict=True))
    asked = dict(zip(CLASSES, shares_of(features_of(words_of("how do I find it?")), weights), strict=True))
    assert max(said, key=lambda one: said[one]) == "data-loss"
    assert max(asked, key=lambda one: asked[one]) == NONE
    assert table(weights, "x") == table(learn(labelled), "x")


@pytest.mark.parametrize("kind", ["report", "issue"])
def test_the_shipped_weights_are_those_of_the_sentences_here(kind: Kind) -> None:
    """After a change to the labelled sentences or to a rule's examples: `python -m rules.learn` with the two folders."""
    shipped = (ROOT / "rules" / "weights" / f"{kind}.tsv").read_text(encoding="utf-8")
    assert shipped.partition("\n")[0] == origin(sentences(kind, FOLDERS))
    assert {len(found) for found in weights_of(kind).values()} == {len(CLASSES)}


def test_what_applications_say_all_day_sounds_like_no_harm() -> None:
    """No rule that asks for the sound of a text fires on an everyday line."""
    heard = [line for line in everyday.LINES if likeness("issue", line).harm >= 0.8]
    assert heard == []


def test_a_rule_can_ask_what_a_text_sounds_like_and_says_what_it_heard() -> None:
    """The reason names the category, how sure it is, and the words that say most of it."""
    verdict = classify(read(SOUNDS % "report"), report("everything my class wrote this week is gone"))
    assert verdict.outcome == "suspicion"
    assert re.search(r'^it sounds like data-loss \(0\.\d\d: ".+"\)$|\(1\.00: ', verdict.because[-1])
    assert classify(read(SOUNDS % "report"), report("how do I sort my notes?")).outcome == "none"


def test_without_a_category_any_harm_is_heard() -> None:
    """`at_least` alone asks whether it sounds like a P0 of whatever kind."""
    rule = (SOUNDS % "report").replace("category: data-loss, at_least", "at_least")
    assert classify(read(rule), report("nobody in our office can log in since nine")).outcome == "suspicion"
    assert classify(read(rule), report("can I have my invoice as a pdf?")).outcome == "none"


def test_a_near_miss_says_what_it_sounds_like_instead() -> None:
    """`explain` shows what was heard, and how much was wanted."""
    (near,) = trace(read(SOUNDS % "report"), report("how do I sort my notes?"))
    (clause,) = near.failed
    assert clause.words.startswith("it sounds like ")
    assert "wanted is data-loss, 0.50" in clause.words


def test_a_health_answer_has_no_sound() -> None:
    """A rule about endpoints that asks for it is refused with its place."""
    with pytest.raises(Faults, match="'sounds_like' is no condition of a rule about health endpoints"):
        read(SOUNDS % "health")


def test_the_rules_are_not_read_without_weights_and_are_known_by_them(tmp_path: Path) -> None:
    """A table cut short is said when the rules are read, with its place; other weights are another rulebook."""
    copytree(ROOT / "rules", tmp_path / "rules", ignore=ignore_patterns("__pycache__"))
    table = tmp_path / "rules" / "weights" / "report.tsv"
    whole = table.read_text(encoding="utf-8")
    first = loaded(tmp_path)
    table.write_text(whole.replace("\n\t", "\n\t9", 1), encoding="utf-8")
    assert loaded(tmp_path) not in (first, "")
    table.write_text(whole[: len(whole) // 2].rpartition("\t")[0], encoding="utf-8")
    assert re.search(r"report\.tsv, line \d+: .* install the program again", loaded(tmp_path))


def loaded(place: Path) -> str:
    """What a program says that reads the rules as they stand in a place: their digest, or the fault."""
    words = [sys.executable, "-c", "from rules.load import load; print(load().sha256)"]
    ended = run(words, cwd=place, env={"PYTHONPATH": str(place)}, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("wanted", ["true", "0", "1.5", "'0.5'"])
def test_how_much_it_must_sound_so_is_a_number_up_to_one(wanted: str) -> None:
    """Anything else is refused with its place."""
    with pytest.raises(Faults, match="at_least"):
        read((SOUNDS % "report").replace("at_least: 0.5", f"at_least: {wanted}"))


def test_the_words_that_tell_most_are_the_texts_own_and_short() -> None:
    """At most three, in their order; neither what masks and tallies put there nor an endless word."""
    text = "since monday all my chats are gone (counted_some) [secret]"
    words = telling("report", text, "data-loss")
    assert 1 <= len(words) <= 3
    assert [one for one in words_of(text) if one in words] == list(words)
    assert not {"counted", "some", "secret"} & set(
        telling("report", "[secret] [email] (counted_some) 1", "security")
    )
    assert max(map(len, telling("report", "gone" * 1_000, "data-loss"))) <= LETTERS_MAX


def test_calm_around_a_harm_takes_nothing_off_it() -> None:
    """A report is as bad as its worst sentence: who writes politely is heard as well."""
    calm = "We like the editor a lot. The colours are pretty. Our team moved to a new building in May. "
    harm = "All of our notes are gone, for everyone."
    assert likeness("report", calm * 3 + harm).harm >= likeness("report", harm).harm


def test_a_short_text_is_not_believed_as_a_long_one() -> None:
    """One word that stands in many complaints is no complaint."""
    assert (
        likeness("report", "notes").harm < likeness("report", "all the notes of my whole team are gone").harm
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty, or not there"),
        ("learned\n\t1\t2\t3\t4\t5\t6\ngone\t1\t2\n", "line 3: a word and 6 whole numbers are wanted"),
        ("learned\n\t1\t2\t3\t4\t5\tsix\n", "line 2: a word and 6 whole numbers are wanted"),
        ("learned\ngone\t1\t2\t3\t4\t5\t6\n", "is empty, or not there"),
    ],
)
def test_a_broken_table_of_weights_says_where(text: str, words: str) -> None:
    """And what to do; it is read when the rules are read."""
    with pytest.raises(ValueError, match=f"{words}.*install the program again"):
        weights_in("report", text.encode())


def test_of_sentences_never_shown_four_of_five_are_heard_right() -> None:
    """Weights learned from one folder alone tell harm from none in the other: they learn words, and no sentences."""
    weights = learn(sentences("report", FOLDERS[:1]))
    right = [
        (shares_of(features_of(words_of(text)), weights)[0] < 0.5) is (label != NONE)
        for text, label in sentences("report", FOLDERS[1:])
    ]
    assert sum(right) / len(right) >= 0.8
