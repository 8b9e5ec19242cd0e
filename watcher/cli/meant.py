"""Which incident is meant: the one that is named, or else the only one that is open."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import click

from watcher.cli import words
from watcher.cli.client import NO, USAGE, Client, end, seen

ID = re.compile(r"(?:(?:inc|sus|test)-?)?[0-9]{1,9}", re.IGNORECASE)
"""What may be an id; anything else is the command's next word."""
LEFT_OUT = ""
"""Stands where the id was left out."""

Only = Callable[[dict[str, Any]], list[dict[str, Any]]]
"""What may be meant, of what is open."""


def incidents(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(found["incidents"])


def suspicions(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(found["suspicions"])


def rings(found: dict[str, Any]) -> list[dict[str, Any]]:
    """An incident rings before a suspicion does."""
    return incidents(found) or suspicions(found)


class Of(click.Command):
    """A command whose first argument is an id that may be left out; then it arrives as LEFT_OUT."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = self._first(args)
        if at <= len(args) and not self._names(args[at : at + 1]):
            ctx.meta[__name__] = (args[:at], args[at:])
            args = [*args[:at], LEFT_OUT, *args[at:]]
        return super().parse_args(ctx, args)

    def _names(self, word: list[str]) -> bool:
        """Whether the first argument is the id. Where no other can follow, whatever is there was meant for one."""
        others = sum(isinstance(param, click.Argument) for param in self.params) > 1
        return bool(word) and (not others or ID.fullmatch(word[0]) is not None)

    def _first(self, args: list[str]) -> int:
        """Where the first argument stands, or would: what is no option, nor an option's value."""
        takes = {
            name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts
        }
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] != "--":
            at += 2 if args[at] in takes else 1
        return at + 1 if args[at : at + 1] == ["--"] else at


def named(id_: str, kind: str = "INC") -> str:
    """A bare number is an incident's, or a suspicion's where only one can be meant."""
    return f"{kind}-{id_}" if id_.isascii() and id_.isdigit() else id_


def meant(speaker: Client, id_: str, only: Only = incidents) -> str:
    """The id that was given, or the only one that is open, which is said; where there are more, they are listed."""
    if id_ != LEFT_OUT:
        return named(id_, "SUS" if only is suspicions else "INC")
    return the_one(only(speaker.get("/incidents", holds="incidents")), only)


def the_one(found: list[dict[str, Any]], only: Only) -> str:
    """The only one of them. Ends the command where there is none, or where there are more."""
    if not found:
        end(NO, "no suspicion is open" if only is suspicions else "no incident is open")
    if len(found) > 1:
        end(
            USAGE,
            "\n".join(["which one?", *(f"  {_typed(it['id'])}\n    {words.listed(it)}" for it in found)]),
        )
    id_ = str(found[0]["id"])
    click.echo(seen(f"{id_} is the only one that is open: {found[0]['title']}"), err=True)
    return id_


def _typed(id_: str) -> str:
    """The command as it was typed, with the id where it belongs."""
    ctx = click.get_current_context()
    before, after = ctx.meta.get(__name__, ([], []))
    return shlex.join(["watcher", str(ctx.info_name), *before, id_, *after])
