"""The loop's own pool: enough threads, and none that a stop waits for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from watcher.threads import THREADS_MAX, Unawaited

HANGING = """\
import asyncio, threading
from watcher.threads import Unawaited

async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(Unawaited())
    for _ in range(40):
        loop.run_in_executor(None, threading.Event().wait)
    await asyncio.sleep(0.1)

asyncio.run(main())
"""


def test_a_look_up_that_hangs_delays_no_end_of_the_process() -> None:
    """A name server that is gone holds its threads for half a minute; a stop takes five seconds in all."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", HANGING], check=True, timeout=30)
    assert time.monotonic() - began < 5


async def test_what_is_called_is_answered_and_what_fails_is_said() -> None:
    """It is the pool that asyncio expects: results and exceptions come back to whoever waits."""
    loop = asyncio.get_running_loop()
    pool = Unawaited()
    assert await asyncio.gather(*(loop.run_in_executor(pool, pow, 2, n) for n in range(200))) == [
        2**n for n in range(200)
    ]
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(pool, lambda: 1 // 0)


async def test_one_that_hangs_holds_up_no_other_until_all_are_held() -> None:
    """Each call that waits gets a thread of its own, up to a bound; a free one is used again."""
    loop, pool, gate = asyncio.get_running_loop(), Unawaited(), threading.Event()
    held = [loop.run_in_executor(pool, gate.wait) for _ in range(THREADS_MAX - 1)]
    before = threading.active_count()
    async with asyncio.timeout(5):
        for _ in range(50):
            assert await loop.run_in_executor(pool, lambda: True)
    assert threading.active_count() <= before + 1
    gate.set()
    assert all(await asyncio.gather(*held))


async def test_what_is_cancelled_before_it_began_never_runs() -> None:
    """Its place in the line goes to the next."""
    loop, pool, gate = asyncio.get_running_loop(), Unawaited(), threading.Event()
    held = [loop.run_in_executor(pool, gate.wait) for _ in range(THREADS_MAX)]
    ran: list[int] = []
    waiting = pool.submit(ran.append, 1)
    assert waiting.cancel()
    gate.set()
    await asyncio.gather(*held)
    await loop.run_in_executor(pool, ran.append, 2)
    assert ran == [2]
