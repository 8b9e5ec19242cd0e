"""What to do, on what the incident knows: its facts, put to the rules' decision heuristic. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from rules.facts import Deploy, Facts
from rules.recommend import Recommendation
from rules.recommend import recommend as weigh
from watcher.incident.event import ChangeSeen
from watcher.incident.state import Incident


def recommend(state: Incident, now: datetime) -> Recommendation:
    """Roll back, hotfix or undecided, with the reasons."""
    return weigh(facts(state, now))


def facts(state: Incident, now: datetime) -> Facts:
    """What the incident knows; what nobody told is unknown."""
    deploy = _deploy(state, now)
    last = _last_change(state)
    return Facts(
        systems=state.systems,
        deploy=deploy,
        trouble_began_before_deploy=None if last is None else last.deployed_at > state.started_at,
        previous_release_available=True if last is not None and last.previous else None,
    )


def _last_change(state: Incident) -> ChangeSeen | None:
    """The last deploy before the trouble; where all came later, the last at all."""
    before = [c for c in state.changes if c.deployed_at <= state.started_at]
    return max(before or state.changes, key=lambda c: c.deployed_at, default=None)


def _deploy(state: Incident, now: datetime) -> Deploy | Literal["none", "unknown"]:
    last = _last_change(state)
    if last is None:
        return "none" if state.opened.deploys_told else "unknown"
    return Deploy(
        version=last.version,
        previous=last.previous,
        before_onset=state.started_at - last.deployed_at,
        age=now - last.deployed_at,
        migration=last.migration,
        source=last.told_by,
    )
