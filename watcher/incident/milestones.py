"""The milestones of an incident: what metrics and lists need, kept beside its stream. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from watcher.incident.event import Event, MarkedFalse, PageAccepted, Resolved
from watcher.incident.state import Incident


def columns(state: Incident, former: dict[str, Any], events: tuple[Event, ...]) -> dict[str, Any]:
    """The milestone columns after these events; `former` holds those from before them."""
    return {
        "category": state.opened.category,
        "status": state.status,
        "environment": state.opened.environment,
        "title": state.opened.title,
        "started_at": state.started_at,
        "detected_at": state.detected_at,
        "opened_at": state.opened.at,
        "paged_at": former.get("paged_at") or _first_page(state, events),
        "acknowledged_at": state.acknowledged_at,
        "decided_at": state.known.decisions[0].at if state.known.decisions else None,
        "decision": state.known.chosen,
        "mitigated_at": state.mitigated_at,
        "resolved_at": former.get("resolved_at") or _last(events, (Resolved, MarkedFalse)),
        "outcome": state.closed.outcome if state.closed else None,
        "recommendation": state.recommended.choice if state.recommended else None,
        "deployment_caused": state.closed.deployment_caused if state.closed else None,
        "reopenings": state.reopenings,
    }


def _first_page(state: Incident, events: tuple[Event, ...]) -> datetime | None:
    """When a target first accepted a page that wakes: a fallback's acceptance counts as well."""
    wakes = {v for v, owed in state.outbox.pages.items() if owed.request.kind == "wake"}
    return next((e.at for e in events if isinstance(e, PageAccepted) and e.page in wakes), None)


def _last(events: tuple[Event, ...], kinds: tuple[type[Event], ...]) -> datetime | None:
    return next((e.at for e in reversed(events) if isinstance(e, kinds)), None)
