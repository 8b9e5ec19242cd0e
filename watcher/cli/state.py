"""`watcher state`: what a person knows of an incident; each statement re-evaluates the recommendation at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.act import acting, said, user
from watcher.cli.client import USAGE, client, end, show, speaking
from watcher.cli.meant import Of, meant

YES_OR_NO = click.Choice(["yes", "no"])
FACTS: dict[str, tuple[Any, str, str]] = {
    "root-cause": (str, "TEXT", "What causes it, where that is known."),
    "affected": (click.IntRange(min=0), "N", "How many users."),
    "isolated": (YES_OR_NO, "yes|no", "Whether one system alone fails."),
    "fix-minutes": (click.IntRange(min=0), "N", "How long a fix takes."),
    "migration": (YES_OR_NO, "yes|no", "Whether the deploy holds a migration that cannot be undone."),
    "third-party": (str, "NAME", "A third party that is down."),
    "previous-release": (YES_OR_NO, "yes|no", "Whether the previous release can still be deployed."),
    "data-written": (YES_OR_NO, "yes|no", "Whether data was already written in the new form."),
}
"""Option: how it is read, how it is written, what it says."""


def _stating(command: Any) -> Any:
    for name, (kind, metavar, help_) in reversed(FACTS.items()):
        command = click.option(f"--{name}", type=kind, metavar=metavar, help=help_)(command)
    return command


@click.command("state", cls=Of)
@click.argument("id_", metavar="[ID]")
@_stating
@click.option(
    "--unknown",
    multiple=True,
    type=click.Choice(list(FACTS)),
    metavar="FACT",
    help="Take a statement back: the fact is open again. May be repeated.",
)
@acting
@speaking
def state(
    id_: str,
    unknown: tuple[str, ...],
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
    **given: Any,
) -> None:
    """State what you know of an incident, and see what to do now. Without ID the only one that is open."""
    body = {**said({"as": who or user()}), **_facts(given, unknown)}
    speaker = client(url, token_file, config)
    found = speaker.post(f"/incidents/{quote(meant(speaker, id_), safe='')}/state", body)
    show(found, as_json=as_json, words=words.stated)


def _facts(given: dict[str, Any], unknown: tuple[str, ...]) -> dict[str, Any]:
    """The statements as the API takes them."""
    facts = {name: _plain(value) for name, value in given.items() if value is not None}
    open_again = {name.replace("-", "_"): None for name in unknown}
    if not facts and not open_again:
        end(USAGE, f"state at least one fact: --{', --'.join(FACTS)} or --unknown FACT")
    if both := facts.keys() & open_again.keys():
        end(USAGE, f"stated and taken back at once: {', '.join(sorted(both))}")
    return {**facts, **open_again}


def _plain(value: Any) -> Any:
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value
