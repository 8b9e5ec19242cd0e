"""An address that cannot be had is said once, in one sentence, and ends the start."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from watcher.live import listen

CONFIG = """\
version: 1
service: {{name: shop}}
health: {{endpoints: [{{name: api, url: "http://127.0.0.1:1/", system: api}}]}}
contacts: {{ann: {{targets: [phone]}}}}
targets: {{phone: {{apprise: "json://127.0.0.1:1/", wakes: true}}}}
on_call: {{default: ann}}
serve: {{listen: "{listen}"}}
log: {{path: watcher.db}}
"""


def started(folder: Path, listen: str) -> subprocess.CompletedProcess[str]:
    config = folder / "watcher.yaml"
    config.write_text(CONFIG.format(listen=listen))
    run = [sys.executable, "-m", "watcher", "run", "-c", str(config), "--log-format", "json"]
    return subprocess.run(run, capture_output=True, text=True, timeout=30, check=False)


def test_a_port_that_is_taken_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    """Exit 3: the service manager tries again, and whoever sits there reads what to change; no traceback, no last words."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = started(tmp_path, address)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    wanted = f"cannot listen on {address}: another program listens there; serve.listen names another address"
    assert (done.returncode, [line["message"] for line in lines]) == (3, [wanted])


def test_a_port_that_is_no_port_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    """Exit 2, with file and line: trying again would not mend it."""
    done = started(tmp_path, "127.0.0.1:80000")
    assert done.returncode == 2
    assert "serve.listen: a port is a number up to 65535" in done.stderr


async def test_an_address_that_is_not_ours_says_why() -> None:
    """The system's own reason, without a traceback's words."""
    with pytest.raises(OSError, match=r"^cannot listen on 192\.0\.2\.1:9: \S+"):
        async with listen(None, "192.0.2.1:9"):
            pass
