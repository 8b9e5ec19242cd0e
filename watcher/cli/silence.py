"""`watcher silence`: signals that match open nothing for a while. It has an end, an author and a reason, always."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from watcher.cli import words
from watcher.cli.act import acting, said, user
from watcher.cli.client import USAGE, Client, client, end, show, speaking

KEYS = "source, key, system, environment, category, rule"


@click.command("silence")
@click.option("--match", "match", multiple=True, metavar="KEY=VALUE", help=f"One of {KEYS}; all must match.")
@click.option("--for", "span", metavar="DURATION", help="For how long: 30m, 2h, 1d; 7 days at most.")
@click.option("--because", metavar="TEXT", help="Why, for whoever wonders at 3 a.m.")
@click.option("--list", "listing", is_flag=True, help="Say which silences hold.")
@click.option("--end", "ending", type=click.IntRange(1), metavar="N", help="End a silence by its number.")
@acting
@speaking
def silence(
    match: tuple[str, ...],
    span: str | None,
    because: str | None,
    ending: int | None,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    listing: bool,
    as_json: bool,
) -> None:
    """Open no incident for what matches, for a while; what still fails at the end pages at once.

    watcher silence --match system=billing --match environment=production --for 2h --because "moving the database"
    """
    begun = said({"match": _matched(match), "for": span, "because": because})
    if [bool(begun), listing, ending is not None].count(True) != 1:
        end(USAGE, "say one thing: --match ... --for ... --because ..., or --list, or --end N")
    speaker = client(url, token_file, config)
    found = speaker.get("/silences") if listing else _change(speaker, begun, ending, who)
    show(found, as_json=as_json, words=words.silences)


def _change(speaker: Client, begun: dict[str, Any], ending: int | None, who: str | None) -> Any:
    author = said({"as": who or user()})
    if ending is not None:
        return speaker.delete(f"/silences/{ending}?{urlencode(author)}")
    missing = [
        option
        for name, option in (("match", "--match"), ("for", "--for"), ("because", "--because"))
        if name not in begun
    ]
    if missing:
        end(USAGE, f"a silence also needs {' and '.join(missing)}")
    return speaker.post("/silences", {**begun, **author})


def _matched(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            end(USAGE, f"--match {pair}: write KEY=VALUE; known keys are {KEYS}")
        if key in found:
            end(USAGE, f"--match {key} stands twice; one silence matches one value of it")
        found[key] = value
    return found
