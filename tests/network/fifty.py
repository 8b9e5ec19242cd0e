"""Fifty targets on loopback, through the whole daemon: thirty are well, ten hang, five answer 500, five answer 401.

Those that fail have a fallback target. One server is all of them, told apart by the path; it is the application as well.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.stage import ROOT
from tests.whole.stage import Watcher
from watcher.incident.event import Event, PageAccepted, PageFailed
from watcher.log.sqlite import SqliteLog

GOOD = tuple(f"good-{n:02}" for n in range(30))
HANGS = tuple(f"hangs-{n:02}" for n in range(10))
ERROR = tuple(f"error-{n}" for n in range(5))
DENIED = tuple(f"denied-{n}" for n in range(5))
FIFTY = (*HANGS, *ERROR, *DENIED, *GOOD)
"""The good ones last: whoever is served in order is served behind those that fail."""
SPARES = {"denied": "spare-denied", "error": "spare-error", "hangs": "spare-hangs"}
"""The fallback of each kind that fails."""
TIMEOUT = "2s"
STATUS = {"good": 200, "spare": 200, "error": 500, "denied": 401}

CONFIG = """\
version: 1
service: {{name: shop}}
health:
  defaults: {{every: 500ms, timeout: 5s, fail_after: 1}}
  endpoints: [{{name: api, url: "http://{address}/health/api", system: api, critical: true}}]
contacts: {{ann: {{targets: [{names}]}}}}
targets:
{targets}
on_call: {{default: ann}}
escalation: {{unacknowledged: [{{after: 0m, page: [on-call], repeat: 30m}}]}}
log: {{path: watcher.db}}
serve: {{listen: "127.0.0.1:{port}"}}
"""


@dataclass
class Receivers:
    """The application and all receivers; what arrived where, and when first."""

    broken: bool = False
    asked: int = 0
    bad_at: float | None = None  # the first bad answer that the application gave
    got_at: dict[str, float] = field(default_factory=dict)  # first POST, by target
    posts: Counter[str] = field(default_factory=Counter)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        name = head.split(b" ", 2)[1].decode().strip("/").rpartition("/")[2]
        if name == "api":
            status, body = self._health()
        else:
            self.posts[name] += 1
            self.got_at.setdefault(name, time.monotonic())
            status, body = STATUS.get(name.partition("-")[0], 0), b"{}"
        if not status:  # it hangs until the other side goes
            await reader.read()
            return False
        writer.write(
            b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            % (status, len(body), body)
        )
        await writer.drain()
        return True

    def _health(self) -> tuple[int, bytes]:
        self.asked += 1
        if not self.broken:
            return 200, b'{"status":"up"}'
        self.bad_at = self.bad_at or time.monotonic()
        return 503, b'{"status":"down"}'


def configured(address: str, port: int) -> str:
    lines = []
    for name in (*FIFTY, *SPARES.values()):
        spare = SPARES.get(name.partition("-")[0])
        fallback = f", fallback: {spare}" if spare else ""
        lines.append(
            f'  {name}: {{apprise: "json://{address}/{name}", timeout: {TIMEOUT}, wakes: true{fallback}}}'
        )
    return CONFIG.format(address=address, names=", ".join(FIFTY), targets="\n".join(lines), port=port)


@dataclass
class Fifty:
    """The daemon, its receivers, and the log that it writes."""

    receivers: Receivers
    path: Path

    def facts(self) -> list[Event]:
        """What the first incident's stream holds."""
        log = SqliteLog(self.path, lease=False)
        try:
            return [row.event for row in log.read("incident/1")]
        finally:
            log.close()

    def accepted(self) -> set[str]:
        return {fact.target for fact in self.facts() if isinstance(fact, PageAccepted)}

    def failed(self) -> dict[str, PageFailed]:
        """The first failure of each target."""
        found: dict[str, PageFailed] = {}
        for fact in self.facts():
            if isinstance(fact, PageFailed):
                found.setdefault(fact.target, fact)
        return found

    def answered(self) -> set[str]:
        """Targets that have a fact in the log."""
        return self.accepted() | self.failed().keys()

    def waits_ms(self) -> dict[str, float]:
        """From the application's first bad answer to the arrival at each target."""
        assert self.receivers.bad_at is not None
        return {name: (at - self.receivers.bad_at) * 1000 for name, at in self.receivers.got_at.items()}


async def until(condition: Callable[[], Any], seconds: float) -> bool:
    """Whether it comes true within the time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110 - another process has no event to wait for
        await asyncio.sleep(0.02)
    return bool(condition())


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Fifty]:
    """The daemon has looked at the application a few times, and all is well."""
    receivers = Receivers()
    server = await asyncio.start_server(receivers.serve, "127.0.0.1", 0, backlog=256)
    watcher, port = Watcher(folder, ""), server.sockets[0].getsockname()[1]
    watcher.write(configured(f"127.0.0.1:{port}", watcher.port))
    with watcher.output.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "watcher", "run", "-c", str(watcher.config), "--log-format", "json"),
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        assert await until(lambda: receivers.asked > 2 or process.returncode is not None, 20), watcher.said
        assert process.returncode is None, watcher.said
        yield Fifty(receivers, folder / "watcher.db")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        server.close()
