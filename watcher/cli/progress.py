"""`watcher tick`, `update`, `deployed`, `release`: what people do while the two hours run."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from click.shell_completion import CompletionItem

from watcher.cli import words
from watcher.cli.act import acting, said, user
from watcher.cli.client import client, show, speaking
from watcher.cli.meant import Of, meant
from watcher.cli.moment import local

NO_DAY = 1900
"""The year that a time without a day is read with."""


def _post(
    id_: str,
    verb: str,
    body: dict[str, Any],
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    speaker = client(url, token_file, config)
    path = f"/incidents/{quote(meant(speaker, id_), safe='')}/{verb}"
    found = speaker.post(path, body, holds="said")
    show(found, as_json=as_json, words=words.went_on)


def _items(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """What can be ticked, with what it means: it is what one forgets at night."""
    from watcher.incident.checklist import ITEMS  # only where it is needed

    known = (item for item in ITEMS if item.by_people and item.name.startswith(begun.lower()))
    return [CompletionItem(item.name, help=item.text) for item in known]


@click.command("tick", cls=Of)
@click.argument("id_", metavar="[ID]")
@click.argument("item", shell_complete=_items)
@click.argument("text", nargs=-1)
@acting
@speaking
def tick(
    id_: str,
    item: str,
    text: tuple[str, ...],
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tick ITEM on the checklist of an incident: fix-approved, smoke-test, public-status, postmortem ...

    `watcher checklist` prints them all. TEXT is kept beside it. Without ID the only incident that is open.
    """
    body = said({"as": who or user(), "item": item, "text": " ".join(text)})
    _post(id_, "tick", body, url, token_file, config, as_json=as_json)


@click.command("update", cls=Of)
@click.argument("id_", metavar="[ID]")
@click.argument("text", nargs=-1, required=True)
@acting
@speaking
def update(
    id_: str,
    text: tuple[str, ...],
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tell the stakeholders TEXT. It leaves at once; the next update is due half an hour later."""
    body = said({"as": who or user(), "text": " ".join(text)})
    _post(id_, "update", body, url, token_file, config, as_json=as_json)


@click.command("deployed", cls=Of)
@click.argument("id_", metavar="[ID]")
@click.option(
    "--version", "version", metavar="V", help="What was deployed; what was proposed where it is left out."
)
@click.option(
    "--at",
    "at",
    metavar="TIME",
    type=click.DateTime(["%H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="When: HH:MM of today, or a date and a time; in your zone, in UTC with --utc. Now where it is left out.",
)
@acting
@speaking
def deployed(
    id_: str,
    version: str | None,
    at: datetime | None,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say that the fix, or the rollback, is out. It is verified from then on, and announced once it holds."""
    body = said({"as": who or user(), "version": version, "at": _moment(at)})
    _post(id_, "deployed", body, url, token_file, config, as_json=as_json)


def _moment(at: datetime | None) -> str | None:
    """A time without a day is the last of its kind: somebody says at 00:05 that it went out at 23:55."""
    if at is None:
        return None
    if at.year > NO_DAY:
        return local(at).isoformat()
    from watcher.clock import Clock  # asyncio: only where it is needed

    now = local(Clock().now())
    today = local(at.replace(year=now.year, month=now.month, day=now.day))
    return (today if today <= now else today - timedelta(days=1)).isoformat()


@click.command("release", cls=Of)
@click.argument("id_", metavar="[ID]")
@acting
@speaking
def release(
    id_: str,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Let a security incident be spoken of: stakeholders and the status page hear of it from then on."""
    _post(id_, "release", said({"as": who or user()}), url, token_file, config, as_json=as_json)
