"""`watcher status` and `watcher reload`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from watcher.cli import words
from watcher.cli.client import NO, client, show, speaking


@click.command("status")
@speaking
def status(url: str | None, token_file: Path | None, config: Path | None, *, as_json: bool) -> None:
    """Say whether the daemon watches, what it sees, and what is open. Exit 1 where it does not watch."""
    from watcher.clock import Clock

    found = client(url, token_file, config).get("/status", holds="ok")
    show(found, as_json=as_json, words=lambda answer: words.status(answer, Clock().now()))
    sys.exit(0 if found["ok"] else NO)


@click.command("reload")
@speaking
def reload(url: str | None, token_file: Path | None, config: Path | None, *, as_json: bool) -> None:
    """Make the daemon read its configuration and rules again. Exit 1, with every fault, where it goes on with the old."""
    found = client(url, token_file, config).post("/reload", {}, holds="generation")
    show(found, as_json=as_json, words=lambda done: f"reloaded; generation {done['generation']} governs")
