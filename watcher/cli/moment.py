"""Moments at a terminal: in the reader's own zone, its offset beside them; in UTC with --utc."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_UTC = __name__


def in_utc(command: Command) -> Command:
    """The option --utc; it is heard by whatever writes or reads a moment within the command."""

    def hear(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
        ctx.meta[_UTC] = value

    option = click.option(
        "--utc",
        is_flag=True,
        expose_value=False,
        callback=hear,
        help="Times in UTC instead of your own zone.",
    )
    return option(command)


def local(moment: datetime) -> datetime:
    """The same moment in the zone of whoever reads it; one without a zone is taken for theirs."""
    ctx = click.get_current_context(silent=True)
    if ctx is not None and ctx.meta.get(_UTC):
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone()


def spelled(moment: str | None, *, seconds: bool = False) -> str:
    """2026-11-25 04:00 +01:00; where there is none, never."""
    if moment is None:
        return "never"
    at = local(datetime.fromisoformat(moment))
    offset = f"{at:%z}"
    zone = f"{offset[:3]}:{offset[3:5]}" if at.utcoffset() else "UTC"
    return f"{at:{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}} {zone}"
