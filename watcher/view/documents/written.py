"""The documents by their names, as commands and addresses call them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, get_args

from watcher.incident.state import Incident
from watcher.view.documents.checklist import checklist
from watcher.view.documents.hotfix_pr import hotfix_pr
from watcher.view.documents.postmortem import postmortem
from watcher.view.timeline import Numbered

Name = Literal["postmortem", "hotfix-pr", "checklist"]
NAMES: tuple[Name, ...] = get_args(Name)

_WRITE: dict[Name, Callable[[Incident, Sequence[Numbered], datetime], str]] = {
    "postmortem": postmortem,
    "hotfix-pr": hotfix_pr,
    "checklist": lambda state, _, now: checklist(state, now),
}


def written(name: Name, state: Incident, rows: Sequence[Numbered], now: datetime) -> str:
    """The document as Markdown."""
    return _WRITE[name](state, rows, now)
