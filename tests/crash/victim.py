"""The real daemon, that kills itself with SIGKILL the n-th time it reaches a point: `victim.py CONFIG [POINT N]`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from watcher.daemon import daemon
from watcher.live import live_load, live_world
from watcher.logs import configure


def main(config: str, point: str = "", nth: str = "1") -> int:
    left = {"times": int(nth)}

    def reached(name: str) -> None:
        if name == point:
            left["times"] -= 1
            if left["times"] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async def live() -> int:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        world = replace(live_world(), reached=reached)
        return await daemon(partial(live_load, Path(config)), world, stop=stop)

    configure("json")
    return asyncio.run(live())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
