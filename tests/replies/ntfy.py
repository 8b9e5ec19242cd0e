"""A server on loopback that answers as ntfy does: POST publishes, GET TOPIC/json?poll=1&since=... answers a line a message."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.outside import Served, read_body, reply


@dataclass
class Ntfy(Served):
    """One topic. `status` and `raw` let it misbehave."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[float, str, str | None]] = field(default_factory=list)  # when, since, authorization
    status: int = 200
    raw: bytes | None = None
    hang: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()
        self.hang.set()

    @property
    def topic(self) -> str:
        return f"http://{self.address}/watcher-replies"

    def write(self, text: str, **more: Any) -> None:
        number = len(self.messages) + 1
        message = {
            "id": f"m{number:011}",
            "time": int(time.time()),
            "event": "message",
            "topic": "watcher-replies",
        }
        self.messages.append({**message, "message": text, **more})

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.hang.wait(30)
        parts = urlsplit(request.path)
        if request.command == "POST":
            self.write(read_body(request).decode())
            reply(request, 200, b"{}")
            return
        since = parse_qs(parts.query).get("since", [""])[0]
        self.asked.append((time.monotonic(), since, request.headers.get("Authorization")))
        if parts.path != "/watcher-replies/json" or self.status != 200:
            reply(
                request,
                self.status if self.status != 200 else 404,
                b'{"code":40401,"error":"page not found"}',
            )
            return
        lines = b"".join(json.dumps(m).encode() + b"\n" for m in self._since(since))
        reply(request, 200, lines if self.raw is None else self.raw, "application/x-ndjson; charset=utf-8")

    def _since(self, since: str) -> list[dict[str, Any]]:
        """After a message that it knows; everything where it does not, as ntfy does."""
        ids = [m["id"] for m in self.messages]
        return self.messages[ids.index(since) + 1 :] if since in ids else self.messages
