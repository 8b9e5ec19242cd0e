"""Scores: how often the rulebook is right about labelled rows.

A folder holds `issues.jsonl`, `health.jsonl` and `reports.jsonl`, or some of them: rows as `watcher rules judge` reads
them, each with its `label`. `also_acceptable` names further categories that are right too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules import rows
from rules.classify import classify
from rules.fault import Faults
from rules.load import load
from rules.rulebook import Rulebook
from rules.verdict import Outcome

NONE = "none"

AIMS: Mapping[str, float] = {
    "issues precision": 0.90,
    "issues recall": 0.90,
    "issues category": 0.92,
    "health state": 0.93,
    "health P0": 0.96,
    "health components F1": 0.90,
    "reports precision": 0.88,
    "reports recall": 0.88,
    "reports category": 0.85,
}
"""What the pack aims at on rows that nobody has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One row: what it is, and what the rulebook made of it."""

    kind: str
    id: str
    text: str
    right: frozenset[str]  # the categories that are right; "none" where it is no P0
    outcome: Outcome
    category: str
    because: str
    state: tuple[str, str] = ("", "")  # the right one, and ours
    components: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    @property
    def said(self) -> bool:
        """A P0 was said; of a report a suspicion is enough."""
        return self.outcome == "p0" or (self.kind == "reports" and self.outcome == "suspicion")

    @property
    def true(self) -> bool:
        """It is a P0."""
        return NONE not in self.right

    @property
    def correct(self) -> bool:
        """Whether state and category are as they should be."""
        return (self.category in self.right if self.said else not self.true) and len(set(self.state)) == 1


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part of a whole, under its name."""

    name: str
    part: int
    whole: int

    @property
    def value(self) -> float:
        """The part as a fraction; of nothing, all is right."""
        return self.part / self.whole if self.whole else 1.0

    @property
    def missed(self) -> bool:
        """It is below what the pack aims at."""
        return self.value < AIMS[self.name]

    def __str__(self) -> str:
        mark = f"aim {AIMS[self.name]:.2f}{'  MISSED' if self.missed else ''}"
        return f"{self.name:<22} {self.value:5.3f}   {self.part} of {self.whole}   {mark}"


def fold_of(row_id: str, folds: int) -> int:
    """The fold that a row belongs to for ever: a hash of its id decides."""
    return int(hashlib.sha256(row_id.encode()).hexdigest(), 16) % folds


def answers(book: Rulebook, kind: str, found: Iterable[Mapping[str, Any]]) -> Iterator[Answer]:
    """Judge labelled rows of one kind: issues, health or reports."""
    judge = {"issues": _issue, "health": _health, "reports": _report}[kind]
    for row in found:
        yield judge(book, row)


def scores(kind: str, judged: Iterable[Answer]) -> tuple[Ratio, ...]:
    """The figures of one kind."""
    judged = tuple(judged)
    if kind == "health":
        return _health_scores(judged)
    said = [one for one in judged if one.said]
    hits = [one for one in said if one.true]
    return (
        Ratio(f"{kind} precision", len(hits), len(said)),
        Ratio(f"{kind} recall", len(hits), sum(one.true for one in judged)),
        Ratio(f"{kind} category", sum(one.category in one.right for one in hits), len(hits)),
    )


def _health_scores(judged: tuple[Answer, ...]) -> tuple[Ratio, ...]:
    pairs = [one.components for one in judged]
    both = sum(len(right & ours) for right, ours in pairs)
    return (
        Ratio("health state", sum(one.state[0] == one.state[1] for one in judged), len(judged)),
        Ratio("health P0", sum(one.said == one.true for one in judged), len(judged)),
        Ratio("health components F1", 2 * both, sum(len(right) + len(ours) for right, ours in pairs)),
    )


def _issue(book: Rulebook, row: Mapping[str, Any]) -> Answer:
    signal = rows.issue_of(row)
    text = " | ".join(filter(None, (signal.title, signal.culprit)))
    return _judged(book, "issues", row, signal, text, (str(row["label"]), *row.get("also_acceptable", ())))


