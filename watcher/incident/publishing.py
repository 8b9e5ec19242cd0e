"""When the stakeholders hear what. Pure readings of an incident.

1. The first message leaves when a person has it, or after five minutes; then one each interval until mitigated.
2. What a person says leaves at once. What was verified leaves at once, and nothing is announced before.
3. A security incident is spoken of to nobody until a person releases it. Nothing of a drill is said to anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.incident.attained import unspoken
from watcher.incident.state import FINAL, Incident

FIRST_AFTER = timedelta(minutes=5)
"""A person is given the time to look; then the others hear of it all the same."""
ASK_BEFORE = timedelta(minutes=5)
"""So long before an update leaves, whoever has it is asked for words."""


def speaks(state: Incident) -> bool:
    """There is somebody to tell, and it may be told."""
    return state.policy.updates_every is not None and not state.opened.drill and not unspoken(state)


def last_at(state: Incident) -> datetime | None:
    """When the last message left."""
    return state.response.messages[-1].at if state.response.messages else None


def next_at(state: Incident) -> datetime | None:
    """When the next message is due; None where none is."""
    every = state.policy.updates_every
    if every is None or not speaks(state) or not _goes_on(state):
        return None
    last = last_at(state)
    if last is None:
        first = min(state.opened.at + FIRST_AFTER, state.acknowledged_at or state.opened.at + FIRST_AFTER)
        released = state.response.released
        return max(first, released.at) if released is not None else first
    if state.response.back_at is not None:
        return state.response.back_at
    return last + every


def _goes_on(state: Incident) -> bool:
    return state.status not in FINAL and state.status != "watching"


def ask_at(state: Incident) -> datetime | None:
    """When whoever has it is asked for words to the next message; None where that is not needed."""
    due, last = next_at(state), last_at(state)
    if due is None or last is None or state.acknowledged_by is None:
        return None
    if state.response.said("words", f"{len(state.response.messages)}") is not None:
        return None
    return due - ASK_BEFORE


def deadline(state: Incident) -> datetime | None:
    moments = (next_at(state), ask_at(state))
    return min((at for at in moments if at is not None), default=None)
