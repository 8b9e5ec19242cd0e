"""The timeline of a document: what mattered, each thing once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from watcher.incident.event import (
    ChangeSeen,
    Event,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recommended,
    SignalsCleared,
    SignalsUnseen,
)
from watcher.incident.responding import CheckpointMet, Deployed, DeployProposed, Ticked
from watcher.incident.state import Incident
from watcher.view import timeline
from watcher.view.documents.account import Account
from watcher.view.documents.markdown import day, plain, table
from watcher.view.timeline import Pages

ROWS_MAX = 120
"""Lines of the timeline; a longer one is an export, no reading."""
TOLD_LATE = timedelta(minutes=1)
"""A deployment that was told later than this was not known to those who decided meanwhile: that is said."""
FACTS_OF_THEIR_OWN = ("fix-approved", "announced", "verified")
"""Items whose tick stands as another fact beside it."""


def chronicle(account: Account) -> list[str]:
    """Each thing where it happened, not where it was heard of; with what was left out at the end."""
    told = sorted([*_harm(account.state), *_told(account)], key=lambda one: one[0])
    opened, shown = account.state.opened.at, told[:ROWS_MAX]
    lines = [(_time(at, opened), plain(words)) for at, words in shown]
    rest = len(told) - len(shown)
    return [
        f"All times UTC, {day(opened)}.",
        "",
        *table(("Time", "What happened"), lines),
        *(["", f"And {rest} more: `watcher show {account.state.id}` has them all."] if rest else []),
    ]


def _harm(state: Incident) -> list[tuple[datetime, str]]:
    """No event of its own: it is estimated from the first signals."""
    return [] if state.status == "false_alarm" else [(state.started_at, "the harm begins (estimated)")]


def _told(account: Account) -> Iterator[tuple[datetime, str]]:
    pages = {row.version: row.event for row in account.rows if isinstance(row.event, PageRequested)}
    out = {event.version for event in account.all(Deployed)}
    advice: Recommended | None = None
    for event in (row.event for row in account.rows if _matters(row.event, pages)):
        if isinstance(event, Recommended):
            stands, advice = timeline.repeats(event, advice), event
            if stands:
                continue  # for other reasons, which stand beside the decision
        if isinstance(event, DeployProposed) and event.version in out:
            continue  # asked, and answered: the answer stands there, at the moment when it went out
        happened = event.deployed_at if isinstance(event, ChangeSeen | Deployed) else event.at
        late = event.at > account.state.opened.at and event.at - happened >= TOLD_LATE
        told = f"; told at {event.at:%H:%M:%S}" if late else ""
        yield happened, timeline.line(event, pages).text + told


def _time(at: datetime, opened: datetime) -> str:
    """With its day where that is another one."""
    return f"{at:%H:%M:%S}" if at.date() == opened.date() else f"{at:%m-%d %H:%M:%S}"


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
        return page is not None and page.kind == "wake"
    return True
