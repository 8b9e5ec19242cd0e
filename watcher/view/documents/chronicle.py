"""The timeline of a document: what mattered, each thing once. Pure."""

from __future__ import annotations

from watcher.incident.event import (
    Event,
    PageAccepted,
    PageFailed,
    PageRequested,
    SignalsCleared,
    SignalsUnseen,
)
from watcher.incident.responding import CheckpointMet, Ticked
from watcher.view import timeline
from watcher.view.documents.account import Account
from watcher.view.documents.markdown import day, plain, table
from watcher.view.timeline import Pages

ROWS_MAX = 120
"""Lines of the timeline; a longer one is an export, no reading."""
REMINDERS = ("checkpoint", "words", "behind", "postmortem", "still-on-it", "news")
FACTS_OF_THEIR_OWN = ("fix-approved", "announced", "verified")
"""Items whose tick stands as another fact beside it."""


def chronicle(account: Account) -> list[str]:
    """Oldest first, with what was left out at the end."""
    pages = {row.version: row.event for row in account.rows if isinstance(row.event, PageRequested)}
    told = [row.event for row in account.rows if _matters(row.event, pages)]
    shown = told[:ROWS_MAX]
    lines = [(f"{e.at:%H:%M:%S}", plain(timeline.line(e, pages).text)) for e in shown]
    rest = len(told) - len(shown)
    return [
        f"All times UTC, {day(account.state.opened.at)}.",
        "",
        *table(("Time", "What happened"), lines),
        *(["", f"And {rest} more: `watcher show {account.state.id}` has them all."] if rest else []),
    ]


def _matters(event: Event, pages: Pages) -> bool:
    """Not what only says again what stands elsewhere: each look, each receipt, each reminder."""
    if isinstance(event, SignalsCleared | SignalsUnseen):
        return False
    if isinstance(event, CheckpointMet):
        return bool(event.late)
    if isinstance(event, Ticked):
        return event.item not in FACTS_OF_THEIR_OWN
    if isinstance(event, PageRequested):
        return event.kind == "publish"
    if isinstance(event, PageAccepted | PageFailed):
        page = pages.get(event.page)
        return page is not None and page.kind == "wake" and page.purpose not in REMINDERS
    return True
