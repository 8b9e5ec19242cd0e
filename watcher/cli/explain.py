"""`watcher explain FILE|ID`: why the rules say what they say, clause by clause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.client import NO, USAGE, end, say
from watcher.cli.logged import events_of, log_options, reading

if TYPE_CHECKING:
    from rules.signal import Signal
    from rules.trace import Trace
    from watcher.incident.record import Sign

BYTES_MAX = 5_000_000
"""A file with one signal; a health body is at most some hundred kilobytes."""

MARKS = {True: "+", False: "-", None: "?"}
"""How a clause stands: it holds, it does not, it is not known."""


@click.command()
@click.argument("what", metavar="FILE|ID")
@log_options
@click.option(
    "--rules",
    "folders",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder of your own rules.",
)
@click.option("--no-builtin", is_flag=True, help="Leave out the rules that come with the program.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["issue", "health", "report"]),
    help="What FILE holds, where it cannot be told.",
)
@click.option("--status", type=int, default=200, show_default=True, help="The status of a health answer.")
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
def explain(
    what: str,
    log: Path | None,
    config: Path | None,
    folders: tuple[Path, ...],
    *,
    no_builtin: bool,
    kind: str | None,
    status: int,
    as_json: bool,
) -> None:
    """Say which clauses of which rules hold for what FILE holds, and which clause of a near miss fails.

    FILE is a row as `rules judge` reads it, an issue as Sentry's API returns it, an example of a rule file in JSON,
    the body of a health answer, or the words of a report; - is stdin. ID is INC-1042 or SUS-7: what the log says of it.
    """
    if _is_id(what):
        _show_id(what, reading(log, config, lambda opened: events_of(opened, what)), as_json=as_json)
        return
    from watcher.cli.rules import load_rules

    signal = _signal(_read(what), kind, status)
    from rules.trace import trace
    from watcher.view.explained import traced

    found = trace(load_rules(folders, builtin=not no_builtin), signal, own_window=True)
    if as_json:
        click.echo(json.dumps(traced(signal, found), indent=2))
    else:
        say("\n".join(_lines(signal, found)))


def _is_id(what: str) -> bool:
    from watcher.incident.machines import stream_of

    return stream_of(what) is not None and not Path(what).exists()


def _read(name: str) -> str:
    try:
        with click.open_file(name, "rb") as stream:
            raw = stream.read(BYTES_MAX + 1)
    except OSError as error:
        end(NO, f"{name} cannot be read: {error.strerror}; an id reads INC-1042 or SUS-7")
    if len(raw) > BYTES_MAX:
        end(USAGE, f"{name} is larger than {BYTES_MAX} bytes: explain one signal at a time")
    return bytes(raw).decode("utf-8", "replace")


def _signal(text: str, kind: str | None, status: int) -> Signal:
    from rules.guess import signal_of

    try:
        return signal_of(text, kind, status)
    except (ValueError, RecursionError) as fault:
        end(USAGE, f"that is no signal: {fault if isinstance(fault, ValueError) else 'nested too deeply'}")


def _lines(signal: Signal, found: tuple[Trace, ...]) -> list[str]:
    from rules.signal import title_of

    lines = [f"{signal.kind}: {title_of(signal)[:200]}"]
    if not found:
        return [*lines, "No rule comes near it."]
    for one in found:
        shadow = "" if one.mode == "page" else f", {one.mode}"
        lines += ["", f"{one.outcome.upper()}  {one.rule} ({one.category}{shadow})", f"  {one.said}"]
        shown = one.failed if one.outcome == "near miss" else one.clauses
        lines += [f"  {MARKS[clause.truth]} {clause.words}" for clause in shown]
    return lines


def _show_id(what: str, events: list[Any], *, as_json: bool) -> None:
    """What the log says: the rule and its words as they were, whatever the rules say now."""
    from watcher.view.explained import distinct, raised

    said = raised(what.upper(), events)
    if as_json:
        click.echo(json.dumps(said, indent=2))
        return
    judged = f", judged by rulebook {said['rulebook'][:12]}" if said["rulebook"] else ""
    say("\n".join([f"{what.upper()}{judged}", *(line for one in distinct(events) for line in _of_sign(one))]))


def _of_sign(one: Sign) -> list[str]:
    head = f"{one.rule} ({one.category}) at {one.seen_at:%Y-%m-%d %H:%M:%S} UTC, {one.ref}"
    return ["", head, f"  {one.title}", *(f"  + {words}" for words in one.because)]
