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
    """A rule against its own examples, or without one kind of them, is exit 1; beside the pack a good one is exit 0."""
    result = run("test", "--no-builtin", folder)
    assert "1 rule, 2 examples, 0 failures" in result.stdout
    assert "to see why" not in result.stdout
    (tmp_path / "own.yaml").write_text(RULE.replace("users: 1}", "users: 100}"))
    result = run("test", "--no-builtin", folder)
    assert result.exit_code == 1
    assert "own: near_misses.0 fires: 'boom'" in result.stdout
    assert (
        f"to see why, write the example as JSON into a file: watcher explain FILE --rules {folder}"
        in result.stdout
    )
    assert "1 rule, 2 examples, 1 failure\n" in result.stdout
    (tmp_path / "own.yaml").write_text(RULE.partition("      near_misses")[0])
    result = run("test", "--no-builtin", folder)
    assert result.exit_code == 1
    assert "own: no example under 'near_misses'" in result.stdout


def test_test_fails_where_a_trigger_has_no_rule(folder: str) -> None:
    """Rules that all do as they say are still exit 1 while one of the sixteen triggers is recognised by none."""
    result = run("test", "--no-builtin", folder)
    assert result.exit_code == 1
    assert result.stdout.count("no rule in force for ") == 16
    assert "no rule in force for payments: duplicate charges" in result.stdout


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


@pytest.mark.parametrize("row", ["the printer is stuck", "{", "[]", '{"id": 1}'])
def test_judge_says_what_a_row_looks_like(folder: str, row: str) -> None:
    """Plain words, or one object over several lines, are answered with the form of a row."""
    _, result = judged(folder, row)
    assert 'one object on one line: {"issue": {...}}, {"text": "..."} or {"response": {...}}' in result.stderr


def test_judge_says_of_a_report_what_the_daemon_does(tmp_path: Path) -> None:
    """A person's word is asked about first, however sure the rule is."""
    rule = RULE.replace("signal: issue", "signal: report").replace("scale", "definite").replace("{count}", "")
    (tmp_path / "own.yaml").write_text(rule.partition("    examples")[0])
    (row,), _ = judged(str(tmp_path), {"id": "a", "text": "it went boom"})
    assert (row["p0"], row["suspicion"], row["category"]) == (False, True, "outage")


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


def test_against_shows_what_another_rulebook_would_change(tmp_path: Path, folder: str) -> None:
    """Only rows whose outcome or category differs are printed, with both; other words for the same are no change."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "own.yaml").write_text(RULE.replace("scale", "hint").replace("it went", "there it went"))
    rows = [ISSUE, ISSUE | {"id": "r2", "issue": {"title": "all is well"}}, "{"]
    stdin = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    result = run("judge", "-", "--rules", folder, "--no-builtin", "--against", str(other), stdin=stdin)
    (said,) = map(json.loads, result.stdout.splitlines())
    assert said["id"] == "r1"
    assert (said["now"]["outcome"], said["then"]["outcome"]) == ("p0", "suspicion")
    assert "1 of 2 rows would change" in result.stderr
    assert result.exit_code == 2
    same = run("judge", "-", "--rules", folder, "--no-builtin", "--against", folder, stdin=json.dumps(ISSUE))
    assert (same.stdout, same.exit_code) == ("", 0)
