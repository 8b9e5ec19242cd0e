"""What the configuration says of deployments, and the templates of commands that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from watcher.view.runbook import ACTIONS, NAMES, Book, CannotFill, trial

if TYPE_CHECKING:
    from watcher.settings.evidence import Evidence

SHIPPED = ("compose", "kubernetes", "github-actions")
SUFFIX = ".j2"
TEMPLATE_MAX = 64 * 1024
"""Bytes of one template; a longer file is another file."""
SYSTEMS_MAX = 200
_VALUE = re.compile(r"(?!.*\.\.)[A-Za-z0-9/][A-Za-z0-9._/:@-]{0,199}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def _plain(values: dict[str, str]) -> dict[str, str]:
    """They are put into a shell: one plain word each."""
    for name, value in values.items():
        if not _VARIABLE.fullmatch(name):
            raise ValueError("a name is letters, digits and underscores: templates use it")
        known = _VARIABLE.fullmatch(value) if name == "variable" else _VALUE.fullmatch(value)
        if not known and not (name == "tag" and value == ""):
            raise ValueError(
                f"{name!r} is one word of letters, digits and . _ / : @ - ; it is put into a shell"
            )
    return values


Deployment = Annotated[dict[str, str], AfterValidator(_plain)]
"""What templates ask of one system: service, image, namespace and the like."""


def read(commands: str | None, deployments: Mapping[str, Mapping[str, str]]) -> Book:
    """The templates and what fills them. Raises ValueError, in words for people, where a folder cannot be read."""
    if commands is None:
        return Book()
    shipped = Path(str(files("watcher.view") / "runbooks"))
    folder = shipped / commands if commands in SHIPPED else Path(commands)
    common = {f"git/{action}": _text(shipped / "git" / f"{action}{SUFFIX}") for action in ACTIONS}
    own: dict[str, str] = {action: _text(folder / f"{action}{SUFFIX}") for action in ACTIONS}
    return Book(templates={**common, **own}, deployments=deployments)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > TEMPLATE_MAX:
            raise ValueError(f"{path} is longer than {TEMPLATE_MAX} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        words = (
            f"{path} cannot be read ({reason}); commands is {', '.join(SHIPPED)} or a folder with {_NEEDED}"
        )
        raise ValueError(words) from None


_NEEDED = " and ".join(f"{action}{SUFFIX}" for action in ACTIONS)

Problem = tuple[tuple[str | int, ...], str]


def problems(evidence: Evidence) -> Iterator[Problem]:
    """Commands that could not be printed in the night: each deployment is tried with invented versions."""
    if evidence.commands is None:
        return
    try:
        book = evidence.book
    except ValueError as error:
        yield ("evidence", "commands"), str(error)
        return
    if not book.deployments:
        words = "there is nothing to fill the commands with; name each system under evidence.deployments"
        yield ("evidence", "commands"), words
    for system in book.deployments:
        yield from _tried(book, system, shipped=evidence.commands in SHIPPED)


def _tried(book: Book, system: str, *, shipped: bool) -> Iterator[Problem]:
    strange = [name for name in book.deployments[system] if shipped and name not in NAMES]
    if strange:
        words = f"no template asks for {', '.join(sorted(strange))}; known are {', '.join(sorted(NAMES))}"
        yield ("evidence", "deployments", system), words
    faults: dict[str, str] = {}  # why: the first action that it is about
    for action in ACTIONS:
        try:
            trial(book, system, action)
        except CannotFill as fault:
            faults.setdefault(str(fault), action)
    for because, which in faults.items():
        yield ("evidence", "deployments", system), f"the {which} commands cannot be filled: {because}"
