"""`watcher check`: what it looks at itself, and how its findings are printed."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.answering import ask, daemon
from tests.keeping.nights import fill
from watcher.cli.check import check_health, of_log, of_past, tell
from watcher.finding import Finding
from watcher.live import live_world
from watcher.log.sqlite import SqliteLog
from watcher.settings.endpoint import Endpoint


def test_a_finding_is_one_line_whatever_a_server_called_its_things(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A project's name can neither forge a line that says ok, nor turn the terminal's text around."""
    forged = "sentry:shop: it sees 3 (a\n  ok       all is well\u202e\x1b[2J)"
    assert tell([Finding("fault", forged), Finding("ok", "rules are read")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("  FAULT    sentry:shop: it sees 3 (a\\n  ok")
    assert all(line.isprintable() for line in lines)


def test_a_health_endpoint_that_does_not_answer_well_is_a_warning() -> None:
    """A look at each: up is ok, anything else is said with its reason; a typing error shows before the night."""
    with daemon(health=(200, {"status": "ok"})) as server:
        found = {
            path: asyncio.run(
                check_health(
                    Endpoint(name=path, url=f"{server.url}/api/v1/{path}", system="api"), live_world()
                )
            )
            for path in ("health", "haelth")
        }
        gone = server.url
    found["gone"] = asyncio.run(check_health(Endpoint(name="gone", url=gone, system="api"), live_world()))
    levels = {name: [finding.level for finding in findings] for name, findings in found.items()}
    assert levels == {"health": ["ok"], "haelth": ["warning"], "gone": ["warning"]}
    assert "404" in found["haelth"][0].text
    assert "refused" in found["gone"][0].text


def levels(log: Path) -> list[str]:
    return [finding.level for finding in of_log(log)]


def test_a_log_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    """Without its log the daemon does not start; a folder that it can make is worth a word."""
    (tmp_path / "file").write_text("")
    assert levels(tmp_path / "watcher.db") == ["ok"]
    assert levels(tmp_path / "vra" / "lib" / "watcher.db") == ["warning"]
    assert levels(tmp_path / "file" / "watcher.db") == ["fault"]
    assert levels(tmp_path) == ["fault"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_of_another_user_is_a_fault(tmp_path: Path) -> None:
    """The check is for the user that the daemon runs as, and says so."""
    tmp_path.chmod(0o500)
    assert "run this as the daemon's user" in of_log(tmp_path / "watcher.db")[0].text


def test_what_is_in_the_log_is_looked_at_beside_the_daemon_that_writes_it(tmp_path: Path) -> None:
    """What `run` would refuse is a fault here, with the way out; a log that is whole is said with what it holds."""
    log = SqliteLog(tmp_path / "watcher.db")
    fill(log)
    place, past = of_log(tmp_path / "watcher.db")
    assert (place.level, past.level, "3 incidents" in past.text) == ("ok", "ok", True)
    log.close()
    newer, cut = tmp_path / "newer.db", tmp_path / "cut.db"
    for copy in (newer, cut):
        shutil.copy(tmp_path / "watcher.db", copy)
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    os.truncate(cut, 9000)
    found = of_log(newer)[1]
    assert (found.level, "written by watcher 0.1.0" in found.text) == ("fault", True), found
    found = of_log(cut)[1]
    assert (found.level, "Back from a backup" in found.text) == ("fault", True), found
    assert of_past(cut) == (found,)
    assert of_past(tmp_path / "none.db") == ()


@contextmanager
def another_user() -> Iterator[None]:
    """This process as nobody's; what is root's alone is out of its sight."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_another_user_may_not_see_is_said_in_words(tmp_path: Path) -> None:
    """A log out of sight is a fault and no traceback; a configuration that is closed names the mend."""
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "watcher.yaml").write_text("version: 1\n")
    (tmp_path / "watcher.yaml").chmod(0o600)
    folders = [tmp_path, *tmp_path.parents][:3]
    for folder in folders:
        folder.chmod(0o755)
    with another_user():
        found = of_log(tmp_path / "state" / "watcher" / "watcher.db")
        refused = [ask(command, "-c", str(tmp_path / "watcher.yaml")) for command in ("check", "run")]
        alone = of_past(tmp_path / "state" / "watcher.db")
    assert [(one.level, "out of this user's sight" in one.text) for one in found] == [("fault", True)]
    assert alone == ()
    for answer in refused:
        assert answer.exit_code == 2, answer.output
        assert "cannot be read: Permission denied; the daemon's own user must: chmod 644" in answer.stderr
