"""What the guides say of commands, options and settings is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from rules.yaml import compose
from watcher.cli import COMMANDS, watcher
from watcher.keeping.service import UNITS
from watcher.settings.log import LogSettings

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("install.md", "upgrade.md", "backup.md")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_in_a_guide_exists_with_its_options(guide: str) -> None:
    """In the examples, and where a sentence names one."""
    text = (DOCS / guide).read_text(encoding="utf-8")
    named = re.findall(r"(?:^[#$] (?:\S*/)?|`)watcher ([a-z][a-z-]+)((?: [^\n`]*)?)", text, re.MULTILINE)
    assert named
    for name, rest in named:
        assert name in COMMANDS, name
        command = watcher.get_command(click.Context(watcher), name)
        assert command is not None
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        given = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", f" {rest}"))
        assert given <= known, (name, given - known)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_and_unit_that_a_guide_names_is_there(guide: str) -> None:
    """Links to other guides, and the units."""
    text = (DOCS / guide).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([a-z-]+\.md)(?:#[a-z-]+)?\)", text):
        assert (DOCS / link).exists(), link
    for unit in re.findall(r"\b(watcher[a-z-]*\.(?:service|timer))\b", text):
        assert unit in UNITS, unit


def test_the_setting_in_the_guide_is_a_setting() -> None:
    """As it stands there."""
    (example,) = blocks((DOCS / "backup.md").read_text(encoding="utf-8"), "yaml")
    said = compose(example, "backup.md").value["log"]
    assert LogSettings.model_validate(said) == LogSettings(path=Path("/var/lib/watcher/watcher.db"))
