"""The outside, on loopback: an application whose health can be broken, and a pager that outlives the daemon."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Got:
    """One POST that arrived: its JSON, and when."""

    at: float
    path: str
    body: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.body.get("title", ""))

    @property
    def text(self) -> str:
        return str(self.body.get("message", ""))


class Served:
    """An HTTP server in a thread, for as long as the `with` lasts."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer((self.host, 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        raise LookupError

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json") -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def read_body(request: BaseHTTPRequestHandler) -> bytes:
    return request.rfile.read(int(request.headers.get("Content-Length") or 0))


class App(Served):
    """`/api/health`, good or broken as told; remembers when it first answered badly."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.first_bad: float | None = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.broken:
            self.first_bad = self.first_bad or time.monotonic()
            reply(request, 503, b'{"status":"down","components":{"database":{"status":"down"}}}')
        else:
            reply(request, 200, b'{"status":"up","version":"2.41.0"}')


@dataclass
class Pager(Served):
    """Takes what the daemon posts, and answers as told (200 unless a status is set)."""

    got: list[Got] = field(default_factory=list)
    status: int = 200

    def __post_init__(self) -> None:
        super().__init__()
        self.arrived = threading.Condition()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(read_body(request) or b"{}")
        with self.arrived:
            self.got.append(Got(time.monotonic(), request.path, body))
            self.arrived.notify_all()
        reply(request, self.status, b"{}")

    def wait_for(self, wanted: Callable[[list[Got]], bool], seconds: float) -> bool:
        """Until what arrived is as wanted, or the time is up."""
        with self.arrived:
            return self.arrived.wait_for(lambda: wanted(self.got), seconds)
