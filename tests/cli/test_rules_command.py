"""`watcher rules check|test|schema|judge`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from watcher.cli.rules import rules

RULE = """\
version: 1
category: outage
rules:
  - id: own
    because: "it went boom: {count}"
    signal: issue
    when: {any_text: boom}
    certainty: scale
    examples:
      fires: [{title: boom, users: 9}]
      near_misses: [{title: boom, users: 1}]
"""

ISSUE: dict[str, Any] = {
    "id": "r1",
    "issue": {
        "title": "boom",
        "metadata": {"type": "Boom", "value": "x"},
        "level": "error",
        "count": "90000",
        "userCount": 5000,
        "tags": [{"key": "environment", "value": "production"}],
    },
    "context": {"window_minutes": 30, "users_in_window": 40, "events_in_window": 90},
}


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(rules, arguments, input=stdin)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "own.yaml").write_text(RULE)
    return str(tmp_path)


def judged(folder: str, *rows: object) -> tuple[list[dict[str, Any]], Result]:
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    result = run("judge", "-", "--rules", folder, "--no-builtin", stdin=lines)
    return [json.loads(line) for line in result.stdout.splitlines()], result


def test_check_says_yes_or_every_fault(tmp_path: Path, folder: str) -> None:
    """Good rules exit 0; wrong ones exit 2 with file, line and column."""
    assert run("check", folder).exit_code == 0
    (tmp_path / "own.yaml").write_text(RULE.replace("any_text: boom", "any_text: '(boom'"))
    result = run("check", folder)
    assert result.exit_code == 2
    assert "own.yaml:7:22: rules.0.when.any_text" in result.stderr


def test_test_fails_where_a_rule_fails_its_examples(tmp_path: Path, folder: str) -> None:
    """A rule against its own examples is exit 1; triggers without a rule are listed."""
    result = run("test", "--no-builtin", folder)
    assert result.exit_code == 0
    assert "no rule yet for payments: duplicate charges" in result.stdout
    (tmp_path / "own.yaml").write_text(RULE.replace("users: 1}", "users: 100}"))
    result = run("test", "--no-builtin", folder)
    assert result.exit_code == 1
    assert "own: near_misses.0 fires: 'boom'" in result.stdout


def test_schema_is_a_json_schema() -> None:
    """Editors can read what a rule file may say."""
    schema = json.loads(run("schema").stdout)
    assert set(schema["required"]) == {"version", "category", "rules"}
    assert "any_text" in schema["$defs"]["Condition"]["properties"]


def test_judge_applies_thresholds_to_the_window_of_the_row(folder: str) -> None:
    """Forty users in the row's half hour are enough, and the reason says the window."""
    (row,), result = judged(folder, ISSUE)
    assert result.exit_code == 0
    assert (row["id"], row["p0"], row["suspicion"], row["category"]) == ("r1", True, False, "outage")
    assert row["because"][0] == "it went boom: 40 users"
    assert "within 30m" in row["because"][1]


def test_judge_knows_no_scale_without_context(folder: str) -> None:
    """Lifetime counts say nothing about now: a row without context does not reach a threshold."""
    (row,), _ = judged(folder, ISSUE | {"context": None})
    assert (row["p0"], row["category"]) == (False, None)


def test_judge_takes_no_users_beside_events_for_unknown(folder: str) -> None:
    """A reporter that sends no user counts none: events stand in, and the reason says so."""
    (row,), _ = judged(
        folder, ISSUE | {"context": {"window_minutes": 5, "users_in_window": 0, "events_in_window": 90}}
    )
    assert row["p0"] is True
    assert "users are not counted here" in row["because"][1]


def test_judge_names_bad_rows_and_goes_on(folder: str) -> None:
    """Each bad row is named by its line on stderr, the others are judged, and the exit code is 2."""
    bad = [
        "{",
        "[]",
        '{"id": 1}',
        '{"issue": 3}',
        '{"issue": {}}',
        '{"text": ""}',
        '{"response": {}}',
        "[" * 100_000,
        '"\\ud800"',
    ]
    rows, result = judged(folder, *bad, ISSUE | {"context": 7}, ISSUE)
    assert [row["id"] for row in rows] == ["r1"]
    assert result.exit_code == 2
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [str(n) for n in range(1, 11)]


def test_judge_reads_reports_and_health_answers() -> None:
    """A report is a suspicion; a health answer has its state and components beside the verdict."""
    rows = [
        {"id": "a", "text": "I was charged twice for this month"},
        {
            "id": "b",
            "response": {
                "status": 503,
                "headers": {"content-type": "application/json"},
                "body": '{"status":"down","database":"down"}',
            },
        },
        {
            "id": "c",
            "response": {
                "status": 200,
                "headers": {"content-type": "text/html"},
                "body": "<title>Log in</title>",
            },
        },
    ]
    result = run("judge", "-", stdin="\n".join(map(json.dumps, rows)))
    report, down, login = map(json.loads, result.stdout.splitlines())
    assert (report["p0"], report["suspicion"], report["category"]) == (False, True, "payments")
    assert (down["p0"], down["category"], down["state"], down["failed_components"]) == (
        True,
        "outage",
        "down",
        ["database"],
    )
    assert (login["p0"], login["state"]) == (False, "unknown")


def test_judge_prints_no_foreign_character_as_it_is(folder: str) -> None:
    """An id and a title are a stranger's: what turns a terminal's text around is printed as its number."""
    row = ISSUE | {"id": "\u202e\x1b[2J\ud800", "issue": ISSUE["issue"] | {"title": "boom \u202e\x9b2J"}}
    (said,), result = judged(folder, row)
    assert said["id"] == row["id"]
    assert result.exit_code == 0
    assert result.stdout.isascii()
    assert result.stdout.strip().isprintable()
