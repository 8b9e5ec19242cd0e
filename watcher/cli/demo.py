"""`watcher demo`: the real daemon on a simulated shop, told in the terminal."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--speed", type=click.FloatRange(0.5, 100), default=1.0, show_default=True, help="Shorten the pauses."
)
@click.option(
    "--story",
    type=click.Choice(["short", "full"]),
    default="short",
    show_default=True,
    help="To the fix and its times, or the whole two hours, compressed, to the all-clear and the post-mortem.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Use this folder, and leave configuration and log in it.",
)
def demo(speed: float, story: str, keep: Path | None) -> None:
    """Watch a whole incident happen: a deploy, a failure, the page, the answer, the fix, the response times.

    A small shop, its Sentry and a phone are simulated on this machine; the daemon is the real one. Nothing is sent
    anywhere. It ends by itself in a minute (two for the full story), with 0 only if all of it happened as told.
    """
    import sys

    from watcher.demo.performance import Wishes, perform

    sys.exit(perform(Wishes(speed=speed, keep=keep, story=story), click.echo))
