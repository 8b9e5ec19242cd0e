"""A door from real sockets into a loop of virtual time: what the command line asks, the daemon's application answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
from click.testing import CliRunner, Result

from tests.virtual import VirtualLoop
from watcher.cli import watcher

ANSWER_SECONDS = 10.0


class Bridge(ThreadingHTTPServer):
    """Listens on loopback; `face` is the application of the life that lives, None while none does."""

    daemon_threads = True

    def __init__(self, loop: VirtualLoop, face: Callable[[], httpx2.AsyncClient | None]) -> None:
        self.loop, self.face = loop, face
        super().__init__(("127.0.0.1", 0), _Asked)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    async def answer(self, method: str, path: str, body: bytes, kind: str) -> httpx2.Response | None:
        face = self.face()
        return (
            await face.request(method, path, content=body, headers={"content-type": kind}) if face else None
        )


class _Asked(BaseHTTPRequestHandler):
    server: Bridge

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        kind = self.headers.get("content-type", "")
        asked = self.server.answer(self.command, self.path, body, kind)
        found = asyncio.run_coroutine_threadsafe(asked, self.server.loop).result(ANSWER_SECONDS)
        if found is None:
            return  # nobody is there: the connection ends without a word
        self.send_response(found.status_code)
        self.send_header("content-type", found.headers.get("content-type", ""))
        self.send_header("content-length", str(len(found.content)))
        self.end_headers()
        self.wfile.write(found.content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


class Terminal:
    """Where people type `watcher ...`. Virtual time stands still while a command runs."""

    def __init__(self, bridge: Bridge, threads: ThreadPoolExecutor) -> None:
        self._bridge, self._threads = bridge, threads

    async def __call__(self, *words: str, code: int = 0, **environment: str) -> str:
        """What the command printed; its exit code must be this one."""
        loop = self._bridge.loop
        known: dict[str, Any] = {"WATCHER_URL": self._bridge.url, "USER": "ann", "WATCHER_TOKEN_FILE": None}
        loop.held = True
        try:
            result: Result = await loop.run_in_executor(
                self._threads, lambda: CliRunner().invoke(watcher, words, env={**known, **environment})
            )
        finally:
            loop.held = False
        assert result.exit_code == code, (words, result.output, result.exception)
        return result.output


@contextmanager
def terminal(face: Callable[[], httpx2.AsyncClient | None]) -> Iterator[Terminal]:
    """A terminal that reaches the application, as long as the block lasts."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    with Bridge(loop, face) as server, ThreadPoolExecutor(1) as threads:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield Terminal(server, threads)
        finally:
            server.shutdown()
            serving.join()
