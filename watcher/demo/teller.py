"""Tells the story in the terminal: a time stamp, short sentences, and a page as it looks on a phone."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from datetime import datetime

from watcher.clock import Clock

WIDTH = 100
PHONE = 64
MARGIN = " " * 10
LINES_MAX = 30
"""Lines shown of a page; a phone shows fewer."""


class Teller:
    """Prints what happens, with the seconds since the story began."""

    def __init__(self, clock: Clock, print_line: Callable[[str], None]) -> None:
        self._clock = clock
        self._print = print_line
        self._began: datetime = clock.now()

    def say(self, text: str) -> None:
        """One thing that happens, stamped."""
        seconds = (self._clock.now() - self._began).total_seconds()
        first, *rest = textwrap.wrap(text, WIDTH - len(MARGIN)) or [""]
        self._print(f"{seconds:6.1f} s  {first}")
        self.add(rest)

    def add(self, lines: Iterable[str]) -> None:
        """What belongs to the last thing, unstamped."""
        for line in lines:
            self._print(f"{MARGIN}{line}".rstrip())

    def plain(self, line: str = "") -> None:
        self._print(line)

    def phone(self, title: str, text: str) -> None:
        """A message as the phone shows it."""
        self.add(phone(title, text))


def phone(title: str, text: str) -> list[str]:
    """The message in a frame. A long link stays whole, so that it can be opened from the terminal."""
    rows = [*_wrapped(title), "", *(row for line in text.splitlines() for row in _wrapped(line))]
    kept = rows if len(rows) <= LINES_MAX else [*rows[: LINES_MAX - 1], "..."]
    width = max(PHONE, *(len(row) for row in kept))
    edge = "-" * (width + 2)
    return [f".{edge}.", *(f"| {row:<{width}} |" for row in kept), f"'{edge}'"]


def _wrapped(line: str) -> list[str]:
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    return textwrap.wrap(shown, PHONE, break_long_words=False, break_on_hyphens=False) or [""]
