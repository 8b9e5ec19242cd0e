"""`watcher decide` and `watcher judge-advice`: what a person chose, and whether the recommendation was right."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.act import acting, said, user
from watcher.cli.client import client, show, speaking
from watcher.cli.meant import Of, meant, named


@click.command("decide", cls=Of)
@click.argument("id_", metavar="[ID]")
@click.argument("choice", type=click.Choice(["rollback", "hotfix", "other"]))
@click.argument("text", nargs=-1)
@acting
@speaking
def decide(
    id_: str,
    choice: str,
    text: tuple[str, ...],
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what is done about an incident: rollback, hotfix or other. TEXT says why, for the timeline.

    Without ID the only one that is open.
    """
    body = said({"as": who or user(), "choice": choice, "text": " ".join(text)})
    speaker = client(url, token_file, config)
    found = speaker.post(f"/incidents/{quote(meant(speaker, id_), safe='')}/decide", body)
    show(found, as_json=as_json, words=words.decided)


@click.command("judge-advice")
@click.argument("id_", metavar="ID")
@click.argument("verdict", type=click.Choice(["right", "wrong"]))
@acting
@speaking
def judge_advice(
    id_: str,
    verdict: str,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say afterwards whether the recommendation was right; `watcher status` counts it."""
    body: dict[str, Any] = {**said({"as": who or user()}), "right": verdict == "right"}
    found = client(url, token_file, config).post(
        f"/incidents/{quote(named(id_), safe='')}/judge-advice", body
    )
    show(found, as_json=as_json, words=words.acted)
