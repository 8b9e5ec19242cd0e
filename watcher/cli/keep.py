"""`watcher backup` and `watcher export`: from the log itself, while the daemon runs or is dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from watcher.cli.client import CANNOT_REACH, NO, USAGE, end, say
from watcher.cli.logged import log_options, path_of

KEPT = 7
"""A week of nights."""


@click.command("backup")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; by default backups/ beside the log.",
)
@click.option(
    "--keep",
    type=click.IntRange(1, 999),
    default=KEPT,
    show_default=True,
    help="How many: the newest has the name, older ones .1, .2 and so on.",
)
@click.option(
    "--check", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Only prove this backup."
)
@log_options
def backup(log: Path | None, config: Path | None, to: Path | None, keep: int, check: Path | None) -> None:
    """Copy the log while the daemon goes on writing, and prove the copy: read every event, fold every stream.

    Exit codes: 0 the copy is whole, 1 it is not (the former backups are as they were), 3 it could not be made.
    """
    from watcher.keeping.backup import BackupFailed, back_up, counted
    from watcher.keeping.proof import prove
    from watcher.log import LogBroken

    try:
        if check is not None:
            say(f"{check} is whole: {counted(prove(check))}")
            return
        path = path_of(log, config)
        made = back_up(path, to or path.parent / "backups" / path.name, keep=keep)
    except BackupFailed as error:
        end(CANNOT_REACH, str(error))
    except LogBroken as error:
        end(NO, f"the copy is not whole: {error}")
    say(f"{made.path}: {counted(made.contents)}, {made.size / 1e6:.1f} MB, read and folded")


@click.command("export")
@click.option("--incidents", is_flag=True, help="A line an incident, with its response times in seconds.")
@click.option("--since", metavar="WHEN", help="From then on: 2026-01-31, 2026-01-31T12:00:00Z, or 30d ago.")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Into this file, which takes its name once it is whole; by default onto the screen.",
)
@log_options
def export(
    log: Path | None, config: Path | None, since: str | None, to: Path | None, *, incidents: bool
) -> None:
    """Print the log as JSON Lines: a line an event, in order, as it was written; or a line an incident.

    Exit codes: 0 done, 2 usage, 3 the log could not be read, or the file not be written.
    """
    import json

    from watcher.keeping.export import ExportFailed, write
    from watcher.log import LogBroken

    path, start = path_of(log, config), _moment(since)
    lines = _incidents(path, start) if incidents else _events(path, start)
    try:
        if to is not None:
            say(f"{to}: {write(lines, to, path)} lines")
            return
        for line in lines:
            click.echo(json.dumps(line))
    except (LogBroken, ExportFailed) as error:
        end(CANNOT_REACH, str(error))


def _events(path: Path, since: datetime | None) -> Iterator[dict[str, Any]]:
    from watcher.keeping.export import events

    return events(path, since)


def _incidents(path: Path, since: datetime | None) -> Iterator[dict[str, Any]]:
    from watcher.keeping.export import incidents
    from watcher.log.sqlite import SqliteLog

    log = SqliteLog(path, lease=False)
    try:
        yield from incidents(log, since)
    finally:
        log.close()


def _moment(text: str | None) -> datetime | None:
    """A day, a moment (UTC where it does not say), or how long ago."""
    if text is None:
        return None
    from rules.duration import span
    from watcher.clock import Clock

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return Clock().now() - span(text)
    except (ValueError, OverflowError):
        end(USAGE, "--since is a day (2026-01-31), a moment (2026-01-31T12:00:00Z), or a while ago (30d)")
