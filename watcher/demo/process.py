"""The real daemon as a process of its own, and its command line; both end with the demo."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from watcher.demo.setting import PROBE_PASSWORD, Setting

STOP_SECONDS = 8.0
"""The daemon finishes its turn and its sends within a few seconds of SIGTERM; after this it is killed."""

COMMAND_LIMIT = timedelta(seconds=15)


class DaemonError(Exception):
    """The daemon ended, or a command of its command line failed."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running `watcher run`."""

    setting: Setting
    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    def demand_running(self) -> None:
        """Raise DaemonError when it has ended by itself."""
        if self.process.returncode is not None:
            raise DaemonError(f"the daemon ended by itself with exit code {self.process.returncode}")

    async def command(self, *words: str) -> str:
        """Run `watcher WORDS -c CONFIG` and answer what it printed. Raises DaemonError with its words."""
        process = await asyncio.create_subprocess_exec(
            *_command(*words, "-c", str(self.setting.config)),
            env=_environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(COMMAND_LIMIT.total_seconds()):
                output, _ = await process.communicate()
        except TimeoutError:
            raise DaemonError(f"`watcher {' '.join(words)}` did not end") from None
        finally:
            await _end(process)
        if process.returncode != 0:
            text = output.decode(errors="replace").strip()
            raise DaemonError(
                f"`watcher {' '.join(words)}` failed with exit code {process.returncode}: {text}"
            )
        return output.decode(errors="replace")


@asynccontextmanager
async def running(setting: Setting) -> AsyncIterator[Daemon]:
    """The daemon on this setting, as long as the block lasts."""
    with setting.output.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *_command("run", "-c", str(setting.config)),
            env=_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Daemon(setting, process)
    finally:
        await _end(process)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "watcher", *words]


def _environment() -> Mapping[str, str]:
    """Ours, and the one secret that the configuration takes from there."""
    return os.environ | {"PROBE_PASSWORD": PROBE_PASSWORD}


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, wait, and insist."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
