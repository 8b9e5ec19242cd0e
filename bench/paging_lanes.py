"""Fifty targets at once, ten of them hanging and ten failing: how long does a good page wait?

Prints milliseconds, and ratios against one good page alone in the same run. Run: `python -m bench.paging_lanes`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from notifiers.apprise import AppriseSender, warm
from notifiers.page import Destination, Page, Receipt

HANGING, FAILING, GOOD = 10, 10, 30
ROUNDS = 5
TIMEOUT = timedelta(seconds=2)
PAGE = Page(
    id="INC-1042/3@bench",
    kind="wake",
    title="INC-1042 shop: P0 authentication: users cannot sign in",
    lines=("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)", "Who: at least 40 users within 5 min"),
    command="watcher ack INC-1042",
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers 200 or 500 by the path; a hanging one reads until the client goes."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/hang" not in head:
            status = b"500 no" if b"/fail" in head else b"200 ok"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        while await reader.read(65536):
            pass
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _timed(sender: AppriseSender, port: int, kind: str, number: int) -> tuple[str, float, Receipt]:
    address = SecretStr(f"json://127.0.0.1:{port}/{kind}")
    began = time.perf_counter()
    receipt = await sender.send(PAGE, Destination(name=f"{kind}-{number}", address=address, timeout=TIMEOUT))
    return kind, (time.perf_counter() - began) * 1000, receipt


async def _round(port: int) -> tuple[float, list[float]]:
    sender = AppriseSender()
    alone = statistics.median([(await _timed(sender, port, "good", 0))[1] for _ in range(5)])
    kinds = ["hang"] * HANGING + ["fail"] * FAILING + ["good"] * GOOD
    results = await asyncio.gather(*(_timed(sender, port, kind, n) for n, kind in enumerate(kinds)))
    good = sorted(
        spent for kind, spent, receipt in results if kind == "good" and receipt.outcome == "accepted"
    )
    return alone, good


def _resident_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


async def main() -> None:
    before = _resident_mib()
    began = time.perf_counter()
    await asyncio.to_thread(warm, ["json"])
    print(
        f"warm: {(time.perf_counter() - began) * 1000:.0f} ms, RSS {before:.1f} -> {_resident_mib():.1f} MiB"
    )
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for _ in range(ROUNDS):
        alone, good = await _round(port)
        print(
            f"good pages {len(good)}/{GOOD}: alone {alone:.1f} ms, median {statistics.median(good):.0f} ms, "
            f"slowest {good[-1]:.0f} ms ({good[-1] / alone:.0f} x alone), RSS {_resident_mib():.1f} MiB"
        )
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
