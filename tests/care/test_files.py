"""A changed file is a reload: debounced, whole or not at all, and tried once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.theatre import CONFIG as PUBLIC
from tests.theatre import RULES, clock, governing, inline, world
from tests.virtual import run
from watcher.care.files import Files
from watcher.daemon import daemon
from watcher.loading import load
from watcher.opening import Governing
from watcher.stamp import stamp

CONFIG = PUBLIC.replace(', public_url: "https://watcher.shop.example"', "")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(RULES)
    path = tmp_path / "watcher.yaml"
    path.write_text(CONFIG + "rules: {use: [], folders: [rules]}\n")
    return path


class Watched:
    """The part alone, with the files that a test changes."""

    def __init__(self, config: Path) -> None:
        self.files = (config, config.parent / "rules")
        self.governing: Governing = replace(governing(), files=self.files, stamp=stamp(self.files))
        self.asked = asyncio.Event()
        self.clock = clock()

    def taken(self) -> None:
        """What a reload that succeeds leaves."""
        self.governing = replace(self.governing, stamp=stamp(self.files))

    async def after(self, seconds: float) -> int:
        """How often a reload was asked for within so many seconds, looked at every half of one."""
        count = 0
        for _ in range(round(2 * seconds)):
            await asyncio.sleep(0.5)
            count += self.asked.is_set()
            self.asked.clear()
        return count


@asynccontextmanager
async def watched(config: Path) -> AsyncIterator[Watched]:
    stage = Watched(config)
    part = Files(stage.clock, inline, lambda: stage.governing)
    task = asyncio.create_task(part.watch(stage.asked))
    yield stage
    task.cancel()


def write(path: Path, text: str) -> None:
    """As an editor saves that writes over the old file."""
    path.write_text(text)


def rewrite(path: Path, text: str) -> None:
    """As an editor saves: a new file takes the old one's place."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def test_nothing_is_asked_while_nothing_changes(config: Path) -> None:
    """A file that is none of ours, beside or among the rules, is no change."""

    async def main() -> None:
        async with watched(config) as stage:
            (config.parent / "notes.txt").write_text("x")
            (config.parent / "rules" / "README.md").write_text("x")
            assert await stage.after(30) == 0

    run(main())


@pytest.mark.parametrize("change", ["config", "rule", "new", "gone", "renamed"])
def test_a_change_is_asked_for_once(config: Path, change: str) -> None:
    """The configuration, a rule file, one more, one less, or one in another's place: within six seconds, and once."""
    own = config.parent / "rules" / "own.yaml"

    async def main() -> None:
        async with watched(config) as stage:
            await stage.after(5)
            if change == "config":
                write(config, CONFIG + "# a comment\n")
            elif change == "rule":
                write(own, RULES + "# a comment\n")
            elif change == "new":
                write(own.with_name("more.yaml"), RULES)
            elif change == "gone":
                own.unlink()
            else:
                before = own.stat()
                rewrite(own, RULES.replace("down", "DOWN"))
                os.utime(own, ns=(before.st_atime_ns, before.st_mtime_ns))
            assert await stage.after(6) == 1
            assert await stage.after(60) == 0  # a broken change is reported once, not every two seconds
            stage.taken()
            assert await stage.after(60) == 0

    run(main())


def test_a_file_that_is_being_written_is_waited_for(config: Path) -> None:
    """While it looks different at every look nothing is asked; when it has settled, once."""

    async def main() -> None:
        async with watched(config) as stage:
            for number in range(10):
                write(config, CONFIG + "#" * number)
                assert await stage.after(2) == 0
            assert await stage.after(6) == 1

    run(main())


def test_a_change_that_somebody_took_in_is_no_change(config: Path) -> None:
    """A person who reloads right after saving is not followed by a second reload."""

    async def main() -> None:
        async with watched(config) as stage:
            write(config, CONFIG + "# a comment\n")
            stage.taken()
            assert await stage.after(30) == 0

    run(main())


def test_a_mended_file_is_tried_again(config: Path) -> None:
    """Each new look of a file is a new chance, also the one that it had before it was broken and mended."""

    async def main() -> None:
        async with watched(config) as stage:
            write(config, "broken: [\n")
            assert await stage.after(6) == 1
            write(config, CONFIG + "# mended\n")
            assert await stage.after(6) == 1

    run(main())


def test_the_daemon_takes_a_good_change_and_keeps_the_last_good_after_a_bad_one(
    config: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody has to send a signal: a saved rule governs within seconds, a broken one is refused once and in words."""
    caplog.set_level("INFO")
    own = config.parent / "rules" / "own.yaml"

    def said(event: str) -> int:
        return sum(getattr(record, "event", "") == event for record in caplog.records)

    async def main() -> None:
        stop = asyncio.Event()
        living = asyncio.create_task(daemon(partial(load, config), world(), stop=stop))
        await asyncio.sleep(10)
        assert said("files_changed") == 0
        write(own, RULES.replace("outage.down", "outage.gone"))
        await asyncio.sleep(10)
        assert (said("reloaded"), said("reload_refused")) == (1, 0)
        write(own, "broken: [\n")
        await asyncio.sleep(60)
        assert (said("files_changed"), said("reloaded"), said("reload_refused")) == (2, 1, 1)
        write(own, RULES)
        await asyncio.sleep(10)
        assert said("reloaded") == 2
        stop.set()
        assert await living == 0

    run(main())
