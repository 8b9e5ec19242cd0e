"""What people do about an incident or a suspicion."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.client import NO, USAGE, Client, client, end, show, speaking

Command = TypeVar("Command", bound=Callable[..., Any])


def _acting(command: Command) -> Command:
    """The option that says who acts."""
    option = click.option("--as", "who", metavar="NAME", help="Who acts; this user where nothing is said.")
    return option(command)


def _act(speaker: Client, id_: str, verb: str, who: str | None, text: str, *, as_json: bool) -> None:
    body = {"as": who or _user(), "text": text}
    given = {name: value for name, value in body.items() if value}
    found = speaker.post(f"/incidents/{quote(id_, safe='')}/{verb}", given)
    show(found, as_json=as_json, words=words.acted)


def _user() -> str | None:
    """Who sits here; None in a container that does not know its user: then the token's name counts."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _verb(verb: str, words_: str, *, text_needed: bool = False) -> click.Command:
    """A command of the form: watcher VERB ID [TEXT]."""

    @click.command(verb, help=words_)
    @click.argument("id_", metavar="ID")
    @click.argument("text", nargs=-1, required=text_needed)
    @_acting
    @speaking
    def acting(
        id_: str,
        text: tuple[str, ...],
        who: str | None,
        url: str | None,
        token_file: Path | None,
        config: Path | None,
        *,
        as_json: bool,
    ) -> None:
        _act(client(url, token_file, config), id_, verb, who, " ".join(text), as_json=as_json)

    return acting


resolve = _verb("resolve", "Say that an incident is over. TEXT says how, for the timeline.")
false_alarm = _verb("false-alarm", "Say that an incident was no P0. TEXT says why.")
note = _verb("note", "Add TEXT to an incident's timeline.", text_needed=True)
confirm = _verb("confirm", "Say that a suspicion is a P0.")
not_p0 = _verb("not-p0", "Say that a suspicion is no P0. TEXT says why.")


@click.command("ack")
@click.argument("id_", metavar="[ID]", required=False)
@_acting
@speaking
def ack(
    id_: str | None,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Take an incident: the paging of others stops. Without ID the only one that is open."""
    speaker = client(url, token_file, config)
    _act(speaker, id_ or _only(speaker), "ack", who, "", as_json=as_json)


def _only(speaker: Client) -> str:
    """The id of the one open incident; where there are more, they are listed."""
    found = speaker.get("/incidents")["incidents"]
    if not found:
        end(NO, "no incident is open")
    if len(found) > 1:
        end(
            USAGE,
            "\n".join(["which one? watcher ack ID", words.incidents({"incidents": found, "suspicions": []})]),
        )
    return str(found[0]["id"])
