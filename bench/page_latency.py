"""How long from the first bad answer to the page that rings, with how much memory, and how soon after the start?

    python -m bench.page_latency [--endpoints 100] [--every 1.0] [--failures 50] [--seed 1] [--hanging]

1. Watches so many endpoints, breaks some of them one by one at random moments, each an incident of its own, and measures
   from the first bad answer that an endpoint gave to the POST that names it: judged, committed to disk, sent.
2. Starts a daemon with one Sentry, one endpoint and three targets, and measures from its start to its first request, and
   what it holds in memory after a page to all three.
With --hanging there is a Sentry whose evidence never answers: release health, events, releases.
Everything stays on this machine. Prints milliseconds and MiB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SETTLE_SECONDS = 3.0
PAGED_WITHIN = 10.0
NAME = re.compile(rb"ep\d{4}")
GOOD = (200, b'{"status":"up"}')
BAD = (503, b'{"status":"down"}')
LISTS = {"projects": (200, b'[{"id":"2","slug":"shop"}]')}
EMPTY = (200, b"[]")
EVIDENCE = ("/sessions/", "/events/", "/releases/")


@dataclass
class Outside:
    """The watched applications, an empty Sentry, and the pager: one server, told apart by the path."""

    broken: set[str] = field(default_factory=set)
    asked_at: dict[str, float] = field(default_factory=dict)  # first request, by name
    bad_at: dict[str, float] = field(default_factory=dict)  # first bad answer, by name
    paged_at: dict[str, float] = field(default_factory=dict)  # first page that names it
    posts: int = 0
    hanging: int = 0  # questions for evidence that were never answered

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        now = time.monotonic()
        kind, _, name = path.strip("/").partition("/")
        if kind == "page":
            self.posts += 1
            for named in NAME.findall(body):
                self.paged_at.setdefault(named.decode(), now)
            return GOOD
        self.asked_at.setdefault(name, now)
        if kind != "health":
            return LISTS.get(name.rpartition("/")[2], EMPTY)
        if name in self.broken:
            self.bad_at.setdefault(name, now)
            return BAD
        return GOOD


class Connection(asyncio.Protocol):
    """As little HTTP as the daemon needs, so that the measure is of the daemon."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        size = int(length[1]) if length else 0
        if not found or len(body) < size:
            return
        self._buffer = body[size:]
        path = head.split(b" ", 2)[1].decode().partition("?")[0]
        if path.endswith(EVIDENCE):
            self._outside.hanging += 1
            return
        status, answer = self._outside.answer(path, body[:size])
        self._transport.write(
            b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            % (status, len(answer), answer)
        )


@dataclass(frozen=True)
class Running:
    process: asyncio.subprocess.Process
    started_at: float

    def memory_mib(self) -> tuple[float, float]:
        """Now, and the most that it has held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        now, most = (
            int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]
            for name in ("VmRSS", "VmHWM")
        )
        return now, most


@asynccontextmanager
async def watched(
    config: Callable[[str], dict[str, Any]],
) -> AsyncIterator[tuple[Outside, Running]]:
    """The outside, and the daemon on this configuration; it is given the outside's address."""
    outside = Outside()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(outside), "127.0.0.1", 0, backlog=512
    )
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watcher.yaml"
        path.write_text(json.dumps(config(address)), encoding="utf-8")
        started_at = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "watcher", "run", "-c", str(path)),
            cwd=ROOT,
            env={**os.environ, "SENTRY_TOKEN": "sntryu_bench"},
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield outside, Running(process, started_at)
        finally:
            process.kill()
            await process.wait()
            server.close()


def settings(address: str, names: Sequence[str], every: float, **more: Any) -> dict[str, Any]:
    endpoints = [{"name": n, "url": f"http://{address}/health/{n}", "critical": True} for n in names]
    defaults = {"every": f"{round(every * 1000)}ms", "fail_after": 1, "pass_after": 1}
    plain = {
        "version": 1,
        "service": {"name": "bench"},
        "rules": {"group_by": ["source"]},
        "health": {"defaults": defaults, "endpoints": endpoints},
        "contacts": {"ann": {"targets": ["phone"]}},
        "targets": {"phone": {"apprise": f"json://{address}/page", "wakes": True}},
        "on_call": {"default": "ann"},
        "serve": {"listen": f"127.0.0.1:{_free_port()}"},
    }
    return plain | more


