"""A night in which commands are asked for: an incident after a deploy, a book of commands, and clients that are fakes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import T0, Dialogue, change
from watcher.incident import command as ask
from watcher.settings.runbook import read
from watcher.view.runbook import Book, Command, commands

PLACES: dict[str, dict[str, str]] = {
    "compose": {"variable": "WEB_TAG"},
    "kubernetes": {"namespace": "prod", "image": "registry.example/shop/web"},
    "github-actions": {"workflow": "deploy.yml", "repository": "acme/shop"},
}


def book(kind: str = "kubernetes", **more: str) -> Book:
    return read(kind, {"web": {**PLACES.get(kind, {}), **more}})


def night(action: str = "rollback", **changed: Any) -> Dialogue:
    """A fresh deploy broke sign-in; where a hotfix is meant, a person decided so."""
    talk = Dialogue(changes=(change(**changed),))
    if action != "rollback":
        talk.hears(ask.Decide(by="ann", choice=action))
    return talk


def typed(talk: Dialogue, of: Book) -> tuple[Command, ...]:
    return commands(talk.state, of, T0)


FAKE = '''#!{python}
"""Refuses what the real client does not have, answers what a template reads, and records what it was asked."""
import json, os, sys

FLAGS = {flags}  # command: flags that take a value, flags that take none

argv = sys.argv[1:]
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps([{name!r}, *argv, *(f"{{k}}={{v}}" for k, v in os.environ.items() if k.endswith("_TAG"))]) + "\\n")
words, everywhere = [], FLAGS[""]
queue = list(argv)
given = []
while queue:
    word = queue.pop(0)
    if not word.startswith("-"):
        words.append(word)
        continue
    flag, equals, _ = word.partition("=")
    given.append(flag)
    command = next((c for n in (2, 1) if (c := " ".join(words[:n])) in FLAGS and c), None)
    valued = everywhere[0] | (FLAGS[command][0] if command else set())
    if flag in valued and not equals:
        if not queue:
            sys.exit(f"flag needs an argument: {{flag}}")
        queue.pop(0)
command = next((c for n in (2, 1) if (c := " ".join(words[:n])) in FLAGS and c), None)
if command is None:
    sys.exit(f"unknown command {{' '.join(words)}}")
known = everywhere[0] | everywhere[1] | FLAGS[command][0] | FLAGS[command][1]
for flag in given:
    if flag not in known:
        sys.exit(f"unknown flag {{flag}} of {{command}}")
if command == "run list":
    print(os.environ.get("RUN", "77"))
'''

CLIENTS: dict[str, dict[str, tuple[set[str], set[str]]]] = {
    "docker": {
        "": (set(), set()),
        "compose up": (
            {"--pull", "--scale", "--timeout", "-t", "--wait-timeout"},
            {"-d", "--detach", "--no-deps", "--no-build", "--build", "--force-recreate", "--wait"},
        ),
        "compose ps": ({"--filter", "--format", "--status"}, {"-a", "--all", "-q", "--quiet"}),
        "compose images": ({"--format"}, {"-q", "--quiet"}),
    },
    "kubectl": {
        "": ({"-n", "--namespace", "--context"}, set()),
        "set image": ({"-f", "-l", "-o", "--dry-run"}, {"--local", "--record"}),
        "rollout undo": ({"--to-revision", "--dry-run", "-l"}, set()),
        "rollout status": ({"--timeout", "--revision", "-l"}, {"-w", "--watch"}),
        "get deployment": ({"-o", "--output", "-l"}, {"-w", "--watch"}),
    },
    "gh": {
        "": ({"-R", "--repo"}, set()),
        "run list": (
            {"-b", "--branch", "-c", "--commit", "-w", "--workflow", "-s", "--status", "-L", "--limit"}
            | {"-e", "--event", "-u", "--user", "--json", "-q", "--jq", "--created"},
            {"-a", "--all"},
        ),
        "run rerun": ({"-j", "--job"}, {"-d", "--debug", "--failed"}),
        "run watch": ({"-i", "--interval"}, {"--exit-status", "--compact"}),
        "workflow run": ({"-r", "--ref", "-f", "--raw-field", "-F", "--field"}, {"--json"}),
        "pr create": (
            {
                "-H",
                "--head",
                "-B",
                "--base",
                "-t",
                "--title",
                "-b",
                "--body",
                "-l",
                "--label",
                "-r",
                "--reviewer",
            },
            {"-f", "--fill", "-d", "--draft", "--dry-run"},
        ),
    },
}
"""The commands that the real clients have, and their flags as their manuals list them."""


class Machine:
    """A shell in which the clients are fakes and git is real, with an empty configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._bin = folder / "work", folder / "bin"
        self._record = folder / "asked.jsonl"
        self.folder.mkdir()
        self._bin.mkdir()
        for name, flags in CLIENTS.items():
            client = self._bin / name
            client.write_text(FAKE.format(python=sys.executable, flags=flags, name=name))
            client.chmod(client.stat().st_mode | stat.S_IXUSR)
        self._environment = {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "HOME": str(folder),
            "RECORD": str(self._record),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "ann" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    def run(self, script: str, **environment: str) -> str:
        """What a person pastes; any line that fails fails it."""
        done = self.tries(script, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def tries(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euc", script],
            cwd=self.folder,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def asked(self) -> list[list[str]]:
        """Each call of a client, in order."""
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [json.loads(line) for line in lines]
