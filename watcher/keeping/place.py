"""Where a copy of a log goes: into a folder that is there, and into the hands of whoever the log belongs to."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class NoPlace(Exception):  # noqa: N818 - it is a state of the world
    """The folder is not there, or another copy is on its way into it. The text says what to do."""


def folder_of(to: Path, log: Path) -> Path:
    """The folder of a copy. One beside the log is made; another is somebody's disk, which may not be mounted.

    Raises NoPlace, OSError.
    """
    folder = to.parent
    beside = folder.parent.resolve() == log.parent.resolve()
    if beside:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_symlink():
            _take_in_hand(folder, log)
    elif not folder.is_dir():
        raise NoPlace(f"the folder {folder} does not exist; mount its disk, or make it: mkdir -p {folder}")
    return folder


def _take_in_hand(folder: Path, log: Path) -> None:
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _give(place, log)
    finally:
        os.close(place)


def _give(place: int, log: Path) -> None:
    """What root has made, and holds open, to the owner of the log: the timer's copy of tonight runs as that one."""
    if os.geteuid() == 0:
        owner = log.resolve().parent.stat()
        with suppress(PermissionError):  # a file system without owners: FAT, some shares
            os.fchown(place, owner.st_uid, owner.st_gid)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time into a folder: the timer's and a person's must not take each other's half for whole."""
    place = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise NoPlace(f"another backup or export into {folder} is under way; wait for it") from None
    finally:
        os.close(place)


def empty(partial: Path, log: Path) -> int:
    """A new file, open for writing, for the log's owner alone."""
    partial.unlink(missing_ok=True)
    place = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    _give(place, log)
    return place


def settle(path: Path) -> None:
    """Until it is on the disk: power may fail the moment after."""
    place = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(place)
    finally:
        os.close(place)
