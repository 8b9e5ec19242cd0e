"""Loading the rulebook: every fault of every file at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from rules.duration import words
from rules.fault import Fault, Faults
from rules.likeness import KINDS, table_of, weights_of
from rules.pattern import TESTED, forget
from rules.rule import WITHIN, RuleFile
from rules.rulebook import NON_PRODUCTION, Entry, Rulebook
from rules.trigger import TRIGGERS
from rules.yaml import Document, compose, document

__all__ = ["BUILTIN", "NON_PRODUCTION", "load", "read"]

BUILTIN = Path(__file__).parent / "p0"
"""The rules that come with the program."""

FILES_MAX = 200
"""Rule files of one folder."""

WINDOWS_MAX = 3
"""Each window is one more request to the source at every poll."""

FORMAT = 2
"""Counts up when the meaning of a rule changes, so that the same words get another sha256."""


def load(
    folders: Sequence[Path] = (),
    *,
    use_builtin: bool = True,
    non_production: Sequence[str] = NON_PRODUCTION,
) -> Rulebook:
    """Read the built-in rules and those of the folders. A rule with a known id takes the place of the built-in one.

    Faults holds everything that is wrong in any file.
    """
    faults: list[Fault] = []
    builtin = _folder(BUILTIN, faults, TESTED) if use_builtin else []
    own = [entry for folder in folders for entry in _folder(folder, faults)]
    faults += _repeated(builtin)
    faults += _repeated(own)
    faults += _untriggered((*builtin, *own))
    names = {entry.rule.id for _, _, entry in own}
    read_all = [*(one for one in builtin if one[2].rule.id not in names), *own]
    windows = _windows(read_all, faults)
    faults += _unheard()
    if faults:
        raise Faults(faults)
    entries = tuple(entry for _, _, entry in read_all)
    forget()
    return Rulebook(entries, _digest(entries, non_production), windows, tuple(non_production))


def read(text: str, name: str = "rules", *, non_production: Sequence[str] = NON_PRODUCTION) -> Rulebook:
    """A rulebook of one text; for tests and for trying a rule."""
    faults: list[Fault] = []
    read_all = list(_entries(compose(text, name)))
    faults += _repeated(read_all)
    faults += _untriggered(read_all)
    windows = _windows(read_all, faults)
    if faults:
        raise Faults(faults)
    entries = tuple(entry for _, _, entry in read_all)
    return Rulebook(entries, _digest(entries, non_production), windows, tuple(non_production))


_Read = tuple[Document, int, Entry]


def _folder(folder: Path, faults: list[Fault], context: Any = None) -> list[_Read]:
    if not folder.is_dir():
        faults.append(Fault(str(folder), 1, 1, "", "there is no such folder of rules"))
        return []
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    if not files or len(files) > FILES_MAX:
        faults.append(Fault(str(folder), 1, 1, "", f"a folder of rules holds 1 to {FILES_MAX} files *.yaml"))
    found: list[_Read] = []
    for path in files[:FILES_MAX]:
        try:
            found += _entries(document(path), context)
        except Faults as wrong:
            faults += wrong.faults
    return found


def _entries(file: Document, context: Any = None) -> Iterator[_Read]:
    model = file.check(RuleFile, context, show_values=True)
    for number, rule in enumerate(model.rules):
        yield file, number, Entry(rule, model.category, file.name)


def _repeated(found: Iterable[_Read]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for file, number, entry in found:
        where = first.setdefault(entry.rule.id, f"{file.name}, rule {number + 1}")
        if where != f"{file.name}, rule {number + 1}":
            yield file.fault(("rules", number, "id"), f"the id {entry.rule.id} is taken by {where}")


def _untriggered(found: Iterable[_Read]) -> Iterator[Fault]:
    for file, number, entry in found:
        known = TRIGGERS[entry.category]
        if entry.rule.trigger not in (None, *known):
            message = f"no trigger of {entry.category}; they are: {'; '.join(known)}"
            yield file.fault(("rules", number, "trigger"), message)


def _unheard() -> Iterator[Fault]:
    """What is wrong with the weights: said when the rules are read, and not at the first report of the night."""
    for kind in KINDS:
        try:
            weights_of(kind)
        except ValueError as wrong:
            yield Fault(f"rules/weights/{kind}.tsv", 1, 1, "", str(wrong))


def _windows(found: Iterable[_Read], faults: list[Fault]) -> tuple[timedelta, ...]:
    windows: dict[timedelta, None] = {}
    for file, number, entry in found:
        scale = entry.rule.scale
        if scale is None or entry.rule.mode == "disabled" or scale.within in windows:
            continue
        if len(windows) == WINDOWS_MAX:
            known = ", ".join(map(words, sorted(windows)))
            at = ("rules", number, "at_least", "within")
            faults.append(file.fault(at, f"a rulebook counts in at most {WINDOWS_MAX} windows; use {known}"))
            continue
        windows[scale.within] = None
    return tuple(sorted(windows)) or (WITHIN,)


def _digest(entries: Iterable[Entry], non_production: Sequence[str]) -> str:
    said: list[Any] = [
        FORMAT,
        sorted(non_production),
        [hashlib.sha256(table_of(kind)).hexdigest() for kind in KINDS],
    ]
    said += [[entry.category, entry.rule.model_dump(mode="json", exclude={"examples"})] for entry in entries]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