def _report(book: Rulebook, row: Mapping[str, Any]) -> Answer:
    return _judged(book, "reports", row, rows.report_of(row), str(row["text"]), (str(row["label"]),))


def _health(book: Rulebook, row: Mapping[str, Any]) -> Answer:
    reading, label = rows.reading_of(row), row["label"]
    text = str(row["response"].get("error") or row["response"].get("body"))
    state = (str(label["state"]), reading.state)
    components = (frozenset(label["failed_components"]), frozenset(reading.failed_components))
    right = (str(label["p0_category"]),)
    if reading.state == "unknown":  # one unknown answer proves nothing
        return Answer(
            kind="health",
            id=str(row["id"]),
            text=text,
            right=frozenset(right),
            outcome="none",
            category=NONE,
            because="; ".join(reading.because),
            state=state,
            components=components,
        )
    return _judged(book, "health", row, rows.health_of(row, reading), text, right, state, components)


def _judged(
    book: Rulebook,
    kind: str,
    row: Mapping[str, Any],
    signal: Any,
    text: str,
    right: Iterable[str],
    state: tuple[str, str] = ("", ""),
    components: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset()),
) -> Answer:
    verdict = classify(book, signal, own_window=True)
    return Answer(
        kind=kind,
        id=str(row["id"]),
        text=text,
        right=frozenset(right),
        outcome=verdict.outcome,
        category=verdict.category or NONE,
        because="; ".join((*((verdict.rule,) if verdict.rule else ()), *verdict.because)),
        state=state,
        components=components,
    )


def labelled(file: Path, *, fold: int | None = None, folds: int = 2) -> Iterator[dict[str, Any]]:
    """The rows of a file, or those of one fold."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            if fold is None or fold_of(str(row["id"]), folds) == fold:
                yield row


def main(arguments: list[str]) -> int:
    """Print the figures of a folder; 0, or 2 where nothing can be read."""
    asked = _asked(arguments)
    try:
        book = load(asked.rules, use_builtin=not asked.no_builtin)
        for kind, file in _files(asked.folder):
            found = labelled(file, fold=asked.fold, folds=asked.folds)
            _print(kind, tuple(answers(book, kind, found)), asked)
    except (Faults, OSError, ValueError, KeyError) as fault:
        print(f"score: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 2
    return 0


def _files(folder: Path) -> tuple[tuple[str, Path], ...]:
    files = tuple((kind, folder / f"{kind}.jsonl") for kind in ("issues", "health", "reports"))
    there = tuple((kind, file) for kind, file in files if file.exists())
    if not there:
        raise ValueError(f"no issues.jsonl, health.jsonl or reports.jsonl in {folder}")
    return there


def _print(kind: str, judged: tuple[Answer, ...], asked: argparse.Namespace) -> None:
    wrong = [one for one in judged if not one.correct]
    print(f"{kind}: {len(judged)} rows, {len(wrong)} wrong")
    for ratio in scores(kind, judged):
        print(f"  {ratio}")
    for one in wrong if asked.wrong else ():
        said = f"{one.state[1]} {one.category if one.said else NONE}".strip()
        right = f"{one.state[0]} {'/'.join(sorted(one.right))}".strip()
        print(f"  {one.id}: {said}, right is {right}: {ascii(one.text)[:200]} [{ascii(one.because)[:160]}]")


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/score", description="Score the rulebook on a folder of labelled rows."
    )
    parser.add_argument(
        "folder", type=Path, help="with issues.jsonl, health.jsonl, reports.jsonl, or some of them"
    )
    parser.add_argument("--rules", type=Path, action="append", default=[], help="a folder of your own rules")
    parser.add_argument(
        "--no-builtin", action="store_true", help="leave out the rules that come with the program"
    )
    parser.add_argument("--fold", type=int, help="only the rows whose id hashes to this fold")
    parser.add_argument("--folds", type=int, default=2, help="how many folds there are (2)")
    parser.add_argument("--wrong", action="store_true", help="print the rows that are wrong")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
