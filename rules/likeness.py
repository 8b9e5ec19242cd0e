"""Likeness: which category a text sounds like, by the weights of its words.

People say the same thing in a thousand ways, and no list of phrases holds them all. So the words are weighed: each word,
each pair of neighbours and the pieces of each word speak a little for one category or for none, and the sum decides
(softmax regression). The weights are learned from labelled sentences by `rules/learn.py`, and stand in `rules/weights/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice, pairwise
from math import exp, sqrt
from typing import Literal

from rules.signal import CATEGORIES, Category

NONE = "none"
CLASSES: tuple[str, ...] = (NONE, *CATEGORIES)
"""What a text may be, in the order of the weights."""

WORDS_MAX = 400
"""Words that are weighed: what is wrong is said in the first ones."""

PIECE = 4
"""Letters of a piece: long enough to tell a stem, short enough that an ending or a slip of the key changes few."""

HUNDREDTHS = 100
"""Weights are written as whole hundredths."""

SHORT = 40
"""Features of some seven words. What says less than that is not believed as much."""

TINY = 1e-9
"""Harm that is none at all: more than nothing, because it is divided by."""

SENTENCES_MAX = 40
"""Sentences of a report that are weighed each by itself."""

WORDS_KEPT, LETTERS_MAX = 4_096, 40
"""Words whose pieces are kept, and letters of a word that are read: no word that tells anything is longer."""

TELLING_MAX = 3
"""Words that a reason quotes."""

BASE = ""
"""The feature that every text has."""

TEXTS_KEPT = 8
"""Answers kept: several rules ask about the same text one after the other."""

Kind = Literal["report", "issue"]
KINDS: tuple[Kind, ...] = ("report", "issue")
Weights = Mapping[str, Sequence[float]]

MEND = "install the program again"
"""Nobody writes these files by hand: what is wrong with them came of a copy cut short."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_OURS = re.compile(r"\(counted_\w+\)|\[[a-z ]{1,20}\]")  # what tallies and masks put into a text
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[?!]")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a text sounds like each class: shares that add up to 1."""

    shares: Mapping[str, float]

    @property
    def harm(self) -> float:
        """How much it sounds like a P0 of any category."""
        return 1 - self.shares[NONE]

    @property
    def category(self) -> Category:
        """The category that it sounds like most, if it is any."""
        return max(CATEGORIES, key=lambda category: self.shares[category])


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; a number is `#`, whichever it is."""
    found = (match[0] for match in islice(_WORD.finditer(text.casefold()), WORDS_MAX))
    return ["#" if word.isdigit() else word[:LETTERS_MAX] for word in found]


def features_of(words: Sequence[str]) -> list[str]:
    """What is weighed, each once: words, neighbours, pieces of words, how it begins and how it ends."""
    ends = (f"^{words[0]}", f"{words[-1]}$") if words else ()
    pairs = (f"{one} {other}" for one, other in pairwise(words))
    pieces = (piece for word in words for piece in _pieces(word))
    return list(dict.fromkeys((*words, *pairs, *ends, *pieces)))


@lru_cache(maxsize=WORDS_KEPT)
def _pieces(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(f"~{padded[at : at + PIECE]}" for at in range(len(padded) - PIECE + 1))


def length_of(known: int) -> float:
    """What the sum of so many weights is divided by: a long text says no more than a short one, a very short one less."""
    return sqrt(max(known, SHORT))


def shares_of(features: Iterable[str], weights: Weights) -> list[float]:
    """The share of each class. What was never learned says nothing."""
    known = [weights[one] for one in features if one in weights]
    nothing = [0.0] * len(CLASSES)
    sums = [sum(column) / length_of(len(known)) for column in zip(*known, strict=True)] or nothing
    powers = [exp(one + base) for one, base in zip(sums, weights[BASE], strict=True)]
    return [one / sum(powers) for one in powers]


@lru_cache(maxsize=2)
def weights_of(kind: Kind) -> Weights:
    """The weights of reports, or of what applications write. ValueError says what is wrong with their file, and where."""
    return weights_in(kind, table_of(kind))


def weights_in(kind: Kind, table: bytes) -> Weights:
    """The weights of a table: a line that says where it comes from, then a feature and its whole hundredths a line."""
    try:
        lines = table.decode().splitlines()
    except ValueError:
        raise ValueError(f"rules/weights/{kind}.tsv is no text: {MEND}") from None
    found = dict(_row(kind, place, line) for place, line in enumerate(lines[1:], start=2))
    if BASE not in found:
        raise ValueError(f"rules/weights/{kind}.tsv is empty, or not there: {MEND}")
    return found


def table_of(kind: Kind) -> bytes:
    """The file of the weights as it is; nothing where it cannot be read."""
    try:
        return files("rules").joinpath("weights", f"{kind}.tsv").read_bytes()
    except OSError:
        return b""


def _row(kind: Kind, place: int, line: str) -> tuple[str, tuple[float, ...]]:
    name, *values = line.split("\t")
    try:
        read = tuple(int(value) / HUNDREDTHS for value in values)
    except ValueError:
        read = ()
    if len(read) != len(CLASSES):
        raise ValueError(
            f"rules/weights/{kind}.tsv, line {place}: a word and {len(CLASSES)} whole numbers are wanted: {MEND}"
        )
    return name, read


@lru_cache(maxsize=TEXTS_KEPT)
def likeness(kind: Kind, text: str) -> Likeness:
    """What a text sounds like: a report as bad as its worst sentence, of the category that all of it sounds like.

    So calm around a harm takes nothing off it.
    """
    whole = shares_of(features_of(words_of(text)), weights_of(kind))
    sentences = islice(_SENTENCE.split(text), SENTENCES_MAX) if kind == "report" else ()
    calm = min((whole[0], *(shares_of(features_of(words_of(one)), weights_of(kind))[0] for one in sentences)))
    harm = (1 - calm) / max(1 - whole[0], TINY)
    return Likeness(dict(zip(CLASSES, (calm, *(share * harm for share in whole[1:])), strict=True)))


def telling(kind: Kind, text: str, category: Category) -> tuple[str, ...]:
    """The words of a text that speak most for a category, in the order in which they stand; not those that we put there."""
    weights, column = weights_of(kind), CLASSES.index(category)

    def speaks(word: str) -> float:
        known = (weights[one] for one in (word, *_pieces(word)) if one in weights)
        return sum(one[column] - one[0] for one in known)

    once = [word for word in dict.fromkeys(words_of(_OURS.sub(" ", text))) if len(word) > 1]
    best = sorted(once, key=speaks, reverse=True)[:TELLING_MAX]
    return tuple(word for word in once if word in best and speaks(word) > 0)
