"""How a command ends: the exit codes, and what a terminal may be shown."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from watcher.cli.paint import coloured, paint

NO, USAGE, CANNOT_REACH = 1, 2, 3


def end(code: int, text: str) -> NoReturn:
    """Say why on stderr, and end with this exit code."""
    click.echo(seen(text), err=True)
    sys.exit(code)


def seen(text: str) -> str:
    """What a terminal may show: an escape sequence in somebody's error title must not reach it."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def say(text: str) -> None:
    """Print it; in colours where there are any."""
    plain = seen(text)
    click.echo(paint(plain) if coloured() else plain)
