"""The lease: an exclusive lock beside the log, so that one daemon alone writes it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from watcher.log import LogBroken, LogInUse
from watcher.log.ailing import mend


def take(path: Path) -> int:
    """The lock's descriptor; close it to let go. The kernel gives it up when the process dies, however it dies.

    Raises LogInUse naming the holder, LogBroken where the folder cannot be written.
    """
    lease = _open(path)
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lease, 20, 0).decode("ascii", "replace").strip()
        os.close(lease)
        raise LogInUse(
            f"another daemon (process {holder or 'unknown'}) already watches with the log {path}"
        ) from None
    with suppress(OSError):  # a courtesy to the next one; on a full disk the log itself says what is wrong
        os.ftruncate(lease, 0)
        os.pwrite(lease, str(os.getpid()).encode(), 0)
    return lease


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path.with_name(path.name + ".lease"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (FileExistsError, NotADirectoryError) as error:
        raise LogBroken(
            f"the log {path} cannot be opened: {path.parent} is no folder; change log.path"
        ) from error
    except OSError as error:
        advice = mend(path) or "may this user write there?"
        raise LogBroken(f"the log {path} cannot be opened: {error.strerror}; {advice}") from error
