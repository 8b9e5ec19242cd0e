from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def _set_up(tmp_path: Path, python: str | None) -> subprocess.CompletedProcess[str]:
    """scripts/set-up in a bare copy, with a stand-in for python3 (None: there is none)."""
    for part in ("scripts", "requirements"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    stand_in = tmp_path / "python3"
    if python is not None:
        stand_in.write_text(f"#!/bin/sh\n{python}\n")
        stand_in.chmod(0o755)
    return subprocess.run(
        [tmp_path / "scripts" / "set-up", "runtime"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(stand_in)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_without_the_venv_module_the_mend_is_named(tmp_path: Path) -> None:
    """A machine without python3-venv is told what to install, and nothing half-made is left behind."""
    done = _set_up(tmp_path, 'case "$2" in *ensurepip*) exit 1;; esac')
    assert done.returncode == 2
    assert "apt-get install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_named_with_what_is_needed(tmp_path: Path) -> None:
    """An interpreter older than 3.11 is refused before anything is made."""
    done = _set_up(tmp_path, 'case "$*" in -V) echo "Python 3.9.2";; *) exit 1;; esac')
    assert done.returncode == 2
    assert "Python 3.9.2 is too old" in done.stderr
    assert "3.11" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    """Without any python3 the error says which packages bring it."""
    done = _set_up(tmp_path, None)
    assert done.returncode == 2
    assert "apt-get install python3 python3-venv" in done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_requirement_is_pinned_with_hashes_and_without_address(lock: Path) -> None:
    """A lock names each package once, by version and hash, and no place to fetch it from."""
    text = lock.read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry]
    assert len(LOCKS) == 3
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_the_locks_agree() -> None:
    """Tests run with the versions that users get; what builds the project fits beside both."""
    runtime, dev, build = (
        _pins(ROOT / "requirements" / f"{name}.lock") for name in ("runtime", "dev", "build")
    )
    assert runtime.items() <= dev.items()
    assert {name: dev[name] for name in build if name in dev} == {
        name: build[name] for name in build if name in dev
    }
