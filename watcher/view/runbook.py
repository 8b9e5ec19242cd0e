"""The commands of a rollback or a hotfix, exact enough to copy: templates filled with what the incident knows. Pure.

1. The action is the one that a person decided, else the one recommended; where it is neither, there are no commands.
2. Versions come from outside and are put into a shell: what is not a plain word (PLAIN) gives no commands at all.
3. Names hold the date of the opening, so that everybody who asks, whenever they ask, is given the same ones.
4. A template that cannot be filled gives no commands: a page without them goes out all the same.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from rules.facts import Deploy
from watcher.incident.advice import facts
from watcher.incident.state import FINAL, Incident
from watcher.view.naming import branches

if TYPE_CHECKING:
    from jinja2 import Environment

Action = Literal["rollback", "hotfix"]
ACTIONS: tuple[Action, ...] = get_args(Action)

PLAIN = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
"""A version that is a tag of an image and of git alike, and nothing to a shell."""
COMMIT = re.compile(r"[0-9a-f]{40}")
SHORT_COMMIT = re.compile(r"[0-9a-f]{7,40}")
LOSES_DATA = re.compile(
    r"accept-data-loss|force-reset|migrate\s+reset|db\s+(push\s+--force|drop)|drop\s+(database|schema|table)|truncate\s"
    r"|\b(down|rm)\b.*\s(-v|--volumes)\b|delete\s+(pvc|pv|namespace)|reset\s+--hard|push\b.*\s(-f|--force)\b|rm\s+-rf?\b",
    re.IGNORECASE,
)
"""Commands that accept the loss of data: never printed, whoever wrote the template."""
TEXT_MAX = 8000
"""Characters of everything that one template comes to; a terminal shows some 4000."""
COMMANDS_MAX = 20

DEFAULTS: Mapping[str, str] = MappingProxyType({"variable": "TAG", "tag": "v", "remote": "origin"})
OPTIONAL = ("folder", "image", "context")
NAMES = frozenset(
    {*DEFAULTS, *OPTIONAL, "service", "container", "namespace", "workflow", "repository"},
)
"""What the shipped templates ask of a deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What one step does, and what to type: one line or several."""

    title: str
    text: str

    def plain(self) -> dict[str, str]:
        """For JSON."""
        return {"title": self.title, "text": self.text}


class CannotFill(ValueError):  # noqa: N818 - the word people read
    """A template cannot be filled. The text says why, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Templates by name, and what is known of each system's deployment."""

    templates: Mapping[str, str] = field(default_factory=dict)
    deployments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.templates and self.deployments)


def commands(state: Incident, book: Book, now: datetime) -> tuple[Command, ...]:
    """What to type now, the action itself first; empty where nothing exact can be said. It never raises."""
    action, change = chosen(state), facts(state, now).deploy
    if action is None or not book or not isinstance(change, Deploy):
        return ()
    system = _deployment(state, change, book)
    words = _words(state, change, action)
    if system is None or words is None:
        return ()
    try:
        return fill(book, action, {**_place(book, system), **words})
    except CannotFill:
        return ()


def chosen(state: Incident) -> Action | None:
    """The action that a person decided, else the recommended one."""
    choice = state.known.chosen or (state.recommended.choice if state.recommended else None)
    gone = choice == "rollback" and state.known.said("previous-release", bool) is False
    return None if state.status in FINAL or gone else next((a for a in ACTIONS if a == choice), None)


def _deployment(state: Incident, change: Deploy, book: Book) -> str | None:
    """The system that was deployed; where nobody named one, the only one that there is."""
    named = next((c.system for c in state.changes if c.version == change.version and c.system), None)
    if named is None and len(book.deployments) == 1:
        return next(iter(book.deployments))
    return named if named in book.deployments else None


def _place(book: Book, system: str) -> dict[str, str]:
    """What is known of a deployment, with what follows from its name."""
    given = {**DEFAULTS, "service": system, **book.deployments[system]}
    return {"container": given["service"], **given}


