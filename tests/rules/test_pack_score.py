"""Scores: figures that are right, folds that stay, and folders that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules import score
from rules.load import read

BOOK = read("""\
version: 1
category: outage
rules:
  - {id: own, because: x, signal: issue, when: {any_text: boom}, certainty: definite}
  - {id: said, because: x, signal: report, when: {any_text: boom}, certainty: hint}
""")


def issue(name: str, title: str, label: str, *also: str) -> dict[str, object]:
    return {"id": name, "issue": {"title": title}, "context": None, "label": label, "also_acceptable": also}


def test_precision_recall_and_category_are_counted_apart() -> None:
    """A false alarm, a miss and a wrong category each lower one figure; an acceptable category is right."""
    rows = [
        issue("a", "boom", "outage"),
        issue("b", "boom", "payments", "outage"),
        issue("c", "boom", "payments"),
        issue("d", "boom", "none"),
        issue("e", "calm", "outage"),
        issue("f", "calm", "none"),
    ]
    figures = score.scores("issues", score.answers(BOOK, "issues", rows))
    assert [(one.name, one.part, one.whole) for one in figures] == [
        ("issues precision", 3, 4),
        ("issues recall", 3, 4),
        ("issues category", 2, 3),
    ]


def test_a_suspicion_is_enough_for_a_report_and_not_for_an_issue() -> None:
    """A person's words raise suspicions; an issue must ring."""
    (answer,) = score.answers(BOOK, "reports", [{"id": "a", "text": "boom", "label": "outage"}])
    assert answer.outcome == "suspicion"
    assert answer.said
    assert answer.correct


def test_a_row_stays_in_its_fold() -> None:
    """The folds are fixed by a hash of the id: these have been where they are since the first rule."""
    assert [score.fold_of(name, 2) for name in ("iss-0001", "iss-0002", "own-issue-001")] == [1, 1, 0]


def test_a_folder_is_scored_and_its_wrong_rows_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script prints the figures of what a folder holds, and with --wrong the rows, escaped."""
    row = issue("w-1", "calm \u202e title", "outage")
    (tmp_path / "issues.jsonl").write_text(json.dumps(row) + "\n")
    assert score.main([str(tmp_path), "--wrong"]) == 0
    printed = capsys.readouterr().out
    assert "issues recall          0.000   0 of 1   aim 0.90  MISSED" in printed
    assert "w-1: none, right is outage" in printed
    assert "\u202e" not in printed


def test_a_folder_without_rows_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to score, or rows without labels, is exit 2 with the reason."""
    assert score.main([str(tmp_path)]) == 2
    assert "no issues.jsonl" in capsys.readouterr().err
    (tmp_path / "reports.jsonl").write_text('{"id": "a", "text": "boom"}\n')
    assert score.main([str(tmp_path)]) == 2
    assert "label" in capsys.readouterr().err
