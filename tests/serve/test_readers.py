"""Readings of the log: they share threads and the processor with the writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.theatre import governing, world
from tests.virtual import run
from watcher.daemon import READERS_MAX, Daemon
from watcher.log.memory import MemoryLog


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
        watcher = Daemon(governing, governing(), live, log, timedelta(seconds=30))
        found = await asyncio.gather(*(watcher._read(lambda _, n=n: n) for n in range(20)))
        return most, found

    assert run(main()) == (READERS_MAX, list(range(20)))
