"""What is seen of a deployment while nobody knows yet whether it holds: what fails, since when all is clean. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.mask import clean
from watcher.incident import verification
from watcher.incident.state import Incident
from watcher.incident.watched import Watched, by_word

TEXT_MAX = 300
FAILING_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """A person's words are not among `failing`: nothing can look whether they still hold.

    Where they are all that there is, and where a source is blind, neither `failing` nor `clean_since` says anything.
    """

    settles_at: datetime  # what fails before then is no verdict
    failing: tuple[str, ...] = ()
    clean_since: datetime | None = (
        None  # all that can be looked at; None while one of it fails, or is not seen
    )
    enough_at: datetime | None = None  # where it stays clean
    clean_proves: bool = True  # where not, nothing shows that it is in use, and somebody has to try it


def of(state: Incident) -> Proving | None:
    """None where nothing is being verified."""
    deployed = state.response.deployed
    if deployed is None or not state.response.verifying:
        return None
    looked_at = [w for w in state.watched.values() if not by_word(w.sign)]
    failing = (w.sign.title for w in looked_at if not w.clean and not w.unseen)
    since = _clean_since(looked_at)
    return Proving(
        settles_at=max(deployed.deployed_at + verification.SETTLE, deployed.at),
        failing=tuple(clean(title, TEXT_MAX) for title in failing)[:FAILING_SHOWN],
        clean_since=since,
        enough_at=since + state.policy.clean_for if since else None,
        clean_proves=verification.lively(state),
    )


def _clean_since(looked_at: list[Watched]) -> datetime | None:
    """As seen time: a gap in which nobody saw it counts for nothing."""
    begun = [w.clean_from - w.clean_for for w in looked_at if w.clean_from is not None]
    return max(begun) if begun and len(begun) == len(looked_at) else None
