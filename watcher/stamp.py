"""Stamps: what files looked like when they were read, so that a change of them is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

FILES_MAX = 500
"""Files looked at; a team has a configuration and a handful of rule files."""

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, size and inode of each file; what is not there has none of them."""


def stamp(paths: Iterable[Path]) -> Stamp:
    """How the files look now; of a folder, its rule files. It blocks for as long as the disk does."""
    return tuple(_look(path) for path in sorted(_files(paths))[:FILES_MAX])


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield path
        try:
            if path.is_dir():
                yield from (inner for inner in path.iterdir() if inner.suffix in (".yaml", ".yml"))
        except OSError:  # gone between two looks
            continue


def _look(path: Path) -> tuple[str, int, int, int]:
    try:
        seen = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    if path.is_dir():  # its own time changes with files that are none of ours
        return str(path), 0, 0, seen.st_ino
    return str(path), seen.st_mtime_ns, seen.st_size, seen.st_ino
