"""The commands of an incident while the daemon is dead: from its log, and the configuration that names the templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.answering import ask
from tests.support import Dialogue, change
from watcher.log import Append
from watcher.log.sqlite import SqliteLog

WHOLE = "evidence: {commands: compose, deployments: {web: {variable: WEB_TAG}}}\n"


@pytest.fixture
def log(tmp_path: Path) -> str:
    talk = Dialogue(changes=(change(),))
    kept = SqliteLog(tmp_path / "watcher.db")
    kept.append(
        [Append(stream="incident/7", kind="incident", expected_version=0, events=tuple(talk.log))],
        {},
    )
    kept.close()
    return str(tmp_path / "watcher.db")


def test_a_dead_daemon_takes_no_commands_with_it(log: str, tmp_path: Path) -> None:
    """Of the configuration only what names the commands is read: its secrets may be out of this user's reach."""
    path = tmp_path / "watcher.yaml"
    path.write_text(f"targets: {{phone: {{apprise: '${{NOBODY_SET_THIS}}'}}}}\n{WHOLE}")
    shown = ask("show", "INC-7", "--log", log, "-c", str(path))
    assert shown.exit_code == 0
    assert (
        "# Roll back to 2.41.0\nWEB_TAG=2.41.0 docker compose up -d --no-deps --no-build web\n"
        in shown.output
    )


def test_a_team_s_own_folder_lies_beside_the_configuration(log: str, tmp_path: Path) -> None:
    """As the daemon finds it."""
    (tmp_path / "own").mkdir()
    for action in ("rollback", "hotfix"):
        (tmp_path / "own" / f"{action}.j2").write_text("# Go back\nmake {{ previous }}\n")
    (tmp_path / "watcher.yaml").write_text("evidence: {commands: own, deployments: {web: {}}}\n")
    shown = ask("show", "INC-7", "--log", log, "-c", str(tmp_path / "watcher.yaml"))
    assert "# Go back\nmake 2.41.0\n" in shown.output


@pytest.mark.parametrize(
    "text",
    ["", "evidence: 7\n", "evidence: {commands: nowhere, deployments: {web: {}}}\n", "{broken", "[]\n"],
)
def test_a_configuration_that_cannot_be_read_hides_no_incident(text: str, log: str, tmp_path: Path) -> None:
    """The incident is shown, without commands."""
    (tmp_path / "watcher.yaml").write_text(text)
    for more in ((), ("-c", str(tmp_path / "watcher.yaml")), ("-c", str(tmp_path / "missing.yaml"))):
        shown = ask("show", "INC-7", "--log", log, *more)
        assert (shown.exit_code, "ROLL BACK to 2.41.0" in shown.output) == (0, True)
        assert "# " not in shown.output
