"""`watcher drill`: a real page, a real ladder, a person who answers; out of every response time."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from watcher.cli.act import acting, said, user
from watcher.cli.client import NO, Client, client, end, say, seen, speaking
from watcher.cli.report import CATEGORIES
from watcher.cli.waiting import Span, until

WITHIN = timedelta(minutes=15)
"""When the CTO would be paged."""


@click.command("drill")
@click.argument("text", nargs=-1, required=True)
@click.option("--category", required=True, type=click.Choice(CATEGORIES), help="What kind of P0 is played.")
@click.option(
    "--speed", type=click.IntRange(1, 1000), default=1, help="Climb the ladder so many times faster."
)
@click.option(
    "--within", type=Span(), default=WITHIN, show_default="15m", metavar="TIME", help="How long to wait."
)
@acting
@speaking
def drill(
    text: tuple[str, ...],
    category: str,
    speed: int,
    within: timedelta,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Page as for a real P0, marked DRILL, and wait until a person acknowledges; then end the drill.

    TEXT says what is played. Exit 1 where nobody acknowledged in time.
    """
    del as_json  # a drill is watched, not piped
    speaker, by = client(url, token_file, config), who or user()
    body = {"category": category, "text": " ".join(text), "speed": speed, "as": by}
    started = speaker.post("/drill", said(body))
    say(f"{started['id']}: the drill has begun; waiting for somebody to acknowledge it")
    try:
        answered = until(lambda: _answered(speaker, started["id"]), within)
    finally:  # also when whoever started it gives up: nobody is to be paged on for a drill that is over
        _end(speaker, started["id"], by)
    if answered is None:
        end(NO, f"{started['id']}: THE DRILL FAILED: nobody acknowledged within {_spelled(within)}")
    took = _moment(answered["acknowledged_at"]) - _moment(answered["opened_at"])
    say(f"{started['id']}: {answered['acknowledged_by']} acknowledged after {_spelled(took)}")
    sys.exit(0)


def _answered(speaker: Client, id_: str) -> dict[str, Any] | None:
    found: dict[str, Any] = speaker.get(f"/incidents/{id_}")
    return found if found["acknowledged_by"] else None


def _end(speaker: Client, id_: str, by: str | None) -> None:
    try:
        speaker.post(f"/incidents/{id_}/resolve", said({"as": by, "text": "the drill is over"}))
    except SystemExit:  # somebody ended it already, or the daemon is gone: said by the client, in its words
        click.echo(seen(f"{id_}: the drill was not ended here; look at it: watcher show {id_}"), err=True)


def _spelled(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
