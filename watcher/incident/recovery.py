"""Recovery: every signal seen clean for the whole window. Blind time does not count. Pure readings of an incident."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.incident.state import FINAL, Incident


def held_since(state: Incident, now: datetime) -> datetime | None:
    """Since when every signal has been clean, as seen time; None while one fails."""
    times = [w.clean_time(now) for w in state.watched.values() if w.clean]
    if len(times) < len(state.watched):
        return None
    return now - min(times)


def needed(state: Incident) -> timedelta | None:
    """The clean time that brings the next step: mitigated, then closed; None where nothing is waited for."""
    if state.status in FINAL:
        return None
    if state.status == "watching":
        return state.policy.clean_for + state.policy.watch_for
    return state.policy.clean_for


def reached(state: Incident, now: datetime) -> bool:
    """The clean time that was needed is there."""
    wanted, since = needed(state), held_since(state, now)
    return wanted is not None and since is not None and now - since >= wanted


def deadline(state: Incident) -> datetime | None:
    """When it will be there, if all goes on being seen clean; None while one signal fails or cannot be seen."""
    wanted = needed(state)
    moments = [
        w.clean_from + (wanted - w.clean_for) for w in state.watched.values() if wanted and w.clean_from
    ]
    behind = [w for w in state.watched.values() if wanted and not w.clean_from and w.clean_for < wanted]
    return None if behind else max(moments, default=None)
