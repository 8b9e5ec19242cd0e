"""A daemon that answers from a table, and somebody who asks it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from click.testing import CliRunner, Result

from watcher.cli import watcher


class Daemon(ThreadingHTTPServer):
    """Answers on loopback from a table, and remembers what was asked."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any, str | None]] = []
        super().__init__(("127.0.0.1", 0), Asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    server: Daemon

    def do_GET(self) -> None:
        self._answer(None)

    def do_DELETE(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.command, self.path, body, self.headers.get("authorization")))
        status, found = self.server.answers.get(self.path, (404, {"error": "there is no such incident"}))
        sent = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def daemon(**answers: tuple[int, Any]) -> Iterator[Daemon]:
    """Serve answers; in their names `__` stands for a slash."""
    paths = {
        "/api/v1/" + name.replace("__", "/").replace("_", "-"): answer for name, answer in answers.items()
    }
    with Daemon(paths) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(*arguments: str, url: str | None = None, **environment: str) -> Result:
    known = {"WATCHER_URL": url, "USER": "ann", "WATCHER_TOKEN_FILE": None, **environment}
    return CliRunner().invoke(watcher, arguments, env=known)


def incident(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"INC-{number}",
        "category": "outage",
        "status": "investigating",
        "title": "the API is down",
        "acknowledged_by": None,
        "detected_at": "2026-11-25T03:00:00+00:00",
    }
    return {**plain, **changes}


def suspicion(number: int, **changes: Any) -> dict[str, Any]:
    return incident(number, **{"id": f"SUS-{number}", "status": "suspected", **changes})


def opened(*found: dict[str, Any]) -> tuple[int, Any]:
    suspicions = [it for it in found if it["id"].startswith("SUS")]
    return 200, {"incidents": [it for it in found if it not in suspicions], "suspicions": suspicions}


DONE = (200, {**incident(1), "said": ["ann acknowledged by api, until 03:30 UTC"]})
