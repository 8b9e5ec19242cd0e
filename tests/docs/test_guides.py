"""The guides: what they name exists, what they show is taken, and no word of the journal is left out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml as plain_yaml

from rules.yaml import compose
from watcher.cli import COMMANDS, watcher
from watcher.config import Config

ROOT = Path(__file__).parents[2]
GUIDES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
BASE: dict[str, Any] = {
    "version": 1,
    "service": {"name": "shop"},
    "health": {"endpoints": [{"name": "api", "url": "https://shop.example/api/health"}]},
    "contacts": {"ann": {"targets": ["team-chat", "ann-phone"]}},
    "targets": {
        "team-chat": {"apprise": "${TEAM_CHAT_URL}"},
        "ann-phone": {"apprise": "${ANN_PUSH_URL}", "wakes": True},
        "status": {"apprise": "${STATUS_URL}", "for": ["publish"]},
    },
    "on_call": {"default": "ann"},
}
"""What a fragment of a guide is put into."""
OWN = (
    "rules.md",
    "shipped-rules.md",
    "commands.md",
    "oncall.md",
    "evidence.md",
    "deploys.md",
    "grafana.md",
    "metrics.md",
)
"""Guides whose examples have tests of their own, or are no configuration."""


def fragments() -> list[Any]:
    """Each example of a configuration."""
    found = []
    for guide in GUIDES:
        if guide.name in OWN:
            continue
        blocks = re.findall(
            r"^```yaml\n(.*?)^```", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        found += [pytest.param(block, id=f"{guide.name}-{n}") for n, block in enumerate(blocks, 1)]
    return found


@pytest.mark.parametrize("text", fragments())
def test_every_example_of_a_configuration_is_taken(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands, within a configuration that is otherwise whole."""
    for name in re.findall(r"\$\{([A-Z_]+)\}", text + str(BASE)):
        monkeypatch.setenv(name, f"https://{name.lower().replace('_', '-')}.example/topic")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("OWN_SENTRY_DSN", "https://key@errors.example/9")
    (tmp_path / "sentry_token").write_text("sntryi_" + "5" * 64, encoding="utf-8")
    said = plain_yaml.safe_load(text)
    whole = plain_yaml.safe_dump({**BASE, **said}, sort_keys=False)
    assert compose(whole, "watcher.yaml").check(Config)


def typed() -> list[Any]:
    """Each command that a guide tells people to type."""
    found = []
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        spans = re.findall(r"`(watcher [^`\n]+)`", text)
        lines = re.findall(r"^(?:    |[$#] )(watcher [^\n]+)", text, re.MULTILINE)
        commands = dict.fromkeys((*spans, *lines))
        found += [pytest.param(command, id=f"{guide.name}: {command[:60]}") for command in commands]
    return found


@pytest.mark.parametrize("command", typed())
def test_every_command_that_a_guide_names_exists(command: str) -> None:
    """With its options."""
    words = shlex.split(re.split(r"\s(?:#|\||>|;|&&)|\s{3,}", command)[0].replace("...", ""))[1:]
    names = words[0].split("|")
    if names[0] in ("-c", "--help", "--version") or not re.fullmatch(r"[a-z0-9|-]+", words[0]):
        return
    for name in names:
        assert name in COMMANDS, f"there is no watcher {name}"
    _options(click.Context(watcher), words)


def _options(context: click.Context, words: list[str]) -> None:
    group: click.Command = watcher
    while words and isinstance(group, click.Group):
        name = words.pop(0).split("|")[0]
        found = group.get_command(context, name)
        assert found is not None, f"there is no {name}"
        group = found
    known = {option for parameter in group.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        option = word.partition("=")[0]
        if re.fullmatch(r"--[a-z][a-z-]*|-[a-z]", option):
            assert option in known | {"--help", "-h"}, f"{group.name} has no {option}"


def test_the_guide_to_the_journal_names_every_event() -> None:
    """And none that nothing says."""
    folders = ("watcher", "notifiers", "rules")
    code = "\n".join(p.read_text(encoding="utf-8") for one in folders for p in (ROOT / one).rglob("*.py"))
    said = set(re.findall(r'"event": "([a-z_]+)"', code)) | {"page_accepted", "page_refused", "page_unknown"}
    said |= set(re.findall(r'"event", "([a-z_]+)"\)', code))  # what a line without one of its own is called
    rows = re.findall(
        r"^\| (`[^|]+) \|", (ROOT / "docs/operate.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}
    assert told == said


def test_the_guide_to_the_configuration_is_current() -> None:
    """Made from the models; every key has its reason."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/configure_guide.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_link_between_guides_leads_somewhere(guide: Path) -> None:
    """Relative ones; others are somebody else's."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))
    for link in links:
        assert "://" in link or (guide.parent / link).exists(), link


def test_the_index_names_every_guide() -> None:
    """A guide that nobody finds is none."""
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    missing = [
        g.name for g in GUIDES if g.parent.name == "docs" and g.name != "README.md" and g.name not in index
    ]
    assert missing == []
