"""What is built holds all that the program needs: installed alone, far from the source, it does its work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from watcher.cli import watcher
from watcher.keeping.service import UNITS

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv", path=f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}")
NOT_IN_A_WHEEL = ("tests/", "bench/", "docs/", "scripts/")

SHELLS = {"bash": "watcher.bash", "zsh": "_watcher", "fish": "watcher.fish"}

needs_uv = pytest.mark.skipif(UV is None, reason="uv builds and installs, and is not on this machine")


def run(*command: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("WATCHER_", "PYTHON"))}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**env, **more}, timeout=100
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    assert UV is not None
    made = run(
        UV, "build", "--no-build-isolation", "--offline", "-q", "-o", str(out), str(ROOT),
        cwd=out, VIRTUAL_ENV=sys.prefix,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return out


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment that holds the wheel; its requirements are this one's, by path."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    assert UV is not None
    done = run(
        UV, "pip", "install", "-q", "--no-deps", "--no-index", "--offline", "--python", str(python), str(wheel),
        cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


@needs_uv
def test_the_wheel_holds_the_program_and_the_sdist_its_tests_too(built: Path) -> None:
    """Nothing of the tests is installed; everything that tests need is in the source package."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in (
        "LICENSE",
        "scripts/test",
        "tests/support.py",
        "systemd/watcher.service",
        "requirements/dev.lock",
    ):
        assert needed in names
    (wheel,) = built.glob("*.whl")
    listed = run(sys.executable, "-m", "zipfile", "-l", str(wheel), cwd=built).stdout.split()
    assert [name for name in listed if name.startswith(NOT_IN_A_WHEEL)] == []


@needs_uv
def test_an_installed_watcher_is_its_own_and_knows_its_rules(installed: Path, tmp_path: Path) -> None:
    """Version, the whole rulebook with its examples, the units, the check: from an empty folder."""
    command = str(installed / "watcher")
    where = run(str(installed / "python"), "-c", "import watcher, rules, notifiers; print(watcher.__file__, rules.__file__, notifiers.__file__)", cwd=tmp_path)  # fmt: skip
    assert all(path.startswith(str(installed.parent)) for path in where.stdout.split()), where
    assert run(command, "version", cwd=tmp_path).stdout.startswith("watcher ")
    tested = run(command, "rules", "test", cwd=tmp_path)
    assert tested.returncode == 0, tested.stderr
    printed = run(command, "install-service", "--print", cwd=tmp_path)
    assert all(f"/{name}\n" in printed.stdout for name in UNITS), printed.stderr
    assert f"ExecStart={command} run" in printed.stdout


@needs_uv
def test_an_installed_watcher_plays_its_demo(installed: Path, tmp_path: Path) -> None:
    """The daemon, its web pages, its runbooks and a page that arrives: nothing was left behind in the source."""
    played = run(
        str(installed / "watcher"), "demo", "--speed", "20", "--keep", str(tmp_path / "demo"), cwd=tmp_path
    )
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completion_files_are_what_click_writes_now(shell: str) -> None:
    """scripts/completions makes them anew."""
    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(watcher, {}, "watcher", "_WATCHER_COMPLETE").source()
    assert (ROOT / "completions" / SHELLS[shell]).read_text().strip() == made.strip()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_its_completion_file(shell: str) -> None:
    """Without a word."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not on this machine")
    done = run(program, "-n", str(ROOT / "completions" / SHELLS[shell]), cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_beginning_is_completed_to_the_commands_that_begin_so(tmp_path: Path) -> None:
    """As bash asks: by the words so far."""
    asked = {"_WATCHER_COMPLETE": "bash_complete", "COMP_WORDS": "watcher sil", "COMP_CWORD": "1"}
    answer = run(sys.executable, "-m", "watcher", cwd=ROOT, **asked)
    assert answer.stdout.split() == ["plain,silence"], answer
