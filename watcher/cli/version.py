"""`watcher version`."""

from __future__ import annotations

import click

from watcher import __version__


@click.command("version")
def version() -> None:
    """Print the version."""
    click.echo(f"watcher {__version__}")
