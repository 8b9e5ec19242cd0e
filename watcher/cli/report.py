"""`watcher declare` and `watcher report`: what people say of no incident yet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from watcher.cli import words
from watcher.cli.act import acting, said, user
from watcher.cli.client import NO, client, show, speaking

CATEGORIES = ("authentication", "data-loss", "payments", "security", "outage")

ENVIRONMENT = click.option("--environment", metavar="NAME", help="Where it happens (production).")
SYSTEM = click.option("--system", metavar="NAME", help="What is broken, as the rules and endpoints call it.")


@click.command("declare")
@click.argument("text", nargs=-1, required=True)
@click.option("--category", required=True, type=click.Choice(CATEGORIES), help="What kind of P0 it is.")
@ENVIRONMENT
@SYSTEM
@acting
@speaking
def declare(
    text: tuple[str, ...],
    category: str,
    environment: str | None,
    system: str | None,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say that there is a P0: an incident opens and the on-call is paged. TEXT says what is broken."""
    body = {"category": category, **_body(text, environment, system, who)}
    show(
        client(url, token_file, config).post("/declare", body, holds="outcome"),
        as_json=as_json,
        words=words.heard,
    )


@click.command("report")
@click.argument("text", nargs=-1, required=True)
@ENVIRONMENT
@SYSTEM
@acting
@speaking
def report(
    text: tuple[str, ...],
    environment: str | None,
    system: str | None,
    who: str | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what is broken; the rules judge the words, and what they recognise is shown to the on-call.

    Exit 1 where nothing comes of it.
    """
    found = client(url, token_file, config).post(
        "/report", _body(text, environment, system, who), holds="outcome"
    )
    show(found, as_json=as_json, words=words.heard)
    sys.exit(NO if found["outcome"] == "none" else 0)


def _body(
    text: tuple[str, ...], environment: str | None, system: str | None, who: str | None
) -> dict[str, Any]:
    return said({"text": " ".join(text), "environment": environment, "system": system, "as": who or user()})
