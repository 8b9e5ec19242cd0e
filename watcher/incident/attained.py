"""What the checkpoints ask for, and whether it is there. Pure readings of an incident."""

from __future__ import annotations

from watcher.incident.state import Incident


def paged(state: Incident) -> bool:
    return any(
        owed.request.kind == "wake" and any(a.accepted for a in owed.attempts.values())
        for owed in state.outbox.pages.values()
    )


def received(state: Incident) -> bool:
    """Somebody was reached, or has it already: who declares it herself is paged by nobody."""
    return paged(state) or state.acknowledged_at is not None


def assessed(state: Incident) -> bool:
    return (
        state.acknowledged_at is not None
        and affected_known(state)
        and error_rate_known(state)
        and reviewed(state)
    )


def affected_known(state: Incident) -> bool:
    """All, or which part: as measured or stated."""
    measured = any(i.affected is not None or i.everyone for i in state.known.impacts.values())
    return measured or state.known.said("affected", int) is not None


def error_rate_known(state: Incident) -> bool:
    """As measured, or read by whoever decided."""
    measured = any(i.error_rate is not None for i in state.known.impacts.values())
    return measured or "error-rate" in state.response.ticked or bool(state.known.decisions)


def reviewed(state: Incident) -> bool:
    """The deployments before it: seen on the page of the incident, or said, or weighed in a decision."""
    stated = {"migration", "previous-release"} & state.known.stated.keys()
    return "deployments" in state.response.ticked or bool(stated) or bool(state.known.decisions)


def message_taken(state: Incident) -> bool:
    """A message to the stakeholders arrived."""
    return any(m.taken for m in state.response.messages)


def stakeholders_told(state: Incident) -> bool:
    """A message reached them, or a person says so; and what the public sees is settled."""
    told = message_taken(state)
    team = told or "team" in state.response.ticked or state.policy.updates_every is None
    return team and (told or "public-status" in state.response.ticked)


def announced(state: Incident) -> bool:
    return state.response.announced is not None


def rolled_back(state: Incident) -> bool:
    return any(d.path == "rollback" for d in state.response.deploys)


def verified(state: Incident) -> bool:
    return state.response.passed is not None


def complete(state: Incident) -> bool:
    """It holds, and everybody who was told of it knows."""
    return state.mitigated_at is not None and (announced(state) or not state.response.messages)


def unspoken(state: Incident) -> bool:
    """Nothing may be said of it outside its own few."""
    return state.policy.secret and state.response.released is None
