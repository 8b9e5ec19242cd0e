"""What anybody may see: that something is wrong, how far it is, what was said of it. Pure.

No error text, no system, no person, no release: only our own words, and what was sent to the stakeholders, but for the cause
and the fix, which people state in words of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from watcher.incident import attained, messages, publishing
from watcher.incident.state import Incident
from watcher.view.when import iso

SAID_MAX = 12
"""Messages shown of one incident; six hours of them."""

STANDING = {
    "investigating": "being investigated",
    "fixing": "being repaired",
    "verifying": "a fix is out, and is being verified",
    "watching": "repaired, and being watched",
    "resolved": "over",
    "false_alarm": "over",
}


def public(incidents: Iterable[Incident]) -> list[dict[str, Any]]:
    """The incidents that may be spoken of, newest first."""
    shown = [_public(incident) for incident in incidents if _shown(incident)]
    return sorted(shown, key=lambda one: str(one["since"]), reverse=True)


def _shown(state: Incident) -> bool:
    """Neither a drill nor a secret; of what is over, only what was spoken of."""
    if state.opened.drill or attained.unspoken(state):
        return False
    return state.closed is None or bool(state.response.messages)


def _public(state: Incident) -> dict[str, Any]:
    return {
        "id": state.id,
        "issue": messages.issue(state),
        "status": STANDING[state.status],
        "over": state.closed is not None,
        "since": iso(state.started_at),
        "mitigated_at": iso(state.mitigated_at),
        "closed_at": iso(state.closed.at if state.closed else None),
        "messages": _said(state),
        "next_update_at": iso(publishing.next_at(state)),
    }


def _said(state: Incident) -> list[dict[str, Any]]:
    """What the stakeholders were sent, newest first, as it stands in the outbox."""
    pages = state.outbox.pages
    kept = [m for m in state.response.messages if m.page in pages][-SAID_MAX:]
    return [
        {"at": iso(m.at), "title": pages[m.page].request.title, "lines": _open(pages[m.page].request.lines)}
        for m in reversed(kept)
    ]


def _open(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if not line.startswith(messages.INTERNAL)]
