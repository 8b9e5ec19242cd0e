"""Recovery: every signal seen clean for the whole window. Blind time does not count. Pure readings of an incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from watcher.incident import verification
from watcher.incident.state import FINAL, Incident
from watcher.incident.watched import Watched, by_word

Turn = Literal["verified", "quiet", "mitigated", "closed"]
"""What clean time brings: what was deployed holds; it is clean, and nothing shows that it is in use; the harm has
ended by itself; the time of watching is over."""


def held_since(state: Incident, now: datetime) -> datetime | None:
    """Since when every signal has been clean, as seen time; None while one fails."""
    looked_at = _looked_at(state)
    times = [w.clean_time(now) for w in looked_at if w.clean]
    if len(times) < len(looked_at):
        return None
    return now - min(times) if times else state.mitigated_at


def _looked_at(state: Incident) -> list[Watched]:
    """The signals that must be seen clean. A person's words do not go on failing once the fix is out."""
    out = state.response.verifying or state.status == "watching"
    return [w for w in state.watched.values() if not (out and by_word(w.sign))]


def reached(state: Incident, now: datetime) -> Turn | None:
    """The step for which the clean time is there."""
    since = held_since(state, now)
    return next((turn for turn, at in _ahead(state, since) if at <= now), None)


def _ahead(state: Incident, since: datetime | None) -> list[tuple[Turn, datetime]]:
    """The steps that clean time brings, each with its moment, where all has been clean since then."""
    if state.status in FINAL or since is None:
        return []
    held, lively = since + state.policy.clean_for, verification.lively(state)
    if state.status == "watching":
        over = _closes_at(state, since)
        return [*_verified(state, held, lively=lively), ("closed", over)]
    if not state.response.verifying:
        return [("mitigated", held)]
    said = state.response.recovered_at is not None
    return _verified(state, held, lively=lively) or ([] if said else [("quiet", held)])


def _verified(state: Incident, held: datetime, *, lively: bool) -> list[tuple[Turn, datetime]]:
    return [("verified", held)] if state.response.verifying and lively else []


def _closes_at(state: Incident, since: datetime) -> datetime:
    """Two hours of watching, and clean for as long beside the window that mitigated it."""
    began = state.mitigated_at or since
    only_words = not _looked_at(state)
    clean = since if only_words else since + state.policy.clean_for
    return max(clean, began) + state.policy.watch_for


def deadline(state: Incident) -> datetime | None:
    """When the next step comes, if all goes on being seen clean; None while one signal fails or cannot be seen."""
    looked_at = _looked_at(state)
    if any(w.clean_from is None and not _long_clean(state, w) for w in looked_at):
        return None
    begun = [w.clean_from - w.clean_for for w in looked_at if w.clean_from is not None]
    since = max(begun, default=state.mitigated_at)
    return min((at for _, at in _ahead(state, since)), default=None)


def _long_clean(state: Incident, watched: Watched) -> bool:
    """It cannot be seen now, and has been clean for so long that it holds nothing up."""
    watching = state.status == "watching"
    return watched.clean_for >= state.policy.clean_for + (
        state.policy.watch_for if watching else timedelta(0)
    )
