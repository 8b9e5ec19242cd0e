"""The units of systemd as they ship, made to fit this installation and its configuration."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

UNITS = (
    "watcher.service",
    "watcher-failed.service",
    "watcher-backup.service",
    "watcher-backup.timer",
    "watcher-backup-failed.service",
)
COMMAND = "/opt/watcher/bin/watcher"
CONFIG = "/etc/watcher/watcher.yaml"
"""What the units say as they ship."""

CHECKOUT = Path(__file__).parents[2] / "systemd"
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - compared, never written to
"""Folders that the units hide from the daemon: ProtectHome= and PrivateTmp=."""


class NoUnits(Exception):  # noqa: N818 - it is a state of the installation
    """The units did not come along with this installation."""


def units(config: Path, command: Path) -> dict[str, str]:
    """Each unit's text by its name. Raises NoUnits."""
    folder = _folder()
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in UNITS}
    return {
        name: text.replace(COMMAND, str(command)).replace(CONFIG, str(config)) for name, text in texts.items()
    }


def _folder() -> Path:
    """Beside the source, or where an installed wheel puts its data."""
    places = (CHECKOUT, Path(sysconfig.get_path("data")) / "share" / "hotfix-watcher" / "systemd")
    found = next((place for place in places if (place / UNITS[0]).is_file()), None)
    if found is None:
        raise NoUnits(f"the units are not in {places[1]}; install the whole wheel, or copy systemd/ by hand")
    return found


def command() -> Path:
    """This installation's `watcher`."""
    return Path(sysconfig.get_path("scripts")) / "watcher"


def hidden() -> Path | None:
    """What of this installation the daemon would not see; None where all is in its sight."""
    places = (command(), Path(sys.executable).resolve(), Path(sys.base_prefix))
    return next((place for place in places if any(place.is_relative_to(folder) for folder in HIDDEN)), None)
