"""Waiting for somebody: a question asked again and again until it has an answer, or the time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

from watcher.clock import Clock

T = TypeVar("T")

EVERY = timedelta(milliseconds=300)
"""A person who pressed a button sees it here at once."""


def until(answer: Callable[[], T | None], within: timedelta) -> T | None:
    """The first answer that is one; None where the time is up."""
    return asyncio.run(_until(answer, within))


async def _until(answer: Callable[[], T | None], within: timedelta) -> T | None:
    clock = Clock()
    end = clock.now() + within
    while (found := answer()) is None and clock.now() < end:
        await clock.sleep(min(EVERY, end - clock.now()))
    return found


class Span(click.ParamType[timedelta]):
    """A duration such as 15m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from rules.duration import span

        try:
            return value if isinstance(value, timedelta) else span(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
