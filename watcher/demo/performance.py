"""One performance of the demo: the stage is set, the real daemon started, the story told, and all of it cleared away."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2

from watcher.clock import Clock
from watcher.demo.app import shop_app
from watcher.demo.live import HOST, live
from watcher.demo.pager import Pager, pager_app
from watcher.demo.process import DaemonError, running
from watcher.demo.sentry import sentry_app
from watcher.demo.setting import PROBE_PASSWORD, SENTRY_TOKEN, Addresses, Setting, lay_out
from watcher.demo.story import Story, StoryError
from watcher.demo.story_full import FullStory
from watcher.demo.teller import Teller
from watcher.demo.world import Stage, shop_before

PAUSE = timedelta(seconds=3)
"""Between two steps, for reading; the wished speed divides it."""

PAUSES_WATCHED = 5
"""What is done while it is being watched must fit into that time."""

CLEAN_FOR = timedelta(seconds=3)
"""Nobody waits five minutes for a demo."""

ANSWER_SECONDS = 5.0
"""For one answer of the daemon to the story."""

LOG_LINES, LOG_COLUMNS = 12, 300
"""Shown of the daemon's output when the story fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One story that can be told: within how many seconds, and what is said of it before and after."""

    story: type[Story]
    seconds: float  # it ends by itself by then, whatever happens
    watch_for: timedelta  # beside some pauses
    within: str
    ending: str


PROGRAMMES = {
    "short": Programme(
        story=Story,
        seconds=50.0,
        watch_for=timedelta(minutes=10),
        within="within a minute",
        ending="The page arrived, was answered and was measured.",
    ),
    "full": Programme(
        story=FullStory,
        seconds=115.0,
        watch_for=timedelta(seconds=10),
        within="within two minutes",
        ending="The page arrived, the fix was verified and announced, and the post-mortem wrote its own timeline.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the demo is to be given."""

    speed: float
    keep: Path | None
    story: str = "short"

    @property
    def programme(self) -> Programme:
        return PROGRAMMES[self.story]


def perform(wishes: Wishes, print_line: Callable[[str], None]) -> int:
    """Give the demo; the exit code: 0 when all was as promised, 1 when not, 130 when it was interrupted."""
    folder = wishes.keep or Path(tempfile.mkdtemp(prefix="watcher-demo-"))
    kept = wishes.keep is not None
    try:
        failure = asyncio.run(_told(wishes, folder.resolve(), print_line))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print_line("\nInterrupted. Everything was stopped, nothing is left running.")
        return 130
    else:
        kept = kept or failure is not None
        print_line("")
        if failure is not None:
            return _failed(failure, folder, print_line)
        print_line(f"{wishes.programme.ending} Everything was stopped, nothing is left running.")
        if kept:
            print_line(f"Configuration, log and the daemon's output stay in {folder}")
        return 0
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _failed(failure: str, folder: Path, print_line: Callable[[str], None]) -> int:
    print_line(f"The demo FAILED: {failure}")
    print_line(f"The daemon's own words are in {folder / 'watcher.log'}; its last:")
    for line in _last_lines(folder / "watcher.log"):
        print_line(f"    {line}")
    return 1


def _last_lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError as error:
        return [f"(cannot be read: {error.strerror})"]
    return [line[:LOG_COLUMNS] for line in lines]


async def _told(wishes: Wishes, folder: Path, print_line: Callable[[str], None]) -> str | None:
    """Why the story failed; None when it went as promised."""
    _end_on_signals()
    try:
        async with (
            asyncio.timeout(wishes.programme.seconds),
            _stage_set(wishes, folder, print_line) as story,
        ):
            await story.tell()
    except (StoryError, DaemonError) as error:
        return str(error)
    except TimeoutError:
        return f"it took longer than {wishes.programme.seconds:.0f} s"
    return None


def _end_on_signals() -> None:
    """A stop or a closed terminal ends the performance in order, as Ctrl-C does."""
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


@asynccontextmanager
async def _stage_set(wishes: Wishes, folder: Path, print_line: Callable[[str], None]) -> AsyncIterator[Story]:
    """Applications, daemon and teller, ready to begin."""
    clock, programme = Clock(), wishes.programme
    full = wishes.story == "full"
    stage, pager, status = Stage(shop_before(clock.now(), counted=full)), Pager(clock), Pager(clock)
    async with AsyncExitStack() as stack:
        addresses = Addresses(
            shop=await stack.enter_async_context(live(shop_app(stage, password=PROBE_PASSWORD, clock=clock))),
            sentry=await stack.enter_async_context(live(sentry_app(stage, token=SENTRY_TOKEN, clock=clock))),
            pager=await stack.enter_async_context(live(pager_app(pager))),
            watcher=f"http://{HOST}:{_free_port()}",
            status=await stack.enter_async_context(live(pager_app(status))) if full else None,
        )
        setting = Setting(
            folder=folder,
            addresses=addresses,
            clean_for=CLEAN_FOR,
            watch_for=programme.watch_for + PAUSES_WATCHED * PAUSE / wishes.speed,
        )
        lay_out(setting)
        client = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS))
        daemon = await stack.enter_async_context(running(setting))
        teller = Teller(clock, print_line)
        _introduce(teller, setting, daemon.pid, programme.within)
        yield programme.story(
            setting=setting,
            stage=stage,
            pager=pager,
            status=status,
            daemon=daemon,
            clock=clock,
            teller=teller,
            client=client,
            pause=PAUSE / wishes.speed,
        )


def _free_port() -> int:
    """A port that nobody uses now: the daemon's address must be known before it starts."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _introduce(teller: Teller, setting: Setting, pid: int, within: str) -> None:
    addresses = setting.addresses
    teller.plain(
        f"Hotfix Watcher, shown on a simulated shop. All of it runs on this machine, and ends by itself {within}."
    )
    teller.plain()
    told = [("the status", addresses.status, "what stakeholders read")] if addresses.status else []
    for name, address, what in (
        ("the shop", addresses.shop, "an application with /api/health and a sign-in"),
        ("its Sentry", addresses.sentry, "a simulated error tracker"),
        ("the phone", addresses.pager, "takes the pages of the on-call person; /pages lists them"),
        *told,
        ("the watcher", addresses.watcher, f"the real daemon, process {pid}"),
    ):
        teller.plain(f"  {name:<12} {address}   {what}")
    teller.plain(f"  {'its config':<12} {setting.config}")
    teller.plain()
