"""After the end: the post-mortem is owed until somebody says that it is written, or was reminded twice."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from watcher.incident import prompting
from watcher.incident.draft import Draft
from watcher.incident.state import Incident

REMIND_AT = time(10)
"""Whoever was up at night has slept by then."""
OVERDUE_AFTER = 3
"""Working days."""
SATURDAY = 5


def remind(draft: Draft, now: datetime) -> None:
    """The next working day, and once more when it is overdue."""
    at = deadline(draft.state)
    if at is not None and at <= now:
        about = _next(draft.state)
        words = prompting.postmortem(draft.state, now, overdue=about == "overdue")
        to = (draft.state.acknowledged_by,) if draft.state.acknowledged_by else ("on-call",)
        draft.tell("postmortem", to, words, now, about=about or "")


def deadline(state: Incident) -> datetime | None:
    """When the next reminder is due; None where none is owed."""
    about = _next(state)
    if about is None or state.closed is None:
        return None
    days = OVERDUE_AFTER if about == "overdue" else 1
    return working_day(state.closed.at, days, ZoneInfo(state.policy.zone))


def finished(state: Incident) -> bool:
    """Nothing is to be said any more of a file that is closed."""
    return state.closed is not None and _next(state) is None


def _next(state: Incident) -> str | None:
    """Which reminder comes next."""
    if state.closed is None or state.opened.drill or state.status == "false_alarm":
        return None
    if "postmortem" in state.response.ticked:
        return None
    if state.response.said("postmortem", "due") is None:
        return "due"
    return "overdue" if state.response.said("postmortem", "overdue") is None else None


def working_day(after: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Ten o'clock of the n-th working day after a moment, where the team works."""
    day = after.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return datetime.combine(day, REMIND_AT, zone).astimezone(after.tzinfo)
