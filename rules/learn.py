"""Learn the weights of `rules/likeness.py` from labelled sentences: `python -m rules.learn FOLDER...`.

Softmax regression, a step a sentence; each weight's steps grow shorter with what it has moved (AdaGrad, Duchi and others
2011), and each is drawn back to zero a little, so that a word of one sentence is not believed. The same sentences give the
same weights.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

from rules import everyday, rows
from rules.haystack import raw, searchable
from rules.likeness import BASE, CLASSES, HUNDREDTHS, NONE, Kind, features_of, length_of, shares_of, words_of
from rules.load import BUILTIN, read
from rules.rule import WITHIN

ROUNDS = 30
"""Times that each sentence is shown; afterwards the weights hardly move."""

STEP = 0.5
"""The first step of a weight."""

BACK = 2e-4
"""How much a weight is drawn back to zero at each of its steps."""

SEEN_MIN = 2
"""What stands in fewer sentences is not learned."""

TINY = 1e-8
"""What a weight has moved before its first step: more than nothing, because it is divided by."""

NAMES: Mapping[Kind, str] = {"report": "reports", "issue": "issues"}


def learn(labelled: Sequence[tuple[str, str]]) -> dict[str, list[float]]:
    """The weights of labelled sentences: (text, class)."""
    given = [(features_of(words_of(text)), CLASSES.index(label)) for text, label in labelled]
    often = Counter(one for features, _ in given for one in features)
    shown = [([one for one in features if often[one] >= SEEN_MIN], label) for features, label in given]
    weights = {one: [0.0] * len(CLASSES) for one in (BASE, *often) if one == BASE or often[one] >= SEEN_MIN}
    moved = {one: [TINY] * len(CLASSES) for one in weights}
    for turn in range(ROUNDS):
        for number in sorted(range(len(shown)), key=lambda number: _lot(turn, number)):
            _step(*shown[number], weights, moved)
    return weights


def _lot(turn: int, number: int) -> bytes:
    """The place of a sentence in a turn: shuffled, and the same each time it is learned."""
    return hashlib.blake2b(f"{turn} {number}".encode(), digest_size=8).digest()


def _step(
    features: Sequence[str], label: int, weights: dict[str, list[float]], moved: dict[str, list[float]]
) -> None:
    wrong = [share - (number == label) for number, share in enumerate(shares_of(features, weights))]
    length = length_of(len(features))
    for one, part in ((BASE, 1.0), *((one, 1 / length) for one in features)):
        mine, past = weights[one], moved[one]
        for number, error in enumerate(wrong):
            slope = error * part + BACK * mine[number]
            past[number] += slope * slope
            mine[number] -= STEP * slope / sqrt(past[number])


def table(weights: Mapping[str, Sequence[float]], learned_from: str) -> str:
    """The weights as a table: where they come from, then a feature a line with its weight for each class in hundredths."""
    lines = (
        "\t".join((one, *(str(round(value * HUNDREDTHS)) for value in weights[one])))
        for one in sorted(weights)
    )
    return "\n".join((learned_from, *lines, ""))


def origin(labelled: Sequence[tuple[str, str]]) -> str:
    """The first line of a table: how many sentences it was learned from, and their digest."""
    digest = hashlib.sha256(json.dumps(labelled).encode()).hexdigest()
    return f"learned from {len(labelled)} sentences {digest[:16]}"


def sentences(kind: Kind, folders: Sequence[Path]) -> list[tuple[str, str]]:
    """The labelled rows of folders and what the rules teach, as (text as the rules see it, class)."""
    lines = (
        line
        for folder in folders
        for line in (folder / f"{NAMES[kind]}.jsonl").read_text("utf-8").splitlines()
    )
    return [*(_sentence(kind, json.loads(line)) for line in lines), *taught(kind)]


def _sentence(kind: Kind, row: Mapping[str, Any]) -> tuple[str, str]:
    signal = rows.report_of(row) if kind == "report" else rows.issue_of(row)
    return searchable(raw(signal)), str(row["label"])


def taught(kind: Kind) -> Iterator[tuple[str, str]]:
    """What the shipped rules say of themselves: their examples, and what applications say all day.

    What comes near a rule that counts is no harmless text: it was too little of it.
    """
    shipped = (read(file.read_text("utf-8"), file.name) for file in sorted(BUILTIN.glob("*.yaml")))
    for entry in (entry for book in shipped for entry in book.of_kind[kind][0]):
        rule = entry.rule
        for one in rule.examples.fires:
            yield searchable(raw(one.signal(WITHIN))), entry.category
        for one in rule.examples.near_misses if rule.scale is None else ():
            yield searchable(raw(one.signal(WITHIN))), NONE
    for line in everyday.LINES if kind == "issue" else ():
        yield line, NONE


def main(arguments: list[str]) -> int:
    """Write the weights of what stands in folders of labelled rows; 0, or 2 where they cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m rules.learn", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+", help="with reports.jsonl and issues.jsonl")
    parser.add_argument(
        "--to", type=Path, default=Path(__file__).parent / "weights", help="the folder of the weights"
    )
    asked = parser.parse_args(arguments)
    asked.to.mkdir(exist_ok=True)
    for kind in NAMES:
        try:
            found = sentences(kind, asked.folder)
        except (OSError, ValueError, KeyError) as fault:
            print(f"learn: {type(fault).__name__}: {fault}", file=sys.stderr)
            return 2
        weights = learn(found)
        (asked.to / f"{kind}.tsv").write_text(table(weights, origin(found)), encoding="utf-8")
        print(f"{kind}: {len(found)} sentences, {len(weights)} weights")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
