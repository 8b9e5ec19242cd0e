"""Readings of the log: they share threads and the processor with the writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.theatre import world
from tests.virtual import run
from watcher.log.memory import MemoryLog
from watcher.readers import READERS_MAX, Readers


def test_readers_wait_for_each_other() -> None:
    """Whoever looks at pages in a crowd waits in a line, and leaves the threads to the writer."""

    async def main() -> tuple[int, list[int]]:
        plain, log = world(MemoryLog()), MemoryLog()
        reading = most = 0

        async def offload(call: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal reading, most
            reading += 1
            most = max(most, reading)
            await plain.clock.sleep(timedelta(seconds=1))
            reading -= 1
            return call(*arguments)

        live = replace(plain, offload=offload, read_log=lambda _: log)
        readers = Readers(live, lambda: Path("watcher.db"))
        found = await asyncio.gather(*(readers.read(lambda _, n=n: n) for n in range(20)))
        return most, found

    assert run(main()) == (READERS_MAX, list(range(20)))
