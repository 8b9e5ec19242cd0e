"""A backup: a whole copy of a log while the daemon writes it, proven before it takes the place of the last one.

1. SQLite copies one moment of the log beside the writer, who does not wait, into a file with another name.
2. The copy is checked: SQLite's own check, every event read, every stream folded.
3. The former backups move up by a number, the copy takes the name: at no moment is there none.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from watcher.keeping.place import NoPlace, alone, empty, folder_of, settle
from watcher.keeping.proof import Contents, prove
from watcher.log.ailing import mend
from watcher.log.schema import reader

NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
RESERVE = 16 * 1024 * 1024
"""Left to the daemon on its own disk: some months of its log, and the time to read the page that says that it gets full."""


class BackupFailed(Exception):  # noqa: N818 - it is a state of the world
    """The copy could not be made or kept. The text says what to do; the former backups are as they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was proven."""

    path: Path
    size: int  # bytes
    contents: Contents


def back_up(log: Path, to: Path, *, keep: int) -> Backup:
    """Copy, prove, keep the newest `keep` (the copy is one of them). Raises BackupFailed, LogBroken of a bad copy."""
    if to.resolve() == log.resolve():
        raise BackupFailed(f"{to} is the log itself; name another file")
    partial = to.with_name(f"{to.name}.partial")
    try:
        with alone(folder_of(to, log)):
            _leave_room(log, to.parent)
            contents = _made(log, partial)
            _make_room(to, keep)
            partial.replace(to)
            settle(to.parent)
    except NoPlace as error:
        raise BackupFailed(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        words = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupFailed(f"{log} cannot be copied to {to}: {words or error}; {_advice(to)}") from error
    return Backup(path=to, size=to.stat().st_size, contents=contents)


def _leave_room(log: Path, folder: Path) -> None:
    """A copy beside the log must not take the daemon's last room. Raises BackupFailed."""
    size, there = log.stat().st_size, os.statvfs(folder)
    free = there.f_bavail * there.f_frsize
    if folder.stat().st_dev == log.stat().st_dev and free < size + RESERVE:
        raise BackupFailed(
            f"a copy of {log} ({size >> 20} MB) would leave the daemon too little room on its own disk"
            f" ({free >> 20} MB are free); give it another with --to, or make room"
        )


def _made(log: Path, partial: Path) -> Contents:
    """A copy that was proven and is on the disk; where it could not be, nothing is left of it."""
    try:
        _copy(log, partial)
        contents = prove(partial)
        settle(partial)
    except BaseException:
        for beside in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                partial.with_name(f"{partial.name}{beside}").unlink(missing_ok=True)
        raise
    return contents


def _advice(to: Path) -> str:
    return mend(to) or "is there room, and may this user read the one and write the other?"


def _copy(log: Path, partial: Path) -> None:
    """For this user alone: the log holds the key that signs links."""
    os.close(empty(partial, log))
    with closing(reader(log)) as source, closing(sqlite3.connect(partial, isolation_level=None)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable from a disk that takes nothing


def _make_room(to: Path, keep: int) -> None:
    """The former ones move up, the oldest falls off. The newest keeps its name until the copy replaces it.

    Where the last run was ended between the two, room has been made already: the newest has both names.
    """
    second = _numbered(to, 1)
    if second.exists() and to.exists() and second.samefile(to):
        return
    for number in range(keep - 1, 1, -1):
        former = _numbered(to, number - 1)
        if former.exists():
            former.replace(_numbered(to, number))
    if keep > 1 and to.exists():
        second.unlink(missing_ok=True)
        _name_too(to, second)


def _name_too(to: Path, second: Path) -> None:
    """A file system without second names (FAT, some shares) gives up the first one for a moment."""
    try:
        os.link(to, second)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        to.replace(second)


def _numbered(to: Path, number: int) -> Path:
    return to.with_name(f"{to.name}.{number}")


def counted(contents: Contents) -> str:
    """What a backup holds, in words."""
    return f"{contents.incidents} incidents, {contents.events} events in {contents.streams} streams"
