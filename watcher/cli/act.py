"""What people do about an incident or a suspicion."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from watcher.cli import words
from watcher.cli.client import NO, USAGE, Client, client, end, seen, show, speaking

Command = TypeVar("Command", bound=Callable[..., Any])


OF_SUSPICIONS = ("confirm", "not-p0")
"""What is said of suspicions alone."""

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
    id_ = numbered(id_, "SUS" if verb in OF_SUSPICIONS else "INC")
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


def numbered(id_: str, kind: str = "INC") -> str:
    """A bare number is an incident's, or a suspicion's where only one can be meant."""
    return f"{kind}-{id_}" if id_.isascii() and id_.isdigit() else id_


def said(body: dict[str, Any]) -> dict[str, Any]:
    """What was given; the daemon knows what the rest means."""
    return {name: value for name, value in body.items() if value}


def user() -> str | None:
    """Who sits here; None in a container that does not know its user: then the token's name counts."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _telling(verb: str, words_: str, *, text_needed: bool = False) -> click.Command:
    """A command of the form: watcher VERB ID [TEXT]."""

    @click.command(verb, help=words_)
    @click.argument("id_", metavar="ID")
    @click.argument("text", nargs=-1, required=text_needed)
    @acting
    @speaking
    def telling(
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

    return telling


resolve = _telling("resolve", "Say that an incident is over. TEXT says how, for the timeline.")
false_alarm = _telling("false-alarm", "Say that an incident was no P0. TEXT says why.")
note = _telling("note", "Add TEXT to the timeline of an incident or a suspicion.", text_needed=True)
not_p0 = _telling("not-p0", "Say that a suspicion is no P0. TEXT says why.")


Only = Callable[[dict[str, Any]], list[dict[str, Any]]]
"""What may be meant where no id is given."""


def _pressing(verb: str, words_: str, meant: Only) -> click.Command:
    """A command of the form: watcher VERB [ID]."""

    @click.command(verb, help=f"{words_} Without ID the only one that is open.")
    @click.argument("id_", metavar="[ID]", required=False)
    @acting
    @speaking
    def pressing(
        id_: str | None,
        who: str | None,
        url: str | None,
        token_file: Path | None,
        config: Path | None,
        *,
        as_json: bool,
    ) -> None:
        speaker = client(url, token_file, config)
        _act(speaker, id_ or _only(speaker, verb, meant), verb, who, "", as_json=as_json)

    return pressing


def _incidents(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(found["incidents"])


def _suspicions(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(found["suspicions"])


def _rings(found: dict[str, Any]) -> list[dict[str, Any]]:
    """An incident rings before a suspicion does."""
    return _incidents(found) or _suspicions(found)


ack = _pressing("ack", "Take an incident, or look at a suspicion: nobody else is paged meanwhile.", _rings)
take = _pressing("take", "Take an incident over from whoever has it; they are told.", _incidents)
escalate = _pressing("escalate", "Ask for help: the next in the ladder are paged now.", _incidents)
confirm = _pressing("confirm", "Say that a suspicion is a P0: it becomes an incident.", _suspicions)


def _only(speaker: Client, verb: str, meant: Only) -> str:
    """The id of the only one that can be meant; where there are more, they are listed."""
    found = meant(speaker.get("/incidents", holds="incidents"))
    if not found:
        end(NO, "no suspicion is open" if meant is _suspicions else "no incident is open")
    if len(found) > 1:
        listed = words.incidents({"incidents": found, "suspicions": []})
        end(USAGE, f"which one? watcher {verb} ID\n{listed}")
    return str(found[0]["id"])
