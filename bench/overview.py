"""How long does the overview take with a long past, and do probes keep their schedule while people load it?

    python -m bench.overview [--incidents 10000] [--clients 20] [--pause 0] [--seconds 20] [--path /] [--notes 300]

Writes an invented log, starts the daemon on it, and measures: the page for one client, one after the other; then for
`clients` at once, each waiting `pause` seconds after a page before the next; and meanwhile the probes of twenty endpoints
every second. A probe's jitter is how long after its point of the grid it arrives. Clients and endpoints are processes of
their own. With `--notes` an incident with so many notes is opened, and its page is measured. Prints milliseconds. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.queues import Queue
from pathlib import Path

from tests.crash.stage import free_port
from tests.metrics.history import write
from watcher.log.sqlite import SqliteLog

ROOT = Path(__file__).resolve().parents[1]
ENDPOINTS = 20
EVERY = 1.0
"""Seconds between two looks at an endpoint."""
ALONE = 100
"""Pages for one client, one after the other."""


def serve(port: int, arrived: Queue[tuple[str, float]]) -> None:
    """The endpoints: all are well, and say when they were asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            arrived.put((self.path, time.monotonic()))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "15")
            self.end_headers()
            self.wfile.write(b'{"status":"up"}')

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the daemon was killed
    server.serve_forever()


def fetch(port: int, path: str) -> tuple[float, int]:
    """Seconds and bytes of one page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    size = len(answer.read())
    took = time.monotonic() - began
    connection.close()
    assert answer.status == 200, answer.status
    return took, size


def load(port: int, path: str, clients: int, pause: float, seconds: float, out: Queue[list[float]]) -> None:
    """So many clients at once, for a while."""
    until, took = time.monotonic() + seconds, []

    def one(number: int) -> None:
        time.sleep(pause * number / clients)
        while time.monotonic() < until:
            took.append(fetch(port, path)[0])
            time.sleep(pause)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.put(took)


def config(folder: Path, endpoints: int, port: int) -> Path:
    path = folder / "watcher.yaml"
    names = [f"api-{number}" for number in range(ENDPOINTS)]
    found = {
        "version": 1,
        "service": {"name": "shop"},
        "health": {
            "defaults": {"every": f"{EVERY:.0f}s"},
            "endpoints": [
                {"name": n, "url": f"http://127.0.0.1:{endpoints}/{n}", "system": n, "critical": True}
                for n in names
            ],
        },
        "contacts": {"ann": {"targets": ["phone"]}},
        "targets": {"phone": {"apprise": f"json://127.0.0.1:{endpoints}/", "wakes": True}},
        "on_call": {"default": "ann"},
        "log": {"path": "watcher.db"},
        "serve": {"listen": f"127.0.0.1:{port}"},
    }
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def jitters(arrived: Queue[tuple[str, float]], began: float, ended: float) -> list[float]:
    """How long after its point of the grid each probe arrived; the earliest arrival shows where the grid is."""
    offsets: defaultdict[str, list[float]] = defaultdict(list)
    while not arrived.empty():
        path, at = arrived.get()
        if began <= at <= ended:
            offsets[path].append(at)
    late = []
    for moments in offsets.values():
        first = moments[0]
        beside = [(at - first + EVERY / 2) % EVERY - EVERY / 2 for at in moments]
        late += [each - min(beside) for each in beside]
    return late


def told(name: str, seconds: list[float]) -> None:
    ordered = sorted(each * 1000 for each in seconds)
    p99 = ordered[max(0, int(len(ordered) * 0.99) - 1)]
    print(
        f"{name}: n {len(ordered)}, median {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms, worst {ordered[-1]:.1f} ms"
    )


def opened(port: int, notes: int) -> str:
    """The page of an incident with a long timeline."""
    incident = say(port, "/declare", category="outage", text="the API is down")["id"]
    for number in range(notes):
        say(port, f"/incidents/{incident}/note", text=f"note {number}")
    return f"/incidents/{incident}"


def say(port: int, path: str, **words: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body, headers = json.dumps({"as": "ann", **words}), {"content-type": "application/json"}
    connection.request("POST", f"/api/v1{path}", body, headers)
    answer = connection.getresponse()
    found: dict[str, str] = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, found
    return found


def measure(port: int, arrived: Queue[tuple[str, float]], options: argparse.Namespace) -> None:
    if options.notes:
        options.path = opened(port, options.notes)
    for _ in range(10):  # compiles the templates
        fetch(port, options.path)
    alone = [fetch(port, options.path) for _ in range(ALONE)]
    told(f"{options.path} alone, {alone[-1][1]} bytes", [took for took, _ in alone])
    began = time.monotonic()
    time.sleep(options.seconds / 2)
    told("probe jitter without load", jitters(arrived, began, time.monotonic()))
    out: Queue[list[float]] = multiprocessing.Queue()
    shape = (port, options.path, options.clients, options.pause, options.seconds, out)
    began = time.monotonic()
    clients = multiprocessing.Process(target=load, args=shape)
    clients.start()
    took = out.get()
    clients.join()
    ended = time.monotonic()
    told(f"{options.path} for {options.clients} clients, {len(took) / (ended - began):.0f} a second", took)
    told("probe jitter under that load", jitters(arrived, began, ended))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--path", default="/")
    parser.add_argument("--notes", type=int, default=0)
    options = parser.parse_args()
    arrived: Queue[tuple[str, float]] = multiprocessing.Queue()
    endpoints, port = free_port(), free_port()
    serving = multiprocessing.Process(target=serve, args=(endpoints, arrived), daemon=True)
    serving.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = SqliteLog(folder / "watcher.db")
        write(log, number=options.incidents, days=730, now=datetime.now(UTC))
        log.close()
        words = (sys.executable, "-m", "watcher", "run", "-c", str(config(folder, endpoints, port)))
        process = subprocess.Popen(words, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
        try:
            time.sleep(5)
            measure(port, arrived, options)
        finally:
            process.kill()
            process.wait()
            serving.terminate()


if __name__ == "__main__":
    main()
