"""A sender that prints the page: a terminal while trying things out, the journal when nothing else is configured."""

from __future__ import annotations

import sys
from typing import TextIO

from notifiers.page import Destination, Page, Receipt
from notifiers.render import render

RULE_WIDTH = 72


class ConsoleSender:
    """Prints to a stream (standard output where none is named). The write blocks: give it no stream that may stall."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, page: Page, destination: Destination) -> Receipt:
        stream = self._stream or sys.stdout
        try:
            stream.write(_printable(_framed(page, destination.name), stream))
            stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            return Receipt(outcome="refused", reason="unreachable", detail="the console cannot be written")
        return Receipt(outcome="accepted")


def _framed(page: Page, target: str) -> str:
    rendered = render(page)
    head = f"-- {page.kind} to {target} ".ljust(RULE_WIDTH, "-")
    return f"{head}\n{rendered.title}\n\n{rendered.body}\n{'-' * RULE_WIDTH}\n"


def _printable(text: str, stream: TextIO) -> str:
    """A terminal that cannot show a character shows its number instead of failing."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
