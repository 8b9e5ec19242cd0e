"""`watcher check`: what it looks at itself, and how its findings are printed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.cli.answering import daemon
from watcher.cli.check import check_health, of_log, tell
from watcher.finding import Finding
from watcher.live import live_world
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


def test_a_log_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    """Without its log the daemon does not start; a folder that it can make is worth a word."""
    (tmp_path / "file").write_text("")
    assert of_log(tmp_path / "watcher.db").level == "ok"
    assert of_log(tmp_path / "vra" / "lib" / "watcher.db").level == "warning"
    assert of_log(tmp_path / "file" / "watcher.db").level == "fault"
    assert of_log(tmp_path).level == "fault"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_of_another_user_is_a_fault(tmp_path: Path) -> None:
    """The check is for the user that the daemon runs as, and says so."""
    tmp_path.chmod(0o500)
    assert "run this as the daemon's user" in of_log(tmp_path / "watcher.db").text
