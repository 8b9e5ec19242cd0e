"""How the daemon itself stands: whether it turns, what it sees, what is open. Read from memory alone."""

from __future__ import annotations

from typing import Any

from watcher import __version__
from watcher.engine import HEARTBEAT
from watcher.incident.machines import kind_of
from watcher.incident.outbox import pending
from watcher.incident.state import FINAL, Incident
from watcher.incident.suspicion import Suspicion
from watcher.serve import duty
from watcher.serve.desk import Desk
from watcher.view import runbook, summary
from watcher.view.when import iso

LATE_AFTER = 2 * HEARTBEAT
"""A turn commits at least that it lives; where two are missing the writer or its disk does not."""


def healthy(desk: Desk) -> bool:
    """The engine turned, and its log took it, a short while ago."""
    turned_at = desk.engine.turned_at
    return turned_at is not None and desk.clock.now() - turned_at <= LATE_AFTER


def health(desk: Desk) -> dict[str, Any]:
    """For monitors, who need not sign in. A blind source is named; it is no fault of the daemon's."""
    found, complaints = sources(desk), desk.complaints()
    return {
        "ok": healthy(desk) and not complaints,
        "turning": healthy(desk),
        "broken": sorted({complaint.promise for complaint in complaints}),  # words of ours alone
        "version": __version__,
        "turned_at": iso(desk.engine.turned_at),
        "sources": {source["name"]: source["state"] for source in found},
        "blind": [source["name"] for source in found if source["state"] == "blind"],
    }


def status(desk: Desk) -> dict[str, Any]:
    """For people at a terminal."""
    streams = desk.engine.streams
    return {
        **health(desk),
        "service": desk.config().service.name,
        "contacts": sorted(desk.config().contacts),
        "started_at": iso(streams["daemon"].started_at if "daemon" in streams else None),
        "complaints": [complaint.text for complaint in desk.complaints()],
        "sources": sources(desk),
        "incidents": [summary.incident(i) for i in incidents(desk)],
        "suspicions": [summary.suspicion(s) for s in suspicions(desk)],
        "silences": silences(desk),
        "on_call": duty.on_call(desk),
        "overrides": duty.overrides(desk),
        "pages_pending": sum(pending(state.outbox) for state in streams.values()),
    }


def incidents(desk: Desk) -> list[Incident]:
    """The open ones, oldest first."""
    found = (s for s in desk.engine.streams.values() if isinstance(s, Incident) and s.status not in FINAL)
    return sorted(found, key=lambda incident: incident.number)


def suspicions(desk: Desk) -> list[Suspicion]:
    """Those that nobody has answered."""
    found = (s for s in desk.engine.streams.values() if isinstance(s, Suspicion) and s.status == "suspected")
    return sorted(found, key=lambda suspicion: suspicion.number)


def became(desk: Desk, state: Incident | Suspicion) -> str | None:
    """The id of the open incident that a suspicion has come to."""
    if not isinstance(state, Suspicion):
        return None
    ref, told = state.suspected.sign.ref, getattr(state.answered, "incident", "")
    if told:
        return told if any(i.id == told for i in incidents(desk)) else None
    return next((i.id for i in reversed(incidents(desk)) if ref in i.watched and not i.opened.drill), None)


def joined(desk: Desk, state: Incident | Suspicion, became: str) -> bool:
    """Whether a suspicion that was confirmed is part of an incident that was open before somebody said so."""
    answered = state.answered if isinstance(state, Suspicion) else None
    before = [i for i in incidents(desk) if i.id == became and answered and i.opened.at < answered.at]
    return bool(before)


def commands(desk: Desk, state: Incident | Suspicion) -> dict[str, Any]:
    """What to type for the action that is decided or recommended; a suspicion has none."""
    if not isinstance(state, Incident):
        return {}
    steps = runbook.commands(state, desk.config().evidence.book, desk.clock.now())
    return {"commands": [step.plain() for step in steps]}


def sources(desk: Desk) -> list[dict[str, Any]]:
    """Each source that is configured: seeing, blind, or not looked yet."""
    return [_source(desk, name, facts) for name, facts in sorted(desk.sources().items())]


def _source(desk: Desk, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    eye = desk.engine.streams.get(f"source/{name}")
    blind_since = eye.blind_since if eye is not None else None
    state = "blind" if blind_since else "seeing" if facts["looked_at"] else "waiting"
    return {
        "name": name,
        "state": state,
        "health": facts.get("health") if state == "seeing" else None,  # of an endpoint, as it answered last
        "every_seconds": facts["every"],
        "looked_at": iso(facts["looked_at"]),
        "blind_since": iso(blind_since),
        "reason": eye.reason if eye is not None else "",
        "detail": eye.detail if eye is not None else "",
    }


def silences(desk: Desk) -> list[dict[str, Any]]:
    """Those that hold."""
    streams = desk.engine.streams
    active = [
        s for name, state in streams.items() if kind_of(name) == "silences" for s in state.active.values()
    ]
    return [
        {"silence": s.silence, "match": s.match, "until": iso(s.until), "by": s.by, "because": s.because}
        for s in active
    ]
