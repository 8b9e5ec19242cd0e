"""The checklist as Markdown: what the daemon saw is ticked, the rest waits for people. Pure."""

from __future__ import annotations

from datetime import datetime

from watcher.incident import checklist as lists
from watcher.incident import protocol
from watcher.incident.compose import clock
from watcher.incident.messages import issue
from watcher.incident.state import Incident
from watcher.view.documents.markdown import moment, plain, text


def checklist(state: Incident, now: datetime) -> str:
    """Four phases, and what is due next."""
    upcoming = protocol.next_up(state)
    due = f"Next, by {clock(upcoming.due)}: {upcoming.asks}." if upcoming and upcoming.due else ""
    target = state.detected_at + protocol.TARGET
    return text(
        f"# {state.id}: {plain(issue(state))}",
        f"As of {moment(now)}; two hours are up at {clock(target)}. {due}".rstrip(),
        *(
            part
            for phase, name in lists.PHASES.items()
            for part in (f"## {name}", _phase(state, phase))
            if _phase(state, phase)
        ),
        f"Tick an item: `watcher tick {state.id} ITEM`",
    )


def _phase(state: Incident, phase: str) -> list[str]:
    return [_line(line) for line in lists.lines(state) if line.item.phase == phase]


def _line(line: lists.Line) -> str:
    by = f" ({plain(line.by)})" if line.by else ""
    name = f" `{line.item.name}`" if line.item.by_people and not line.done else ""
    return f"- [{'x' if line.done else ' '}] {line.item.text}{by}{name}"
