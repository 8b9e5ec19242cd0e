"""`watcher install-service`: the units of systemd for this installation."""

from __future__ import annotations

from pathlib import Path

import click

from watcher.cli.client import CANNOT_REACH, NO, USAGE, end, say

FOLDER = Path("/etc/systemd/system")
CONFIG = Path("/etc/watcher/watcher.yaml")
PLAIN = frozenset("/._-+@")
"""What a path in a unit may hold beside letters and digits: anything else means something to systemd."""
THEN = """\
Then, as root:
  systemctl daemon-reload
  systemctl enable --now watcher.service watcher-backup.timer
To change a unit, do not edit it: systemctl edit watcher"""


@click.command("install-service")
@click.option("--print", "show", is_flag=True, help="Write nothing: print the units.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="The folder of units.",
)
@click.option("-c", "--config", type=click.Path(path_type=Path), default=CONFIG, show_default=True)
def install_service(to: Path, config: Path, *, show: bool) -> None:
    """Write the units of systemd: the daemon, its nightly backup, and who says that either failed.

    Exit codes: 0 done, 1 the daemon could not run from here, 2 usage, 3 a unit could not be written.
    """
    from watcher.keeping.service import NoUnits, command, hidden, units

    if not config.is_absolute() or not _plain(config):
        end(USAGE, f"{config}: a service has no folder of its own; write the whole path, of plain characters")
    out_of_sight = hidden()
    if out_of_sight is not None and not show:
        end(
            NO,
            f"{out_of_sight} is hidden from the service; install the watcher below /opt, as docs/install.md says",
        )
    try:
        texts = units(config, command())
    except NoUnits as error:
        end(NO, str(error))
    if show:
        click.echo("\n".join(f"# {to / name}\n{text}" for name, text in texts.items()), nl=False)
        return
    for name, text in texts.items():
        say(f"{_written(to / name, text)} {to / name}")
    say(THEN)


def _plain(path: Path) -> bool:
    return all(character.isascii() and (character.isalnum() or character in PLAIN) for character in str(path))


def _written(path: Path, text: str) -> str:
    """What was done to it, in one word."""
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return "unchanged"
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(path)
    except OSError as error:
        end(CANNOT_REACH, f"{path} cannot be written: {error.strerror}; are you root?")
    return "written"
