"""An incident or a suspicion in words and numbers, for JSON, pages and lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rules.mask import clean
from watcher.incident import decide
from watcher.incident import outbox as box
from watcher.incident.machines import id_of
from watcher.incident.outbox import Attempt, Owed
from watcher.incident.state import Incident
from watcher.incident.suspicion import Suspicion
from watcher.view.progress import progress
from watcher.view.when import iso

TEXT_MAX = 300
PAGES_SHOWN = 50
"""The newest; a night unacknowledged has some hundred, all alike."""


def incident(state: Incident) -> dict[str, Any]:
    """Everything that a person or a program asks of one incident."""
    opened = state.opened
    return {
        "id": state.id,
        "title": clean(opened.title, TEXT_MAX),
        "category": opened.category,
        "categories": list(state.categories),
        "status": state.status,
        "drill": opened.drill,
        "environment": opened.environment,
        "systems": [clean(name, TEXT_MAX) for name in state.systems],
        "service": opened.service,
        "rule": opened.signs[0].rule,
        "because": [clean(line, TEXT_MAX) for line in opened.signs[0].because],
        "started_at": iso(state.started_at),
        "detected_at": iso(state.detected_at),
        "opened_at": iso(opened.at),
        "acknowledged_by": state.acknowledged_by,
        "acknowledged_at": iso(state.acknowledged_at),
        "acknowledged_until": iso(state.acknowledged_until),
        "mitigated_at": iso(state.mitigated_at),
        "closed_at": iso(state.closed.at if state.closed else None),
        "outcome": state.closed.outcome if state.closed else None,
        "reopenings": state.reopenings,
        "recommendation": _recommendation(state),
        "decided": _decided(state),
        "judged": _judged(state),
        **progress(state),
        "changes": [_change(state, n) for n in range(len(state.changes))],
        "signals": [_signal(state, ref) for ref in state.watched],
        "pages": _pages(state.outbox.pages),
        "pages_pending": box.pending(state.outbox),
        "next_action_at": iso(decide.deadline(state)),
    }


def suspicion(state: Suspicion) -> dict[str, Any]:
    """The same of a suspicion."""
    sign = state.suspected.sign
    holder, until = held(state)
    return {
        "id": state.id,
        "title": clean(sign.title, TEXT_MAX),
        "category": sign.category,
        "status": state.status,
        "environment": state.suspected.environment,
        "systems": [sign.system] if sign.system else [],
        "rule": sign.rule,
        "because": [clean(line, TEXT_MAX) for line in sign.because],
        "detected_at": iso(sign.seen_at),
        "acknowledged_by": holder,
        "acknowledged_until": iso(until),
        "pages": _pages(state.outbox.pages),
        "pages_pending": box.pending(state.outbox),
    }


def held(state: Suspicion) -> tuple[str | None, datetime | None]:
    """Who looks at it, until when. Once it has rung again nobody does."""
    if state.held_until is None or (state.rang is not None and state.rang.at >= state.held_until):
        return None, None
    return state.held_by, state.held_until


def of(state: Incident | Suspicion) -> dict[str, Any]:
    return incident(state) if isinstance(state, Incident) else suspicion(state)


def listed(columns: Mapping[str, Any]) -> dict[str, Any]:
    """One line of a list, from the milestone columns alone."""
    return {
        "id": id_of(columns["name"]),
        "title": clean(columns["title"], TEXT_MAX),
        "category": columns["category"],
        "status": columns["status"],
        "drill": is_drill(columns),
        "environment": columns["environment"],
        "detected_at": iso(columns["detected_at"]),
        "acknowledged_at": iso(columns["acknowledged_at"]),
        "mitigated_at": iso(columns["mitigated_at"]),
        "closed_at": iso(columns["resolved_at"]),
        "outcome": columns["outcome"],
        "recommendation": columns["recommendation"],
    }


def is_drill(row: Mapping[str, Any]) -> bool:
    """A row says so in one of two ways: as it is stored, or as it was appended."""
    return bool(row.get("drill")) or row.get("class") == "drill"


def _seconds(duration: timedelta | None) -> float | None:
    return duration.total_seconds() if duration is not None else None


def _recommendation(state: Incident) -> dict[str, Any] | None:
    advice = state.recommended
    if advice is None:
        return None
    return {
        "choice": advice.choice,
        "letter": advice.letter,
        "headline": clean(advice.headline, TEXT_MAX),
        "because": list(advice.because),
        "against": list(advice.against),
        "missing": list(advice.missing),
        "blockers": list(advice.blockers),
        "mitigations": list(advice.mitigations),
        "at": iso(advice.at),
    }


def _decided(state: Incident) -> dict[str, Any] | None:
    """What a person chose, and whether it is what was recommended at that moment."""
    made = state.known.decided
    if made is None:
        return None
    return {
        "choice": made.choice,
        "recommended": made.recommended,
        "followed": made.followed,
        "by": made.by,
        "text": clean(made.text, TEXT_MAX),
        "at": iso(made.at),
    }


def _judged(state: Incident) -> dict[str, Any] | None:
    """Whether the recommendation was right, as a person says afterwards."""
    verdict = state.known.judged
    return {"right": verdict.right, "by": verdict.by, "at": iso(verdict.at)} if verdict else None


def _change(state: Incident, number: int) -> dict[str, Any]:
    change = state.changes[number]
    return {
        "version": clean(change.version, TEXT_MAX),
        "previous": change.previous and clean(change.previous, TEXT_MAX),
        "system": change.system,
        "deployed_at": iso(change.deployed_at),
        "migration": change.migration,
        "told_by": change.told_by,
    }


def _signal(state: Incident, ref: str) -> dict[str, Any]:
    watched = state.watched[ref]
    sign = watched.sign
    return {
        "source": sign.source,
        "key": sign.key,
        "title": clean(sign.title, TEXT_MAX),
        "category": sign.category,
        "rule": sign.rule,
        "system": sign.system,
        "component": sign.component,
        "seen_at": iso(sign.seen_at),
        "users": sign.users,
        "events": sign.events,
        "window_seconds": _seconds(sign.window),
        "release": sign.release,
        "failing": not watched.clean,
        "clean_since": iso(watched.clean_from),
    }


def _pages(pages: Mapping[int, Owed]) -> list[dict[str, Any]]:
    return [
        {
            "page": version,
            "kind": owed.request.kind,
            "purpose": owed.request.purpose,
            "title": clean(owed.request.title, TEXT_MAX),
            "requested_at": iso(owed.request.at),
            "receipts": receipts(owed),
        }
        for version, owed in list(pages.items())[-PAGES_SHOWN:]
    ]


def receipts(owed: Owed) -> dict[str, Any]:
    """How far each delivery of a page has come, by target."""
    return {target: _receipt(owed, attempt) for target, attempt in owed.attempts.items()}


def _receipt(owed: Owed, attempt: Attempt) -> dict[str, Any]:
    return {
        "contact": attempt.delivery.contact,
        "state": _how(owed, attempt),
        "attempts": attempt.tries,
        "retry_at": iso(attempt.retry_at) if not attempt.ended else None,
    }


def _how(owed: Owed, attempt: Attempt) -> str:
    """How far a delivery has come, in one word."""
    if attempt.accepted:
        return "accepted"
    if attempt.ended:
        return "failed"
    if owed.withdrawn:
        return "withdrawn"
    return "unknown" if attempt.maybe else "trying" if attempt.tries else "pending"
