"""`watcher postmortem`, `hotfix-pr`, `checklist`: Markdown, from the daemon or from its log when it is dead."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from watcher.cli.client import client, show, speaking
from watcher.cli.incidents import LOG, id_in
from watcher.cli.meant import Of, meant


def _printing(name: str, words: str) -> click.Command:
    """A command of the form: watcher DOCUMENT ID."""

    @click.command(name, cls=Of, help=f"{words} Without ID the only one that is open.")
    @click.argument("id_", metavar="[ID]")
    @LOG
    @speaking
    def printing(
        id_: str,
        url: str | None,
        token_file: Path | None,
        config: Path | None,
        *,
        log: Path | None,
        as_json: bool,
    ) -> None:
        if log is not None:
            found = _read(log, id_, name)
        else:
            speaker = client(url, token_file, config)
            path = f"/incidents/{quote(meant(speaker, id_), safe='')}/{name}"
            found = speaker.get(path, holds="markdown")
        show(found, as_json=as_json, words=_markdown)

    return printing


def _markdown(found: dict[str, Any]) -> str:
    return str(found["markdown"]).rstrip("\n")


def _read(path: Path, given: str, name: str) -> dict[str, Any]:
    from watcher.cli.logged import missing, reading
    from watcher.clock import Clock
    from watcher.incident.machines import fold, kind_of, stream_of
    from watcher.view.documents.written import written

    def read(log: Any) -> dict[str, Any]:
        id_ = id_in(log, given)
        stream = stream_of(id_)
        rows = log.read(stream) if stream and kind_of(stream) == "incident" else []
        if stream is None or not rows:
            missing(log, id_, stream)
        state = fold(stream, [row.event for row in rows])
        markdown = written(name, state, rows, Clock().now())  # type: ignore[arg-type]
        return {"id": state.id, "document": name, "markdown": markdown}

    return reading(path, None, read)


postmortem = _printing(
    "postmortem", "Print the post-mortem of an incident as Markdown; what only people know is marked in it."
)
hotfix_pr = _printing("hotfix-pr", "Print title and body of the hotfix pull request as Markdown.")
checklist = _printing("checklist", "Print the checklist: what is done, by whom, and what is due next.")
