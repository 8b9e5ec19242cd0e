"""What is wrong with the place of a log, as far as the system tells: SQLite's own words seldom say what to do."""

from __future__ import annotations

import os
from pathlib import Path

READ_ONLY = (
    "its file system is mounted read-only here: under systemd the service writes below /var/lib/watcher alone"
    " (log.path: /var/lib/watcher/watcher.db); elsewhere look for disk errors, and mount it writable"
)


def mend(path: Path) -> str | None:
    """What to do about it; None where nothing is known. Never raises: it speaks of what has failed already."""
    try:
        return _found(path)
    except OSError:
        return None


def _found(path: Path) -> str | None:
    there = next((place for place in (path, *path.parents) if place.exists()), path)
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return READ_ONLY
    if path.is_file() and not os.access(path, os.R_OK | os.W_OK):
        return "it belongs to another user: chown --reference=FOLDER, with the folder that it lies in"
    return None
