"""The guide to rules, followed to the letter: what it lets a newcomer write must do what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watcher.cli import watcher

GUIDE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
RULE, _CONFIG, _SCALE = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
(ISSUE,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"^\$ watcher (.*)$", GUIDE, re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "search.yaml").write_text(RULE)
    (tmp_path / "issue.json").write_text(ISSUE)
    return tmp_path


def run(line: str) -> Result:
    return CliRunner().invoke(watcher, line.split())


def test_every_command_of_the_guide_works(here: Path) -> None:
    """The commands, in their order, in a folder that holds what the guide lets one write."""
    assert len(COMMANDS) == 4
    for line in COMMANDS:
        assert run(line).exit_code == 0, line


def test_the_rule_of_the_guide_fires_when_the_guide_says_so(here: Path) -> None:
    """Three users are too few, thirty are enough, and the reason is the rule's own."""
    assert json.loads(run("rules judge --rules rules.d issue.json").stdout)["p0"] is False
    assert "TOO FEW  own.search" in run("explain issue.json --rules rules.d").stdout
    (here / "issue.json").write_text(ISSUE.replace('"users_in_window": 3', '"users_in_window": 30'))
    answer = json.loads(run("rules judge --rules rules.d issue.json").stdout)
    assert answer["p0"] is True
    assert answer["because"][0].startswith("search is down")


def test_the_mistakes_of_the_guide_are_named(here: Path) -> None:
    """A near miss that fires fails the test; a wrong key is named with what was meant."""
    file = here / "rules.d" / "search.yaml"
    file.write_text(RULE.replace("users: 2,", "users: 20,"))
    assert run("rules test rules.d").exit_code == 1
    file.write_text(RULE.replace("any_text:\n", "any_txt:\n"))
    result = run("rules check rules.d")
    assert result.exit_code == 2
    assert "unknown key 'any_txt'; did you mean 'any_text'?" in result.stderr
