"""Why: suspect commits, the release that errors are first seen in, one place that they all come from; third parties. Pure.

Only a suspect commit of the release that all errors are in makes a cause known. All else is suspected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from watcher.evidence.changes import COMMIT_MAX
from watcher.incident.command import FindCause
from watcher.incident.release import short
from watcher.sources.sentry.row import mapping
from watcher.sources.sentry.text import word

SUSPECTS_MAX = 5
MESSAGE_MAX, NAME_MAX, PLACE_MAX = 120, 60, 120
COMMIT_MIN = 7
"""Characters that name a commit; fewer may name many."""
COMMIT_SHOWN = 12
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A commit that Sentry suspects."""

    id: str
    message: str
    author: str
    by: str  # how it came to be suspected

    def __str__(self) -> str:
        who = f" by {self.author}" if self.author else ""
        how = f", suspected {self.by}" if self.by else ""
        return f'commit {self.id[:COMMIT_SHOWN]} "{self.message}"{who}{how}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What was learned of why. `releases`: those that the errors occur in, None among them for errors that name none."""

    suspects: Sequence[Suspect] = ()
    releases: frozenset[str | None] = frozenset()
    commits: frozenset[str] = frozenset()  # of the one release that all errors are in
    first_releases: tuple[str | None, ...] = ()  # of each issue
    culprits: tuple[str, ...] = ()  # of each issue
    issues: int = 0
    url: str = ""


def read_suspects(body: Any) -> tuple[Suspect, ...]:
    """The commits of an answer of suspects, in its order."""
    committers = mapping(body).get("committers")
    found = [
        _suspect(mapping(commit), mapping(mapping(committer).get("author")))
        for committer in (committers if isinstance(committers, list) else [])[:SUSPECTS_MAX]
        for commit in _list(mapping(committer).get("commits"))[:SUSPECTS_MAX]
    ]
    return tuple(suspect for suspect in found if suspect is not None)[:SUSPECTS_MAX]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _suspect(commit: dict[str, Any], author: dict[str, Any]) -> Suspect | None:
    id_ = word(commit.get("id"), COMMIT_MAX)
    if len(id_) < COMMIT_MIN:
        return None
    message = commit.get("message")
    first_line = message.partition("\n")[0] if isinstance(message, str) else ""
    return Suspect(
        id=id_,
        message=word(first_line, MESSAGE_MAX),
        author=word(author.get("name"), NAME_MAX),
        by=word(commit.get("suspectCommitType"), NAME_MAX),
    )


def read_commits(rows: Iterable[Any]) -> frozenset[str]:
    """The ids of a release's commits."""
    ids = (word(mapping(row).get("id"), COMMIT_MAX) for row in rows)
    return frozenset(id_ for id_ in ids if len(id_) >= COMMIT_MIN)


def cause(clues: Clues) -> FindCause | None:
    """The surest that can be said; None where nothing can."""
    only = next(iter(clues.releases)) if len(clues.releases) == 1 else None
    guilty = next((s for s in clues.suspects if only and _among(s.id, clues.commits)), None)
    if guilty is not None and only is not None:
        evidence = f"{guilty}; it is part of {short(only)}, the one release that the errors are in"
        return FindCause(cause="known", evidence=evidence, url=clues.url)
    if clues.suspects:
        return _suspected(str(clues.suspects[0]), clues)
    first = set(clues.first_releases)
    if clues.issues and len(clues.first_releases) == clues.issues and len(first) == 1 and None not in first:
        return _suspected(f"first seen in {short(str(first.pop()))}", clues)
    if clues.issues > 1 and len(clues.culprits) == clues.issues and len(set(clues.culprits)) == 1:
        return _suspected(f"all errors come from {clues.culprits[0]}", clues)
    return None


def _suspected(evidence: str, clues: Clues) -> FindCause:
    return FindCause(cause="suspected", evidence=evidence, url=clues.url)


def _among(commit: str, commits: Iterable[str]) -> bool:
    """Short and whole ids of one commit are the same."""
    return any(commit.startswith(other) or other.startswith(commit) for other in commits)


def third_party(components: Iterable[str], external: Iterable[str]) -> str | None:
    """The name, as configured, of the third party that all failed components are; None where one is ours."""
    found = [_external(component, external) for component in components]
    return found[0] if found and all(found) else None


def _external(component: str, external: Iterable[str]) -> str | None:
    words = _words(component)
    return next((name for name in external if _within(_words(name), words)), None)


def _words(text: str) -> list[str]:
    return [found.casefold() for found in _WORD.findall(text)]


def _within(name: list[str], words: list[str]) -> bool:
    return bool(name) and any(words[n : n + len(name)] == name for n in range(len(words)))
