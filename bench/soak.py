"""Half an hour of a busy watch: does the daemon's memory stay, and do its descriptors?

    python -m bench.soak [--minutes 30] [--endpoints 100] [--storm-every 5m]

A real daemon watches a hundred endpoints every second. Every five minutes all of them fail for half a minute: an incident
opens, pages, recovers and closes. A scraper and a person at `watcher status` ask every five seconds.
Prints memory, descriptors, threads and processor time for each round between two storms, and the slope of the calm samples.
Exit 1 where the last rounds need more memory (4 MB) or descriptors (2) than the first ones after the first storm, where a
storm was not paged, or where the daemon logged a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rules.duration import span
from tests.whole.stage import Watcher, endpoint, settings

SAMPLE_EVERY = 5.0
STORM_SECONDS = 30.0
CALM_AFTER = 90.0
"""Seconds after a storm began: the incident has recovered and is closed by then."""
RSS_MB = 4.0
DESCRIPTORS = 2
READ_MAX = 64 * 1024
TROUBLE = (
    "part_failed",
    "look_failed",
    "tick_failed",
    "decide_failed",
    "uncaught",
    "audit_failed",
    "thread_ended",
)


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    rss: float  # MB
    descriptors: int
    threads: int
    processor: float  # seconds
    calm: bool


class Outside:
    """The hundred services and the phone, in one small server: its own weight must not be measured."""

    def __init__(self) -> None:
        self.broken = False
        self.pages: list[tuple[float, str]] = []
        self.answered: Counter[int] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(await self._answer(head, reader))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader) -> bytes:
        if head.startswith(b"POST /page"):
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            said = json.loads(await reader.readexactly(min(length, READ_MAX)))
            self.pages.append((time.monotonic(), str(said.get("title"))))
            return _http(200, b"{}")
        status = 500 if self.broken else 200
        self.answered[status] += 1
        return _http(status, b'{"status": "error"}' if self.broken else b'{"status": "ok"}')


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


def configuration(address: str, count: int) -> dict[str, object]:
    every = {"every": "1s", "timeout": "2s", "fail_after": 3, "pass_after": 2, "retry_every": "500ms"}
    endpoints = [endpoint(f"s{n:03}", f"http://{address}/s{n:03}/health", **every) for n in range(count)]
    return settings(
        f"{address}/page",
        health={"endpoints": endpoints},
        recovery={"clean_for": "10s", "watch_for": "20s"},
    )


def sample(pid: int, *, calm: bool) -> Sample:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Sample(
        at=time.monotonic(),
        rss=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(status["Threads"]),
        processor=(int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
        calm=calm,
    )


async def soak(folder: Path, minutes: float, count: int, storm_every: float) -> int:
    outside = Outside()
    server = await asyncio.start_server(outside.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    watcher = Watcher(folder, configuration(f"{host}:{port}", count))
    await asyncio.to_thread(watcher.__enter__)
    try:
        rounds, storms = await _watched(watcher, outside, minutes * 60, storm_every)
    finally:
        await asyncio.to_thread(watcher.__exit__, None, None, None)
        server.close()
    return _verdict(watcher, outside, rounds, storms)


async def _watched(
    watcher: Watcher, outside: Outside, seconds: float, storm_every: float
) -> tuple[list[list[Sample]], list[float]]:
    began = time.monotonic()
    rounds: list[list[Sample]] = [[]]
    storms: list[float] = []
    while (now := time.monotonic()) - began < seconds:
        since = (now - began) % storm_every
        number = int((now - began) // storm_every)
        if number > len(storms):  # not at the very start: the first round is the quiet one
            storms.append(now)
            _told(rounds[-1], len(rounds) - 1)
            rounds.append([])
        outside.broken = bool(storms) and now - storms[-1] < STORM_SECONDS
        calm = not storms or now - storms[-1] > CALM_AFTER
        await asyncio.gather(
            asyncio.to_thread(watcher.get, "/metrics"), asyncio.to_thread(watcher.api, "/status")
        )
        rounds[-1].append(sample(watcher.pid, calm=calm))
        await asyncio.sleep(min(SAMPLE_EVERY, max(storm_every - since, 0.1)))
    _told(rounds[-1], len(rounds) - 1)
    return rounds, storms


def _told(samples: list[Sample], number: int) -> None:
    if samples:
        rss, fds = [s.rss for s in samples], [s.descriptors for s in samples]
        spent = (samples[-1].processor - samples[0].processor) / max(samples[-1].at - samples[0].at, 1)
        print(
            f"round {number:2}: RSS {min(rss):6.1f} to {max(rss):6.1f} MB, descriptors {min(fds):4} to {max(fds):4}, "
            f"threads {samples[-1].threads:3}, processor {spent:4.0%}",
            flush=True,
        )


def _verdict(watcher: Watcher, outside: Outside, rounds: list[list[Sample]], storms: list[float]) -> int:
    paged = [any(0 < at - storm < STORM_SECONDS for at, _ in outside.pages) for storm in storms]
    text = watcher.output.read_text(encoding="utf-8")
    trouble = {word: text.count(f'"event": "{word}"') for word in TROUBLE if f'"event": "{word}"' in text}
    print(
        f"{outside.answered[200]} good and {outside.answered[500]} bad answers, {len(outside.pages)} pages, "
        f"{sum(paged)} of {len(storms)} storms paged; log {(watcher.config.parent / 'watcher.db').stat().st_size / 1e6:.1f} MB; "
        f"faults in the daemon's log: {trouble or 'none'}"
    )
    wrong = (not all(paged)) + bool(trouble)
    calm = [[s for s in samples if s.calm] for samples in rounds[1:]]
    calm = [samples for samples in calm if samples]
    if len(calm) < 2:
        print("too short to compare rounds: --minutes, or a shorter --storm-every")
        return int(wrong > 0)
    return int(wrong + _grown(calm) > 0)


def _grown(calm: list[list[Sample]]) -> int:
    """Calm moments after the first storm against those after the last one."""
    first, last = calm[0], calm[-1]
    rss = statistics.median(s.rss for s in last) - statistics.median(s.rss for s in first)
    fds = statistics.median(s.descriptors for s in last) - statistics.median(s.descriptors for s in first)
    every = [s for samples in calm for s in samples]
    slope = statistics.linear_regression([s.at / 3600 for s in every], [s.rss for s in every]).slope
    print(
        f"calm after the first storm to calm after the last: RSS {rss:+.1f} MB, descriptors {fds:+.0f}; slope {slope:+.1f} MB/h"
    )
    return (rss > RSS_MB) + (fds > DESCRIPTORS)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--endpoints", type=int, default=100)
    parser.add_argument("--storm-every", type=span, default=span("5m"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(
            soak(Path(folder), asked.minutes, asked.endpoints, asked.storm_every.total_seconds())
        )


if __name__ == "__main__":
    sys.exit(main())
