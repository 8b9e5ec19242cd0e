"""How long does a scrape take, and how soon does a daemon look, with a long past in its log?

    python -m bench.scrape [--incidents 10000] [--days 730] [--runs 5] [--profile]

Writes an invented log, starts the daemon on it (files warm, modules compiled, as installed), and measures from the
process's start to the first request that an endpoint gets, and each GET /metrics at the client. Prints milliseconds, the
processor time of it (which a busy machine does not stretch as much), and what the daemon holds in memory. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import http.client
import json
import os
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.crash.stage import free_port
from tests.metrics.history import write
from watcher.log.sqlite import SqliteLog

ROOT = Path(__file__).resolve().parents[1]
SCRAPES = 50
FIRST_WITHIN = 20.0


class App:
    """An endpoint that is well, and remembers when it was first asked."""

    def __init__(self) -> None:
        app = self
        self.asked = threading.Event()
        self.asked_at = 0.0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not app.asked.is_set():
                    app.asked_at = time.monotonic()
                    app.asked.set()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"status":"up"}')

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def config(folder: Path, app: int, port: int) -> Path:
    """One endpoint, one person, the invented log."""
    path = folder / "watcher.yaml"
    found: dict[str, Any] = {
        "version": 1,
        "service": {"name": "shop"},
        "health": {
            "endpoints": [
                {"name": "api", "url": f"http://127.0.0.1:{app}/", "system": "api", "critical": True}
            ]
        },
        "contacts": {"ann": {"targets": ["chat", "ann-phone"]}},
        "targets": {
            "chat": {"apprise": f"json://127.0.0.1:{app}/"},
            "ann-phone": {"apprise": f"json://127.0.0.1:{app}/", "wakes": True},
        },
        "on_call": {"default": "ann"},
        "log": {"path": "watcher.db"},
        "serve": {"listen": f"127.0.0.1:{port}"},
    }
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Run:
    first_look: float  # seconds from the start
    processor: float  # seconds of processor time until a moment after it
    scrapes: list[float]  # seconds of each
    size: int  # bytes of the last
    memory_mib: float


def run(folder: Path, past: Path) -> Run:
    shutil.copy(past, folder / "watcher.db")
    app, port = App(), free_port()
    path = config(folder, app.server.server_address[1], port)
    started_at = time.monotonic()
    words = (sys.executable, "-m", "watcher", "run", "-c", str(path))
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **compiled}, stderr=subprocess.DEVNULL)
    try:
        assert app.asked.wait(FIRST_WITHIN), "the daemon did not look"
        spent = _processor(process.pid)
        scrapes, size = _scrapes(port)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        held = int(status.partition("VmRSS:")[2].split()[0]) / 1024
        return Run(app.asked_at - started_at, spent, scrapes, size, held)
    finally:
        process.kill()
        process.wait()
        app.server.shutdown()


def _processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _scrapes(port: int) -> tuple[list[float], int]:
    time.sleep(1)  # until it listens
    found, size = [], 0
    for _ in range(SCRAPES):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        began = time.monotonic()
        connection.request("GET", "/metrics")
        size = len(connection.getresponse().read())
        found.append(time.monotonic() - began)
        connection.close()
        time.sleep(0.02)
    return found, size


def profiled(past: Path) -> None:
    """Where the time goes between the open log and the first turn, in this process."""
    from tests.theatre import Theatre
    from watcher.serve.metrics import Metrics

    async def begin() -> None:
        log = SqliteLog(past)
        stage = Theatre(log)
        metrics = Metrics(stage.world.clock, version="bench")
        metrics.begin(log.milestones("incident"), log.remembered("tally"))
        await stage.engine.start("bench")
        metrics.exposition()
        log.close()

    with cProfile.Profile() as profile:
        asyncio.run(begin())
    pstats.Stats(profile).sort_stats("cumulative").print_stats(25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        past = folder / "past.db"
        log = SqliteLog(past)
        write(log, number=options.incidents, days=options.days, now=datetime.now(UTC))
        log.close()
        if options.profile:
            profiled(past)
            return
        run(folder, past)  # compiles
        found = [run(folder, past) for _ in range(options.runs)]
    starts = sorted(each.first_look * 1000 for each in found)
    scrapes = sorted(seconds * 1000 for each in found for seconds in each.scrapes)
    print(f"start to first look: median {statistics.median(starts):.0f} ms, worst {starts[-1]:.0f} ms")
    spent = statistics.median(each.processor for each in found) * 1000
    print(f"processor time until then: median {spent:.0f} ms")
    p99 = scrapes[int(len(scrapes) * 0.99) - 1]
    print(f"scrape of {found[-1].size} bytes: median {statistics.median(scrapes):.1f} ms, p99 {p99:.1f} ms")
    print(f"memory: {max(each.memory_mib for each in found):.0f} MiB")


if __name__ == "__main__":
    main()
