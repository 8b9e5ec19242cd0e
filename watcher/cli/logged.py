"""Reading a log that lies on this machine: by its path, or by the configuration that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from watcher.cli.address import lying_about
from watcher.cli.client import CANNOT_REACH, NO, USAGE, end

T = TypeVar("T")

STREAMS_MAX = 20_000
"""Incidents and suspicions read for a report, the latest; some hundred a year are many."""


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that reads a log; they arrive as `log` and `config`."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        click.option("--log", type=path, help="The log; the daemon may be running or dead."),
        click.option("-c", "--config", type=path, help="Find the log by the configuration."),
    ):
        command = option(command)
    return command


def reading(log: Path | None, config: Path | None, read: Callable[[Any], T]) -> T:
    """Answer a reading of the log. Ends with an exit code where there is none, or where it cannot be read."""
    from watcher.log import LogBroken
    from watcher.log.sqlite import SqliteLog

    try:
        opened = SqliteLog(path_of(log, config), lease=False)
        try:
            return read(opened)
        finally:
            opened.close()
    except LogBroken as error:
        end(CANNOT_REACH, str(error))


def path_of(log: Path | None, config: Path | None) -> Path:
    """The log that is meant. Only `log` is read of a configuration: its secrets may be out of this user's reach."""
    if log is not None:
        return log
    config = config or lying_about()
    if config is None:
        end(USAGE, "say which log: --log watcher.db, or -c watcher.yaml")
    from pydantic import ValidationError

    from rules.fault import Faults
    from rules.yaml import document
    from watcher.settings.log import LogSettings

    try:
        value = document(config).value
        said = value.get("log", {}) if isinstance(value, dict) else {}
        return config.resolve().parent / LogSettings.model_validate(said).path
    except Faults as faults:
        end(USAGE, str(faults))
    except ValidationError:
        end(USAGE, f"{config}: log cannot be used; `watcher check` says why")


def book_of(config: Path | None) -> Any:
    """The commands that a configuration names; none where it cannot be read: the log itself is what was asked for."""
    from pydantic import ValidationError

    from rules.fault import Faults
    from rules.yaml import document
    from watcher.settings.evidence import Evidence
    from watcher.settings.runbook import SHIPPED
    from watcher.view.runbook import Book

    if config is None:
        return Book()
    try:
        said = document(config).value["evidence"]
        evidence = Evidence.model_validate({name: said[name] for name in ("commands", "deployments")})
        own = evidence.commands not in (None, *SHIPPED)
        folder = str(config.resolve().parent / str(evidence.commands)) if own else evidence.commands
        return evidence.model_copy(update={"commands": folder}).book
    except (Faults, KeyError, TypeError, ValidationError, ValueError):
        return Book()


def events_of(log: Any, id_: str) -> list[Any]:
    """The events of one incident or suspicion."""
    from watcher.incident.machines import stream_of

    stream = stream_of(id_)
    rows = log.read(stream) if stream else []
    if not rows:
        missing(log, id_, stream)
    return [row.event for row in rows]


def missing(log: Any, id_: str, stream: str | None) -> NoReturn:
    """Say that there never was one, or that its events are gone."""
    from watcher.incident.machines import kind_of
    from watcher.view.gone import gone

    words = gone(stream, log.milestones(kind_of(stream), stream)) if stream else None
    end(NO, words or f"there is no {id_} in this log; an id reads INC-1042 or SUS-7")


def all_events(log: Any) -> list[list[Any]]:
    """The events of every incident and suspicion that are still there, stream by stream."""
    names = [
        f"{kind}/{number}" for kind in ("incident", "suspicion") for number in range(1, log.highest(kind) + 1)
    ]
    found = ([row.event for row in log.read(name)] for name in names[-STREAMS_MAX:])
    return [events for events in found if events]
