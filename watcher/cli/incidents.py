"""`watcher incidents` and `watcher show`: from the daemon, or from its log when it is dead."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.client import CANNOT_REACH, USAGE, client, end, show, speaking
from watcher.cli.meant import LEFT_OUT, Of, Only, meant, named, rings, the_one
from watcher.cli.meant import incidents as open_incidents

LOG = click.option(
    "--log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read this log; the daemon may be dead.",
)


@click.command("incidents")
@click.option("--all", "everything", is_flag=True, help="Closed ones as well, newest first.")
@LOG
@speaking
def incidents(
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    log: Path | None,
    everything: bool,
    as_json: bool,
) -> None:
    """List the open incidents and suspicions."""
    if log is not None:
        found = _read(log, lambda opened: _listed(opened, everything=everything))
    else:
        found = client(url, token_file, config).get(
            "/incidents?all=1" if everything else "/incidents", holds="incidents"
        )
    show(found, as_json=as_json, words=words.incidents)


@click.command("show", cls=Of)
@click.argument("id_", metavar="[ID]")
@click.option(
    "--watch", is_flag=True, help="Go on showing it, with a clock that ticks, until it is closed or Ctrl-C."
)
@LOG
@speaking
def show_(
    id_: str,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    log: Path | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Show one incident or suspicion: what to do, how far it is, who was reached, what happened.

    Without ID the only one that is open.
    """
    if watch and (log is not None or as_json):
        end(USAGE, f"--watch shows what a daemon that runs says; leave {'--log' if log else '--json'} out")
    from watcher.clock import Clock

    if log is not None:
        found = _read(log, lambda opened: _file(opened, id_in(opened, id_, rings), config))
    else:
        speaker = client(url, token_file, config)
        path = f"/incidents/{quote(meant(speaker, id_, rings), safe='')}"
        found = speaker.get(path, holds="timeline")
        if watch:
            return _watch(found, lambda: speaker.peek(path))
    return show(found, as_json=as_json, words=lambda it: words.one(it, Clock().now()))


def _watch(found: dict[str, Any], ask: Any) -> None:
    from watcher.cli.watching import watch

    watch(found, ask, words.one)


def _read(path: Path, reading: Any) -> Any:
    from watcher.log import LogBroken
    from watcher.log.sqlite import SqliteLog

    try:
        log = SqliteLog(path, lease=False)
        try:
            return reading(log)
        finally:
            log.close()
    except LogBroken as error:
        end(CANNOT_REACH, str(error))


def _listed(log: Any, *, everything: bool) -> dict[str, Any]:
    from watcher.incident.machines import fold, kind_of, number_of
    from watcher.incident.state import FINAL
    from watcher.view import summary

    rows = [row for row in _rows(log, everything=everything) if everything or row["status"] not in FINAL]
    rows.sort(key=lambda row: number_of(row["name"]), reverse=everything)
    streams = [name for name in log.open_streams() if kind_of(name) == "suspicion"] if not everything else []
    states = [fold(name, [row.event for row in log.read(name)]) for name in streams]
    return {
        "incidents": [summary.listed(row) for row in rows],
        "suspicions": [summary.suspicion(state) for state in states if state.status == "suspected"],
    }


def _rows(log: Any, *, everything: bool) -> list[Any]:
    """Of a long past only what is open, where that is all that is asked for."""
    if everything:
        return list(log.milestones("incident"))
    return [row for name in log.open_streams() for row in log.milestones("incident", name)]


def id_in(log: Any, id_: str, only: Only = open_incidents) -> str:
    """The id that was given, or the only one that is open in a log."""
    return named(id_) if id_ != LEFT_OUT else the_one(only(_listed(log, everything=False)), only)


def _file(log: Any, id_: str, config: Path | None) -> dict[str, Any]:
    from watcher.cli.logged import book_of, missing
    from watcher.incident.machines import fold, stream_of
    from watcher.incident.state import Incident
    from watcher.view import runbook, summary, timeline

    stream = stream_of(id_)
    rows = log.read(stream) if stream else []
    if stream is None or not rows:
        missing(log, id_, stream)
    state = fold(stream, [row.event for row in rows])
    steps = runbook.commands(state, book_of(config), rows[-1].event.at) if isinstance(state, Incident) else ()
    commands = {"commands": [step.plain() for step in steps]}
    return {**summary.of(state), **commands, "timeline": [line.plain() for line in timeline.lines(rows)]}
