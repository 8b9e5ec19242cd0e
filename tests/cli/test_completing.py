"""What the shells offer after `watcher tick`: the items, which are what one forgets at night."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.incident.checklist import ITEMS

ROOT = Path(__file__).parents[2]
TICKED = [item.name for item in ITEMS if item.by_people]
BASH = """
source completions/watcher.bash
COMP_WORDS=(watcher tick INC-1 "$1") COMP_CWORD=3
_watcher_completion watcher
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = "source completions/watcher.fish; complete -C $argv[1]"


def typed(*words: str, **environment: str) -> list[str]:
    """The lines that a program answers; `watcher` is this one."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line]


def test_bash_offers_the_items_of_tick() -> None:
    """All that a person may tick, and of a beginning those that begin so."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not on this machine")
    assert typed(bash, "-c", BASH, "bash", "") == TICKED
    assert typed(bash, "-c", BASH, "bash", "re") == ["reproduced", "regression-test"]


def test_fish_offers_them_with_what_they_mean(tmp_path: Path) -> None:
    """The name, and beside it the line of the checklist."""
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not on this machine")
    told = typed(fish, "-c", FISH, "watcher tick INC-1 smoke", HOME=str(tmp_path))
    assert [line.partition("\t")[0] for line in told] == ["smoke-test"]
    assert "was tried" in told[0]


def test_zsh_is_answered_with_name_and_meaning() -> None:
    """Three lines each, as its completion file reads them."""
    asked = {"_WATCHER_COMPLETE": "zsh_complete", "COMP_WORDS": "watcher tick INC-1 fix", "COMP_CWORD": "3"}
    told = typed(sys.executable, "-m", "watcher", **asked)
    assert told == ["plain", "fix-approved", "A senior has approved it"]


def test_where_the_id_is_left_out_the_items_are_offered_as_well() -> None:
    """The only incident that is open needs no name; behind the item nothing is offered."""
    asked = {"_WATCHER_COMPLETE": "bash_complete", "COMP_WORDS": "watcher tick smoke", "COMP_CWORD": "2"}
    assert typed(sys.executable, "-m", "watcher", **asked) == ["plain,smoke-test"]
    asked = {
        "_WATCHER_COMPLETE": "bash_complete",
        "COMP_WORDS": "watcher tick INC-1 smoke-test ",
        "COMP_CWORD": "4",
    }
    assert typed(sys.executable, "-m", "watcher", **asked) == []
