"""An address that cannot be had: a wrong one is a fault of the configuration, a taken one is said in one sentence."""

from __future__ import annotations

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
