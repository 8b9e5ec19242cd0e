"""What people do about an incident or a suspicion."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.client import Client, client, seen, show, speaking
from watcher.cli.meant import Of, Only, incidents, meant, rings, suspicions

Command = TypeVar("Command", bound=Callable[..., Any])


SERVICE = "watcher"
"""The user of the shipped units. It is nobody's name, and the daemon refuses it."""
HOLDING = ("ack", "take")
"""Whoever does these has the incident from then on."""

WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ack": words.taken,
    "take": words.taken,
    "resolve": words.closed,
    "false-alarm": words.closed,
}
"""What else a person is told after some of them."""


def acting(command: Command) -> Command:
    """The option that says who acts; it arrives as `who`."""
    option = click.option("--as", "who", metavar="NAME", help="Who acts; this user where nothing is said.")
    return option(command)


def _act(speaker: Client, id_: str, verb: str, who: str | None, text: str, *, as_json: bool) -> None:
    given = said({"as": who or user(), "text": text})
    found = speaker.post(f"/incidents/{quote(id_, safe='')}/{verb}", given, holds="said")
    show(found, as_json=as_json, words=WORDS.get(verb, words.acted))
    if verb in HOLDING:
        _warn_of_a_stranger(speaker, given.get("as"))


def _warn_of_a_stranger(speaker: Client, who: str | None) -> None:
    """It is taken all the same; but a name with a typing error in it reaches nobody later."""
    contacts = speaker.peek("/status").get("contacts") if who else None
    if (
        who
        and isinstance(contacts, list)
        and who.casefold() not in {str(name).casefold() for name in contacts}
    ):
        known = ", ".join(map(str, contacts))
        warning = f"{who} is no contact of this configuration ({known}); --as NAME says who acts"
        click.echo(seen(warning), err=True)


def said(body: dict[str, Any]) -> dict[str, Any]:
    """What was given; the daemon knows what the rest means."""
    return {name: value for name, value in body.items() if value}


def user() -> str | None:
    """Who sits here; None in a container that does not know its user: then the token's name counts.

    Whoever became the daemon's own user is asked for by who they were.
    """
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return None
    return name if name != SERVICE else os.environ.get("SUDO_USER")


def _saying(verb: str, words_: str, only: Only = incidents, *, text: bool | None = False) -> click.Command:
    """A command of the form: watcher VERB [ID] [TEXT]. `text`: taken, demanded (None), or not."""

    @click.command(verb, cls=Of, help=f"{words_} Without ID the only one that is open.")
    @click.argument("id_", metavar="[ID]")
    @acting
    @speaking
    def command(
        id_: str,
        who: str | None,
        url: str | None,
        token_file: Path | None,
        config: Path | None,
        *,
        as_json: bool,
        text: tuple[str, ...] = (),
    ) -> None:
        speaker = client(url, token_file, config)
        _act(speaker, meant(speaker, id_, only), verb, who, " ".join(text), as_json=as_json)

    return command if text is False else click.argument("text", nargs=-1, required=text is None)(command)


ack = _saying("ack", "Take an incident, or look at a suspicion: nobody else is paged meanwhile.", rings)
take = _saying("take", "Take an incident over from whoever has it; they are told.")
escalate = _saying("escalate", "Ask for help: the next in the ladder are paged now.")
resolve = _saying("resolve", "Say that an incident is over. TEXT says how, for the timeline.", text=True)
false_alarm = _saying("false-alarm", "Say that an incident was no P0. TEXT says why.", text=True)
note = _saying("note", "Add TEXT to the timeline of an incident or a suspicion.", rings, text=None)
confirm = _saying("confirm", "Say that a suspicion is a P0: it becomes an incident.", suspicions)
not_p0 = _saying("not-p0", "Say that a suspicion is no P0. TEXT says why.", suspicions, text=True)
