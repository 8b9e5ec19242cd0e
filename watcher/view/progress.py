"""How far the response to an incident has come, for JSON, pages and documents: the clock, the checklist, what is deployed. Pure."""

from __future__ import annotations

from typing import Any

from rules.mask import clean
from watcher.incident import attained, checklist, messages, protocol, publishing
from watcher.incident.protocol import Checkpoint
from watcher.incident.state import Incident
from watcher.incident.verification import unseen
from watcher.view import proving
from watcher.view.when import iso

TEXT_MAX = 300
BY_ITSELF = frozenset({"received"})
"""Checkpoints that the watcher meets or misses: nobody can be told to do them next."""


def progress(state: Incident) -> dict[str, Any]:
    """The clock and everything that it asks for."""
    upcoming = _upcoming(state)
    return {
        "target_at": iso(state.detected_at + protocol.TARGET),
        "path": protocol.path_of(state),
        "next_checkpoint": _checkpoint(state, upcoming) if upcoming else None,
        "checkpoints": [_checkpoint(state, one) for one in protocol.checkpoints(state)],
        "checklist": [
            {"item": line.item.name, "phase": line.item.phase, "text": line.item.text, "done": line.done}
            | {"by": line.by, "can_tick": line.item.by_people and _ready(state, line.item.name)}
            for line in checklist.lines(state)
        ],
        "deployment": _deployment(state),
        "updates": _updates(state),
    }


def _ready(state: Incident, item: str) -> bool:
    """Whether it can be true by now: what would be refused is not offered."""
    response = state.response
    if item == "verified":
        return response.verifying
    if item == "smoke-test":
        return response.deployed is not None
    return item != "announced" or state.mitigated_at is not None


def _upcoming(state: Incident) -> Checkpoint | None:
    """The next one that people can do something for."""
    open_ = (c for c in protocol.checkpoints(state) if c.standing == "open" and c.name not in BY_ITSELF)
    return min((c for c in open_ if c.due), key=lambda c: c.due or state.detected_at, default=None)


def _checkpoint(state: Incident, one: Checkpoint) -> dict[str, Any]:
    out = one.name == "deployed-verified" and state.response.verifying
    return {
        "checkpoint": one.name,
        "asks": "see that what was deployed holds" if out else one.asks,
        "due_at": iso(one.due),
        "standing": one.standing,
        "late_seconds": one.late.total_seconds(),
    }


def _deployment(state: Incident) -> dict[str, Any] | None:
    """What was deployed last, and whether it holds."""
    response = state.response
    deployed, proposed = response.deployed, response.proposed
    if deployed is None:
        return {"proposed": clean(proposed.version, TEXT_MAX)} if proposed else None
    return {
        "version": deployed.version and clean(deployed.version, TEXT_MAX),
        "path": deployed.path,
        "by": deployed.by,
        "deployed_at": iso(deployed.deployed_at),
        "verification": _verification(state),
        "proving": _proving(state),
        "because": [clean(line, TEXT_MAX) for line in _because(state)],
        "verified_at": iso(response.passed.at if response.passed else None),
        "verified_by": response.passed.by if response.passed else None,
        "in_use": response.life.what if response.life else None,
        "behind": response.behind and clean(response.behind, TEXT_MAX),
        "proposed": proposed and clean(proposed.version, TEXT_MAX),
    }


def _verification(state: Incident) -> str:
    """In a word: passed, failed, quiet (clean, and nobody seen using it), not seen (its source is blind), or under way."""
    response = state.response
    if response.passed is not None:
        return "passed"
    if response.failed is not None:
        return "failed"
    if not response.verifying:
        return "ended"
    if response.recovered_at is not None:
        return "quiet"
    return "not seen" if unseen(state) else "under way"


def _proving(state: Incident) -> dict[str, Any] | None:
    """What is seen of it while it is verified; None before and after."""
    found = proving.of(state)
    if found is None:
        return None
    return {
        "failing": list(found.failing),
        "settles_at": iso(found.settles_at),
        "clean_since": iso(found.clean_since),
        "enough_at": iso(found.enough_at),
        "clean_proves": found.clean_proves,
    }


def _because(state: Incident) -> tuple[str, ...]:
    verdict = state.response.passed or state.response.failed
    return verdict.because if verdict else ()


def _updates(state: Incident) -> dict[str, Any]:
    """What the stakeholders heard, and when they hear again."""
    return {
        "held_back": attained.unspoken(state),
        "sent": [
            {"message": message.about, "at": iso(message.at), "taken": message.taken}
            for message in state.response.messages
        ],
        "next_at": iso(publishing.next_at(state)),
        "issue": messages.issue(state),
    }
