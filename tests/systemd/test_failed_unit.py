"""The unit that speaks when the daemon cannot: its command, run as systemd would run it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.outside import Served, read_body, reply

UNIT = Path(__file__).parents[2] / "systemd" / "watcher-failed.service"


class Topic(Served):
    """Takes any text."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[str, str]] = []

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.got.append((request.path, read_body(request).decode()))
        reply(request, 200, b"{}")


def settings() -> dict[str, str]:
    """By name; of several the first, which of ExecStart is the one that speaks."""
    lines = [line.partition("=") for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    return {name: value for name, equals, value in reversed(lines) if equals}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_address_is_a_credential_and_never_an_argument(tmp_path: Path) -> None:
    """It is posted to the address in the credential's file; neither the command nor an environment holds the address."""
    unit = settings()
    name, _, _ = unit["LoadCredential"].partition(":")
    command = shlex.split(unit["ExecStart"].lstrip("-").replace("%H", "a-host").replace("%d", str(tmp_path)))
    with Topic() as topic:
        (tmp_path / name).write_text(f'url = "http://{topic.address}/secret-topic"\n')
        subprocess.run([shutil.which("curl") or "", *command[1:]], check=True, timeout=20, env={})
    assert topic.got == [
        (
            "/secret-topic",
            "Hotfix Watcher on a-host is down and nobody is watching. Look at: journalctl -u watcher",
        )
    ]
    assert not {"Environment", "EnvironmentFile"} & unit.keys()
