"""`watcher override`: somebody else is on call for a while. It has an end, an author and a reason, always."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from watcher.cli import duty
from watcher.cli.act import acting, said, user
from watcher.cli.client import USAGE, Client, client, end, show, speaking


@click.command("override")
@click.argument("person", required=False)
@click.option(
    "--from", "begins", metavar="TIME", help='From when: "2026-12-24 18:00"; now where nothing is said.'
)
@click.option("--until", metavar="TIME", help="Until when, in the zone of the hand-over or with an offset.")
@click.option("--for", "span", metavar="DURATION", help="For how long instead: 2h, 3d; 62 days at most.")
@click.option("--because", metavar="TEXT", help="Why, for whoever wonders at 3 a.m.")
@click.option("--list", "listing", is_flag=True, help="Say which overrides hold or are to come.")
@click.option("--end", "ending", type=click.IntRange(1), metavar="N", help="End an override by its number.")
@acting
@speaking
def override(
    person: str | None,
    begins: str | None,
    until: str | None,
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
    """Put PERSON on call instead of whoever would be; both are told.

    watcher override bob --from "2026-12-24 18:00" --until "2026-12-27 09:00" --because "ann flies home"
    """
    given = said({"person": person, "from": begins, "until": until, "for": span, "because": because})
    if [bool(given), listing, ending is not None].count(True) != 1:
        end(USAGE, "say one thing: PERSON --until TIME --because TEXT, or --list, or --end N")
    speaker = client(url, token_file, config)
    found = speaker.get("/overrides", holds="overrides") if listing else _change(speaker, given, ending, who)
    show(found, as_json=as_json, words=duty.changed)


def _change(speaker: Client, given: dict[str, Any], ending: int | None, who: str | None) -> Any:
    author = said({"as": who or user()})
    if ending is not None:
        return speaker.delete(f"/overrides/{ending}?{urlencode(author)}")
    missing = [
        option
        for there, option in (
            ("person" in given, "PERSON"),
            ("until" in given or "for" in given, "--until or --for"),
            ("because" in given, "--because"),
        )
        if not there
    ]
    if missing:
        end(USAGE, f"an override also needs {' and '.join(missing)}")
    return speaker.post("/overrides", {**given, **author}, holds="overrides")
