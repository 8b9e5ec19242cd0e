"""`watcher rules recommend`: rows in, one JSON object a line out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from watcher.cli.recommend import recommend

CORPUS = (
    Path(os.environ.get("WATCHER_SHARED", Path(__file__).parents[3] / "shared"))
    / "corpus"
    / "decisions.jsonl"
)

FACTS: dict[str, Any] = {
    "affected_users": 40,
    "active_users": 2000,
    "failing_systems": ["cart"],
    "root_cause": "known",
    "root_cause_evidence": "a renamed column",
    "recent_deploy": {"minutes_before_start": 12, "version": "7.3.1"},
    "database_migration_in_deploy": False,
    "previous_release_available": True,
    "fix_minutes_estimate": 20,
}
NO = "undetermined-needs-human"
SUM = {"affected_users_is": "sum over issues", "union_known": False}
ROWS = [
    ("hotfix", "hotfix", {}),
    ("rollback", "rollback", {"affected_users": 1001}),
    ("hotfix", "hotfix", {"affected_users": 1000}),
    ("rollback", "rollback", {"root_cause": "suspected"}),
    ("rollback", "rollback", {"failing_systems": ["cart", "search"]}),
    ("hotfix", NO, {"affected_users": "unknown"}),
    ("hotfix", NO, {"active_users": None}),
    (NO, NO, {"affected_users": -1}),
    (NO, NO, {"affected_users": "many"}),
    (NO, NO, {"affected_users": True}),
    (NO, NO, {"failing_systems": []}),
    (NO, NO, {"fix_minutes_estimate": "unknown"}),
    (NO, "rollback", {"fix_minutes_estimate": 400}),
    ("rollback", NO, {"root_cause": "unknown", "recent_deploy": None}),
    (
        "rollback",
        NO,
        {"root_cause": "unknown", "recent_deploy": {"minutes_before_start": -5, "version": "7.3.1"}},
    ),
    (
        "rollback",
        NO,
        {
            "affected_users": 1500,
            "root_cause_evidence": "payment provider outage",
            "fix_minutes_estimate": None,
        },
    ),
    (NO, NO, {"affected_users": 1500, "issues": [{"users": 800}, {"users": 700}], **SUM}),
    ("rollback", "rollback", {"affected_users": 1900, "issues": [{"users": 1200}, {"users": 700}], **SUM}),
    ("hotfix", "hotfix", {"affected_users": 900, "issues": [{"users": 500}, {"users": 400}], **SUM}),
    (NO, NO, {"affected_users": 1500, "issues": 2, **SUM}),
    (NO, NO, {"affected_users": 1500, **SUM}),
]


def run(*lines: str | bytes, tmp_path: Path) -> Any:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
    return CliRunner().invoke(recommend, [str(file)])


def test_rows_are_answered_in_their_order_with_the_letter_beside_the_recommendation(tmp_path: Path) -> None:
    """Each row gives one JSON object: its id, the letter, the recommendation, the reasons."""
    lines = [json.dumps({"id": f"row-{n}", "facts": FACTS | more}) for n, (_, _, more) in enumerate(ROWS)]
    result = run(*lines, tmp_path=tmp_path)
    said = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [(one["protocol"], one["recommendation"]) for one in said] == [(row[0], row[1]) for row in ROWS]
    assert [one["id"] for one in said] == [f"row-{n}" for n in range(len(ROWS))]
    assert {frozenset(one) for one in said} == {
        frozenset({"id", "protocol", "recommendation", "because", "missing", "blockers"})
    }


def test_bad_rows_are_named_and_the_others_judged(tmp_path: Path) -> None:
    """A row that cannot be read is named by its line, the rest is answered, and the exit code is 2."""
    good = json.dumps({"id": "a", "facts": FACTS})
    result = run(
        good, "{", "[]", '{"id": "b", "facts": 3}', b"\xff", "[" * 100_000, "", good, tmp_path=tmp_path
    )
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 2
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == ["2", "3", "4", "5", "6"]


def test_facts_of_any_shape_are_unknown_rather_than_a_crash(tmp_path: Path) -> None:
    """Whatever stands in a row's fields, the row is judged; nonsense is unknown."""
    nonsense: tuple[Any, ...] = ([], {}, "x", 1e400, float("nan"), -1, True, None, [[]], {"version": []})
    lines = [json.dumps({"id": 1, "facts": dict.fromkeys(FACTS, value)}) for value in nonsense]
    result = run(*lines, tmp_path=tmp_path)
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, len(nonsense))


def test_what_is_printed_is_plain_ascii(tmp_path: Path) -> None:
    """An id and a version are a stranger's: nothing of them moves a terminal's cursor or turns its text around."""
    deploy = {"minutes_before_start": 12, "version": "7\u202e\x9b2J"}
    line = json.dumps({"id": "\u202e\ud800", "facts": FACTS | {"recent_deploy": deploy}})
    result = run(line, tmp_path=tmp_path)
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert result.stdout.strip().isprintable()


@pytest.mark.skipif(not CORPUS.exists(), reason="the decision corpus is not on this machine")
def test_the_corpus_letters_are_exact() -> None:
    """Every labelled decision gets the protocol's letter, and nearly all of them what an operator would do."""
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    result = CliRunner().invoke(recommend, [str(CORPUS)])
    said = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["protocol"] for one in said] == [row["protocol_label"] for row in rows]
    agree = sum(one["recommendation"] == row["sensible_label"] for one, row in zip(said, rows, strict=True))
    assert agree >= 0.9 * len(rows)