def _words(state: Incident, change: Deploy, action: Action) -> dict[str, str] | None:
    """What the incident knows, in words that are safe in a shell; None where they are not."""
    version, previous = release(change.version), release(change.previous or "")
    if version is None or (action == "rollback" and (previous is None or previous == version)):
        return None
    return {
        "incident": state.id,
        "version": version,
        "previous": previous or "",
        "commit": _commit(state, change.version),
        "previous_commit": _commit(state, change.previous),
        "date": f"{state.opened.at:%Y%m%d}",
    }


def release(text: str) -> str | None:
    """The version of a release, without its package: 2.41.0 of shop@2.41.0. None where it is no plain word."""
    version = text.rpartition("@")[2]
    return version if PLAIN.fullmatch(version) and not version.endswith(".lock") else None


def _commit(state: Incident, version: str | None) -> str:
    """What a version was made from, where a source said it."""
    told = (c.commit for c in state.changes if version and c.version == version and c.commit)
    return next((commit for commit in told if COMMIT.fullmatch(commit)), "")


def fill(book: Book, action: Action, known: Mapping[str, str]) -> tuple[Command, ...]:
    """The steps of a template. Raises CannotFill."""
    named = {**known, **_refs(known)}
    text = _rendered(book.templates, action, {name: shlex.quote(v) if v else "" for name, v in named.items()})
    if len(text) > TEXT_MAX:
        raise CannotFill(f"it comes to more than {TEXT_MAX} characters")
    if LOSES_DATA.search(text):
        raise CannotFill("it holds a command that accepts the loss of data")
    return _steps(text)


def _refs(known: Mapping[str, str]) -> dict[str, str]:
    """The names of git: tags of versions, and the branches of this incident."""
    version, date = known["version"], known["date"]
    return {
        "running_ref": known["commit"] or _tag(version, known["tag"]),
        "previous_ref": known["previous_commit"] or _tag(known["previous"], known["tag"]),
        **branches(version, date),
    }


def _tag(version: str, prefix: str) -> str:
    """A version's tag; a version that is a commit, or that bears the prefix, is its own."""
    bare = SHORT_COMMIT.fullmatch(version) or version.startswith(prefix)
    return version if bare else f"{prefix}{version}"


def _rendered(templates: Mapping[str, str], action: Action, known: Mapping[str, str]) -> str:
    from jinja2 import TemplateError

    try:
        return _environment(tuple(templates.items())).get_template(action).render(known)
    except TemplateError as error:
        raise CannotFill(f"{type(error).__name__}: {error.message}") from None
    except Exception as error:  # noqa: BLE001 - a template may divide by zero, and what pages must not care
        raise CannotFill(type(error).__name__) from None


@lru_cache(maxsize=4)
def _environment(templates: tuple[tuple[str, str], ...]) -> Environment:
    """Compiled once: a page does not wait for it. One for each configuration that governs."""
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(templates)),
        undefined=StrictUndefined,
        autoescape=False,  # a shell is no HTML; every value is quoted for it before it comes here
    )
    environment.globals.clear()  # `namespace` is one of them, and no name of a place
    return environment


def _steps(text: str) -> tuple[Command, ...]:
    """A line `# TITLE` begins a step; what follows it is typed."""
    steps: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("# "):
            steps.append((line[2:].strip(), []))
        elif line.strip():
            if not steps:
                raise CannotFill("its first line is no title: begin it with '# '")
            steps[-1][1].append(line.rstrip())
    if not steps or not all(lines for _, lines in steps) or len(steps) > COMMANDS_MAX:
        raise CannotFill(f"it needs 1 to {COMMANDS_MAX} titles, and a command after each")
    return tuple(Command(title=title, text="\n".join(lines)) for title, lines in steps)


def trial(book: Book, system: str, action: Action) -> tuple[Command, ...]:
    """The steps for invented versions of a system: shows before the night whether they can be filled. Raises CannotFill."""
    invented = {"incident": "INC-1", "version": "1.2.4", "previous": "1.2.3", "date": "20260101"}
    return fill(book, action, {**_place(book, system), **invented, "commit": "", "previous_commit": ""})
