"""The units as they ship, and as they are written for an installation."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.cli.answering import ask
from watcher.keeping.service import COMMAND, CONFIG, UNITS, units

FOLDER = Path(__file__).parents[2] / "systemd"
STOP_SECONDS = 5
"""A stop that is graceful: what the daemon promises, and less than systemd waits."""


def read(text: str) -> list[tuple[str, str, str]]:
    """(section, key, value) in order; keys repeat."""
    found, section = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((section, key, value))
    return found


def value(name: str, key: str) -> list[str]:
    return [v for _, k, v in read((FOLDER / name).read_text()) if k == key]


def test_every_unit_ships_and_no_other() -> None:
    """What `install-service` writes is what lies in the folder."""
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(UNITS)


def test_the_daemon_s_unit_keeps_its_promises_to_the_service_manager() -> None:
    """Restarted for ever but for a wrong configuration; a failed start is paged; a reload waits for the answer."""
    unit = "watcher.service"
    assert value(unit, "Restart") == ["always"]
    assert value(unit, "RestartPreventExitStatus") == ["2"]
    assert value(unit, "OnFailure") == ["watcher-failed.service"]
    assert value(unit, "ExecReload") == [f"{COMMAND} reload --config {CONFIG}"]
    assert value(unit, "ExecStart") == [f"{COMMAND} run --config {CONFIG} --log-format json"]
    assert int(value(unit, "TimeoutStopSec")[0]) > STOP_SECONDS


def test_what_failed_is_begun_again_but_for_what_a_person_must_mend() -> None:
    """systemd tells why only to ExecStart=: the beginning again stands there, behind the saying, which may fail."""
    said, again = value("watcher-failed.service", "ExecStart")
    assert said.startswith("-/usr/bin/curl ")
    assert '"$MONITOR_EXIT_STATUS" != 2' in again
    assert "is-failed watcher.service" in again
    assert "is-active watcher.service" in value("watcher-failed.service", "ExecCondition")[0]
    assert "systemctl --no-block start watcher.service" in again
    assert value("watcher-failed.service", "ExecStartPost") == []


def test_the_backup_runs_as_the_daemon_and_reaches_nobody() -> None:
    """The same user and folder, no network; a failure is said."""
    for key in ("User", "StateDirectory", "StateDirectoryMode", "DynamicUser"):
        assert value("watcher-backup.service", key) == value("watcher.service", key)
    assert value("watcher-backup.service", "PrivateNetwork") == ["yes"]
    assert value("watcher-backup.service", "OnFailure") == ["watcher-backup-failed.service"]
    assert value("watcher-backup.timer", "Persistent") == ["yes"]


def test_each_night_s_backup_is_followed_by_an_export_beside_it() -> None:
    """In the daemon's own folder, which is made where the backups lie elsewhere."""
    copy, export = value("watcher-backup.service", "ExecStart")
    assert copy == f"{COMMAND} backup --config {CONFIG} --keep 7"
    to = "%S/watcher/backups/incidents.jsonl"
    assert export == f"{COMMAND} export --config {CONFIG} --incidents --to {to}"
    assert value("watcher-backup.service", "ExecStartPre") == ["/bin/mkdir -p %S/watcher/backups"]


def test_the_units_are_written_for_this_installation() -> None:
    """The command and the configuration are the given ones everywhere, and nothing else changes."""
    made = units(Path("/srv/w.yaml"), Path("/opt/x/bin/watcher"))
    for name, text in made.items():
        assert COMMAND not in text
        assert CONFIG not in text
        shipped = (FOLDER / name).read_text()
        assert text == shipped.replace(COMMAND, "/opt/x/bin/watcher").replace(CONFIG, "/srv/w.yaml")
    assert "ExecStart=/opt/x/bin/watcher run --config /srv/w.yaml" in made["watcher.service"]


def test_print_writes_nothing_and_shows_every_unit(tmp_path: Path) -> None:
    """What is printed can be read as units again."""
    shown = ask("install-service", "--print", "--to", str(tmp_path))
    assert shown.exit_code == 0, shown.output
    assert list(tmp_path.iterdir()) == []
    command = Path(sysconfig.get_path("scripts")) / "watcher"
    assert f"ExecStart={command} run --config {CONFIG}" in shown.output
    for name in UNITS:
        assert f"# {tmp_path / name}\n" in shown.output


@pytest.mark.parametrize(
    "config", ["watcher.yaml", "/etc/a b.yaml", "/etc/%h.yaml", "/etc/x\nExecStart=/bin/sh"]
)
def test_a_path_that_means_something_else_to_systemd_is_refused(config: str) -> None:
    """Relative, with a blank, a specifier or a line of its own."""
    assert ask("install-service", "--print", "--config", config).exit_code == 2


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_every_unit_without_a_word(tmp_path: Path, name: str) -> None:
    """An unknown key or value is only a warning to systemd: any word is a fault here."""
    for unit, text in units(Path("/etc/hosts"), Path("/usr/bin/env")).items():
        (tmp_path / unit).write_text(text.replace("/usr/bin/curl", "/usr/bin/env"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "watcher" in line]
    assert (done.returncode, ours) == (0, [])


def test_a_unit_is_no_ini_file_with_surprises() -> None:
    """Sections are those of systemd."""
    for name in UNITS:
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str  # type: ignore[method-assign, assignment]
        parser.read(FOLDER / name)
        assert set(parser.sections()) <= {"Unit", "Service", "Timer", "Install"}
