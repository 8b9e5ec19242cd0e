from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from watcher.demo.setting import API_TOKEN, PROBE_PASSWORD, SENTRY_TOKEN

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 100.0

pytestmark = pytest.mark.timeout(150)


class Show:
    """A running `watcher demo`, and what it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told = ""

    async def until(self, words: str) -> None:
        """Read on until the words were told, or all was."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while words not in self.told:
                line = await self.process.stdout.readline()
                assert line, f"the demo ended without {words!r}:\n{self.told}"
                self.told += line.decode()

    async def end(self) -> int:
        """Read the rest and answer the exit code."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.told += (await self.process.stdout.read()).decode()
            return await self.process.wait()

    @property
    def daemon(self) -> int:
        return int(re.findall(r"the real daemon, process (\d+)", self.told)[0])

    @property
    def folder(self) -> Path:
        return Path(re.findall(r"its config +(\S+)/watcher\.yaml", self.told)[0])


@asynccontextmanager
async def _demo(*words: str) -> AsyncIterator[Show]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "watcher", "demo", "--speed", "20", *words),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    show = Show(process)
    try:
        yield show
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await show.end()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_story_is_told_to_its_end(tmp_path: Path) -> None:
    """The real daemon sees, pages, is answered, sees the recovery and measures; exit 0, nothing left running."""
    async with _demo("--keep", str(tmp_path)) as show:
        code = await show.end()
    assert code == 0, show.told
    chapters = [
        "All is well",
        "goes out",
        "Sign-in breaks",
        "rings",
        "ROLL BACK to 2.41.0",
        "takes it",
        "joins",
        "rolls back",
    ]
    chapters += ["mitigated", "closes the file", "restored (MTTR)", "nothing is left running"]
    places = [show.told.find(chapter) for chapter in chapters]
    assert -1 not in places
    assert places == sorted(places)
    assert not _runs(show.daemon)


async def test_the_story_keeps_its_secrets(tmp_path: Path) -> None:
    """Tokens and passwords are neither in the terminal nor in the daemon's output, and their files are the owner's."""
    async with _demo("--keep", str(tmp_path)) as show:
        await show.until("The phone of the on-call person rings")
    words = show.told + (tmp_path / "watcher.log").read_text()
    assert [secret for secret in (SENTRY_TOKEN, API_TOKEN, PROBE_PASSWORD) if secret in words] == []
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("sentry_token", "api_token")}
    assert modes == {"sentry_token": 0o600, "api_token": 0o600}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_an_interrupted_story_leaves_nothing_behind(number: signal.Signals) -> None:
    """Ctrl-C, a stop and a closed terminal end the daemon as well, and remove the temporary folder."""
    async with _demo() as show:
        await show.until("All is well")
        show.process.send_signal(number)
        code = await show.end()
    assert code == 130
    assert "Interrupted" in show.told
    assert not _runs(show.daemon)
    assert not show.folder.exists()


async def test_a_story_that_fails_says_why(tmp_path: Path) -> None:
    """When the daemon dies the demo ends with 1, its reason, and the place of the daemon's own words."""
    async with _demo("--keep", str(tmp_path)) as show:
        await show.until("All is well")
        os.kill(show.daemon, signal.SIGKILL)
        code = await show.end()
    assert code == 1
    assert "The demo FAILED: the daemon ended by itself with exit code -9" in show.told
    assert str(tmp_path / "watcher.log") in show.told


async def test_the_full_story_is_told_to_the_post_mortem(tmp_path: Path) -> None:
    """Decided, verified, announced, brought forward, watched to the all-clear and written down: in this order, exit 0."""
    async with _demo("--story", "full", "--keep", str(tmp_path)) as show:
        code = await show.end()
    assert code == 0, show.told
    chapters = ["INC-1 shop: incident detected", "ann decides: rollback", "INC-1 shop: 2.41.0 holds"]
    chapters += ["INC-1 shop: fixed", "# [HOTFIX] INC-1", "is it the fix?", "the rollback is behind you"]
    chapters += [
        "- [x] The fix was announced",
        "INC-1 shop: all clear",
        "# Post-mortem INC-1",
        "restored (MTTR)",
    ]
    places = [show.told.find(chapter) for chapter in chapters]
    assert -1 not in places
    assert places == sorted(places)
    assert not _runs(show.daemon)
    secrets = [secret for secret in (SENTRY_TOKEN, API_TOKEN, PROBE_PASSWORD) if secret in show.told]
    assert secrets == []
