"""The daemon as its users have it: `python -m watcher run` on a configuration in a folder, asked over HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.crash.stage import ROOT, free_port
from tests.outside import Pager

READY_SECONDS = 20.0
"""Starting takes one; a loaded machine takes longer."""
SAID_MAX = 6000
"""Characters of the daemon's log that a failing test shows."""
QUICK = {"every": "200ms", "timeout": "1s", "fail_after": 2, "retry_every": "50ms"}
"""Intervals of a health endpoint that a test can wait for."""


def endpoint(name: str, url: str, **more: Any) -> dict[str, Any]:
    """A critical endpoint with quick intervals."""
    return {"name": name, "url": url, "system": name, "critical": True, **QUICK, **more}


def settings(pager: str, **more: Any) -> dict[str, Any]:
    """A configuration with one person and one phone at the pager's address."""
    plain = {
        "version": 1,
        "service": {"name": "shop"},
        "contacts": {"ann": {"targets": ["phone"]}},
        "targets": {"phone": {"apprise": f"json://{pager}/", "timeout": "5s", "wakes": True}},
        "on_call": {"default": "ann"},
        "log": {"path": "watcher.db"},
    }
    return plain | more


def holds(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Whether the condition comes true within the time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


class Watcher:
    """One daemon process on one configuration file."""

    def __init__(self, folder: Path, config: Mapping[str, Any] | str) -> None:
        self.port = free_port()
        self.config = folder / "watcher.yaml"
        self.output = folder / "daemon.log"
        self.write(config)
        self.process: subprocess.Popen[bytes] | None = None

    def write(self, config: Mapping[str, Any] | str) -> None:
        """The configuration; where it is a mapping and says nothing else, the daemon listens on `port`."""
        if not isinstance(config, str):
            config = json.dumps({"serve": {"listen": f"127.0.0.1:{self.port}"}, **config}, indent=2)
        self.config.write_text(config, encoding="utf-8")

    def __enter__(self) -> Self:
        self.start()
        assert self.ready(), self.said
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "watcher", "run", "-c", str(self.config), "--log-format", "json"],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={**os.environ, "SENTRY_TOKEN": "sntryu_right", "WRONG_TOKEN": "sntryu_wrong"},
            )

    def ready(self, seconds: float = READY_SECONDS) -> bool:
        return holds(lambda: not self.alive or self.get("/-/ready")[0] == 200, seconds) and self.alive

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def said(self) -> str:
        """What it wrote; of much, the end."""
        return self.output.read_text(encoding="utf-8")[-SAID_MAX:]

    def end(self, number: signal.Signals, seconds: float = 20.0) -> int:
        """Send a signal and wait; answers the exit status."""
        if self.alive:
            self.signal(number)
        return self.ended(seconds)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self, seconds: float = 20.0) -> int:
        """Wait until it ends by itself; answers the exit status."""
        return self.process.wait(seconds) if self.process is not None else 0

    def get(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        """Status and body; 0 where nobody answers."""
        return ask(f"http://127.0.0.1:{self.port}{path}", data)

    def api(self, path: str) -> Any:
        status, body = self.get(f"/api/v1{path}")
        assert status == 200, (status, body)
        return json.loads(body)

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """POST to the API as a program does: with a JSON body."""
        status, answer = self.get(f"/api/v1{path}", json.dumps(body).encode())
        return status, json.loads(answer)

    def source(self, name: str) -> dict[str, Any]:
        """How one source stands, as the daemon's status says."""
        found: dict[str, dict[str, Any]] = {s["name"]: s for s in self.api("/status")["sources"]}
        return found[name]

    def sees(self, name: str, seconds: float = 10.0) -> bool:
        return holds(lambda: self.source(name)["state"] == "seeing", seconds)

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with labels."""
        lines = self.get("/metrics")[1].splitlines()
        return {k: float(v) for k, v in (x.rsplit(" ", 1) for x in lines if x and not x.startswith("#"))}

    def memory_mib(self) -> float:
        """The most that it has ever held."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`watcher WORDS -c CONFIG`, as a person types it."""
        arguments = [sys.executable, "-m", "watcher", *words, "-c", str(self.config)]
        return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


def ask(url: str, data: bytes | None = None, kind: str = "application/json") -> tuple[int, str]:
    """GET, or POST where there is a body; 0 where nobody answers."""
    request = urllib.request.Request(url, data, {"Content-Type": kind} if data is not None else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def incident_pages(pager: Pager, kinds: Sequence[str] = ("INC-",)) -> list[str]:
    """The titles of the pages about incidents, in the order of their arrival."""
    return [got.title for got in pager.got if got.title.startswith(tuple(kinds))]
