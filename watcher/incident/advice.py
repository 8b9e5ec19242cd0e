"""What to do, on what the incident knows: its facts, put to the rules' decision heuristic. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from rules.facts import Deploy, Facts
from rules.recommend import Recommendation
from rules.recommend import recommend as weigh
from watcher.incident.event import ChangeSeen
from watcher.incident.release import beside, same
from watcher.incident.state import Incident


def recommend(state: Incident, now: datetime) -> Recommendation:
    """Roll back, hotfix or undecided, with the reasons."""
    weighed = weigh(facts(state, now))
    back = taken_back(state)
    if back is None:
        return weighed
    headline = f"Already rolled back to {back.version} at {back.deployed_at:%H:%M} UTC. If it still fails, that did not help."
    return replace(weighed, choice="undecided", headline=headline, missing=())


def taken_back(state: Incident) -> ChangeSeen | None:
    """The deploy by which the suspected one was taken back, where it went out since."""
    suspected, latest = suspect(state), max(state.changes, key=lambda c: c.deployed_at, default=None)
    if suspected is None or latest is None or latest is suspected or suspected.previous is None:
        return None
    back = same(latest.version, suspected.previous) and latest.deployed_at > suspected.deployed_at
    return latest if back and not beside(latest.system, suspected.system) else None


def facts(state: Incident, now: datetime) -> Facts:
    """What the incident knows; what nobody told is unknown. A person's word counts before the evidence."""
    known, last = state.known, suspect(state)
    cause, evidence = known.cause
    available = known.said("previous-release", bool)
    return Facts(
        share=known.share,
        systems=state.systems,
        isolated=known.said("isolated", bool),
        cause=cause,
        cause_evidence=evidence,
        fix_minutes=known.said("fix-minutes", int),
        third_party=known.third_party,
        deploy=_deploy(state, now),
        trouble_began_before_deploy=None if last is None else last.deployed_at > state.started_at,
        previous_release_available=available if available is not None else _has_previous(last),
        data_written_in_new_form=known.said("data-written", bool),
        errors_only_in_this_release=_only_in(state, last),
    )


def _has_previous(last: ChangeSeen | None) -> bool | None:
    """A release that was named was there; whether its artefact still is, a person knows."""
    return True if last is not None and last.previous else None


def _only_in(state: Incident, last: ChangeSeen | None) -> bool | None:
    """Whether every error that names a release names the last one."""
    releases = {w.sign.release for w in state.watched.values() if w.sign.release} | _counted(state)
    if last is None or not releases:
        return None
    return all(same(release, last.version) for release in releases)


def _counted(state: Incident) -> set[str]:
    """The releases that met users were counted in."""
    groups = (group for impact in state.known.impacts.values() for group, _ in impact.groups)
    return {group.removeprefix("release ") for group in groups if group.startswith("release ")}


def suspect(state: Incident) -> ChangeSeen | None:
    """The last deploy before the trouble; where all came later, the last at all."""
    before = [c for c in state.changes if c.deployed_at <= state.started_at]
    return max(before or state.changes, key=lambda c: c.deployed_at, default=None)


def _deploy(state: Incident, now: datetime) -> Deploy | Literal["none", "unknown"]:
    last = suspect(state)
    if last is None:
        return "none" if state.opened.deploys_told or state.known.nothing_deployed else "unknown"
    return Deploy(
        version=last.version,
        previous=last.previous,
        before_onset=state.started_at - last.deployed_at,
        age=now - last.deployed_at,
        migration=_migration(state, last),
        source=last.told_by,
    )


def _migration(state: Incident, last: ChangeSeen) -> bool | None:
    stated = state.known.said("migration", bool)
    return last.migration if stated is None else stated


def deployment_caused(state: Incident) -> bool | None:
    """Whether what was deployed broke it: a rollback that held says so; None where nothing does."""
    held = state.response.held
    if held is not None and held.path == "rollback":
        return True
    if state.known.third_party is not None or state.known.nothing_deployed:
        return False
    return None
