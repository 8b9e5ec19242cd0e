"""A stage for crashes: an application, a pager that outlives the daemon, and the daemon as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.outside import App, Pager

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
version: 1
service: {{name: shop}}
health:
  defaults: {{every: 200ms, timeout: 1s, fail_after: 2, retry_every: 100ms}}
  endpoints:
    - {{name: api, url: "http://{app}/api/health", system: api, critical: true}}
contacts: {{ann: {{targets: [phone]}}}}
targets: {{phone: {{apprise: "json://{pager}/", timeout: 5s, wakes: true}}}}
on_call: {{default: ann}}
log: {{path: watcher.db}}
serve: {{listen: "127.0.0.1:{port}"}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """One play: start the daemon, break the application, kill the daemon, start it again."""

    def __init__(self, folder: Path) -> None:
        self.app, self.pager, self.port = App(), Pager(), free_port()
        self.config = folder / "watcher.yaml"
        self.output = folder / "daemon.log"
        self.kills = 0
        self._listened = 0  # lives that have listened before this one
        self._daemon: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.app.__enter__()
        self.pager.__enter__()
        self.config.write_text(CONFIG.format(app=self.app.address, pager=self.pager.address, port=self.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)
        self.pager.__exit__(kind, error, trace)
        self.app.__exit__(kind, error, trace)

    def start(self, point: str = "", nth: int = 1) -> None:
        self._listened = self.output.read_text().count('"event": "listening"') if self.output.exists() else 0
        with self.output.open("ab") as output:
            self._daemon = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.victim", str(self.config), point, str(nth)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONWARNINGS": "default"},
            )

    def listens(self, seconds: float = 20) -> bool:
        """Wait until the daemon that was started last listens."""
        until = time.monotonic() + seconds
        while self.output.read_text().count('"event": "listening"') <= self._listened:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; answers the exit status."""
        if self._daemon is None:
            return 0
        if self._daemon.poll() is None:
            self._daemon.send_signal(number)
        status = self._daemon.wait(20)
        self.kills += status == -signal.SIGKILL
        self._daemon = None
        return status

    def died(self, seconds: float) -> bool:
        """Whether it has killed itself within the time."""
        assert self._daemon is not None
        try:
            self._daemon.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.end(signal.SIGKILL)
        return True

    @property
    def pages(self) -> list[str]:
        """The titles of the pages for the failure, in the order of their arrival."""
        return [got.title + " " + got.text for got in self.pager.got if "INC-1" in got.title]

    def judge(self) -> str:
        """What is wrong with what arrived; empty where all is well."""
        unmarked = [page for page in self.pages if "possibly a repeat" not in page]
        if not self.pages:
            return "the page never arrived"
        if len(self.pages) > 1 + self.kills:
            return f"{len(self.pages)} pages after {self.kills} kills"
        return f"{len(unmarked)} pages are not marked as a repeat" if len(unmarked) > 1 else ""
