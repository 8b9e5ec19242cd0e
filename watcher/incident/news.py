"""What joined since the last page: one message with the counts, not one a signal."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.incident.state import Incident

FOLLOW_UP_AFTER = timedelta(seconds=30)
"""One outage shows at many places within half a minute."""
MESSAGE_EVERY = timedelta(minutes=10)
"""Messages that do not ring reach one person at most this often."""


def due_at(state: Incident) -> datetime | None:
    """When the follow-up is due; None where nothing joined that was not said."""
    if state.news_from is None or not state.paging or not state.outbox.reached:
        return None
    told = [p.request.at for p in state.outbox.pages.values() if p.request.purpose == "news"]
    return max([state.news_from + FOLLOW_UP_AFTER, *(at + MESSAGE_EVERY for at in told)])
