"""Why something was refused, as it is read on a page: by the labels that stand there, not by what is typed at a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "root cause": "Root cause",
    "affected": "Users affected",
    "fix minutes": "Minutes to fix it",
    "isolated": "Only this one system fails",
    "migration": "The release holds a migration that cannot be undone",
    "previous release": "The previous release can still be deployed",
    "data written": "Data was written in the new form already",
    "third party": "A third party that is down",
    "minutes ago": "How many minutes ago",
}
"""The labels of a page's fields, by what the forms call them."""
ACTS: Mapping[str, str] = {
    "deployed": "Something is deployed",
    "release": "Release this security incident",
    "update": "Tell the stakeholders",
    "decide": "Decide",
    "ack": "I have it",
}
"""The labels of a page's acts, by the command that does the same."""
_COMMAND = re.compile(r"watcher ([a-z-]+) (?:INC|SUS)-[0-9]+")


def field(name: str) -> str:
    """The label of a field."""
    return FIELDS.get(name, name)


def fault(because: str) -> str:
    """A sentence for the page. A command that has no button stays: then it is all there is to say."""

    def labelled(found: re.Match[str]) -> str:
        label = ACTS.get(found[1])
        return f'"{label}"' if label else found[0]

    words = _COMMAND.sub(labelled, because)
    return f"{words[:1].upper()}{words[1:]}."
