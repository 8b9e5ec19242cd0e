"""`watcher show --watch`: the same again and again, with a clock that ticks, until it is over or nobody looks any more."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from watcher.cli.ending import seen
from watcher.cli.paint import coloured, paint
from watcher.clock import Clock

TICK = timedelta(seconds=1)
ASK_EVERY = timedelta(seconds=2)
"""A person who reads sees what happened at once; the daemon is asked no more than by a page that is live."""
HOME, BELOW, END_OF_LINE = "\x1b[H", "\x1b[J", "\x1b[K"

Found = dict[str, Any]


def watch(
    first: Found,
    ask: Callable[[], Found],
    words: Callable[[Found, datetime], str],
    *,
    clock: Clock | None = None,
    write: Callable[[str], object] = sys.stdout.write,
) -> None:
    """Show until closed, or until Ctrl-C. `ask` answers an empty one where the daemon does not."""
    redraws = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(first, ask, words, clock or Clock(), _screen(write) if redraws else _roll(write)))


async def _watch(
    found: Found,
    ask: Callable[[], Found],
    words: Callable[[Found, datetime], str],
    clock: Clock,
    draw: Callable[[str], object],
) -> None:
    asked, silent_since = clock.now(), None
    while True:
        now = clock.now()
        if now - asked >= ASK_EVERY:
            asked, fresh = now, ask()
            found, silent_since = (fresh, None) if fresh else (found, silent_since or now)
        note = (
            f"\n\nThe daemon does not answer since {(now - silent_since).seconds} s." if silent_since else ""
        )
        draw(words(found, now) + note)
        if found.get("closed_at"):
            return
        await clock.sleep(TICK)


def _screen(write: Callable[[str], object]) -> Callable[[str], None]:
    """From the top of the screen, over what stood there: the beginning whole, of the timeline the newest lines."""

    def draw(text: str) -> None:
        width, height = shutil.get_terminal_size()
        shown = [line[:width] for line in fitting(seen(text).splitlines(), height - 1)]
        painted = paint("\n".join(shown)) if coloured() else "\n".join(shown)
        write(HOME + painted.replace("\n", f"{END_OF_LINE}\n") + END_OF_LINE + "\n" + BELOW)
        sys.stdout.flush()

    return draw


def fitting(lines: list[str], height: int) -> list[str]:
    """As many lines as there is room for; what is left out lies before the last paragraph, the timeline, ends."""
    if len(lines) <= height:
        return lines
    begin = max((n for n, line in enumerate(lines) if not line), default=0) + 1
    room = height - begin - 1
    return [*lines[:begin], "...", *lines[-room:]] if room > 0 else lines[:height]


def _roll(write: Callable[[str], object]) -> Callable[[str], None]:
    """On paper, or where nothing can be overwritten: a line is written when it says something new."""
    known: set[str] = set()

    def draw(text: str) -> None:
        fresh = [line for line in seen(text).splitlines() if line and _still(line) not in known]
        known.update(_still(line) for line in fresh)
        if fresh:
            write("\n".join(fresh) + "\n")
            sys.stdout.flush()

    return draw


def _still(line: str) -> str:
    """The line without what ticks."""
    return line.partition(" (in ")[0] if line.startswith("  next by ") else line