def sentry(address: str) -> dict[str, Any]:
    return {
        "name": "shop",
        "url": f"http://{address}/sentry",
        "organization": "acme",
        "token": "${SENTRY_TOKEN}",
        "every": "1s",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether it comes true within the time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:  # noqa: ASYNC110 - what it waits for has no event
        await asyncio.sleep(0.01)
    return bool(condition())


async def latency(asked: argparse.Namespace) -> int:
    """Break endpoints, and print how long their pages took. Answers how many pages are missing."""
    names = [f"ep{n:04d}" for n in range(asked.endpoints)]
    chance = random.Random(asked.seed)
    chosen = chance.sample(names, min(asked.failures, len(names)))

    def many(address: str) -> dict[str, Any]:
        more = {"sentry": [sentry(address)]} if asked.hanging else {}
        return settings(address, names, asked.every, **more)

    async with watched(many) as (outside, running):
        await until(lambda: len(outside.asked_at) == len(names), 30)
        await asyncio.sleep(SETTLE_SECONDS)
        for name in chosen:
            await asyncio.sleep(chance.uniform(0, 0.4))
            outside.broken.add(name)
        await until(lambda: outside.paged_at.keys() >= set(chosen), PAGED_WITHIN)
        await asyncio.sleep(1)
        memory, most = running.memory_mib()
    took = sorted((outside.paged_at[n] - outside.bad_at[n]) * 1000 for n in chosen if n in outside.paged_at)
    missing = len(chosen) - len(took)
    if took:
        p99 = took[min(len(took) - 1, round(0.99 * len(took)))]
        print(
            f"{len(names)} endpoints every {asked.every:g} s: first bad answer to page, {len(took)} failures: "
            f"median {statistics.median(took):.1f} ms, p95 {took[int(0.95 * len(took))]:.1f} ms, "
            f"p99 {p99:.1f} ms, slowest {took[-1]:.1f} ms"
        )
    if asked.hanging:
        print(f"{outside.hanging} questions for evidence were never answered")
    print(
        f"missing {missing}, more than one {outside.posts - len(took)}; memory {memory:.1f} MiB, most {most:.1f}"
    )
    return missing


async def footprint() -> int:
    """Start a small daemon, and print how soon it looks and what it holds. Answers how many pages are missing."""

    def small(address: str) -> dict[str, Any]:
        targets = {
            n: {"apprise": f"json://{address}/page/{n}", "wakes": True} for n in ("one", "two", "three")
        }
        more = {
            "targets": targets,
            "contacts": {"ann": {"targets": list(targets)}},
            "sentry": [sentry(address)],
        }
        return settings(address, ["ep0000"], 1.0, **more)

    async with watched(small) as (outside, running):
        await until(lambda: "ep0000" in outside.asked_at, 30)
        looked = (outside.asked_at["ep0000"] - running.started_at) * 1000
        await asyncio.sleep(SETTLE_SECONDS)
        outside.broken.add("ep0000")
        await until(lambda: outside.posts == 3, PAGED_WITHIN)
        await asyncio.sleep(1)
        memory, most = running.memory_mib()
    print(
        f"one Sentry, one endpoint, three targets: first look {looked:.0f} ms after the start, "
        f"memory {memory:.1f} MiB, most {most:.1f}, pages {outside.posts}"
    )
    return 3 - outside.posts


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoints", type=int, default=100)
    parser.add_argument("--every", type=float, default=1.0, help="seconds")
    parser.add_argument("--failures", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hanging", action="store_true", help="a Sentry whose evidence never answers")
    asked = parser.parse_args()
    return 1 if asyncio.run(latency(asked)) + asyncio.run(footprint()) else 0


if __name__ == "__main__":
    sys.exit(main())
