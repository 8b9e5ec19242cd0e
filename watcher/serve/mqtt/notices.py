"""What is published: an open incident as JSON, and each fact as a line. Pure. Nothing of a security incident."""

from __future__ import annotations

import json
from typing import Any

from watcher.incident.event import PageAbandoned, PageAccepted, PageFailed, PageRequested
from watcher.incident.machines import id_of, kind_of
from watcher.incident.state import FINAL, Incident
from watcher.incident.suspicion import Suspicion
from watcher.log import Row
from watcher.view import summary
from watcher.view.timeline import line

SHOWN = (
    "id",
    "title",
    "category",
    "categories",
    "status",
    "environment",
    "systems",
    "service",
    "because",
    "started_at",
    "detected_at",
    "opened_at",
    "acknowledged_by",
    "acknowledged_at",
    "acknowledged_until",
    "mitigated_at",
    "reopenings",
)
"""Of an incident's summary; who is paged where, and what each signal says, stays here."""
ADVICE = ("choice", "headline", "missing")
TOLD = ("incident", "suspicion", "source", "deploys")
"""The streams whose facts are published."""
BOOKKEEPING = (PageRequested, PageAccepted, PageFailed, PageAbandoned)
"""Who was paged on which target is nobody else's business, and there is much of it."""


def is_secret(state: Any) -> bool:
    """Whether a stream is about security: on-call and CTO alone hear of it."""
    if isinstance(state, Incident):
        return "security" in state.categories
    return isinstance(state, Suspicion) and state.suspected.sign.category == "security"


def is_shown(state: Any) -> bool:
    """Whether it is an incident whose topic holds something: open, and no secret."""
    return isinstance(state, Incident) and state.status not in FINAL and not is_secret(state)


def incident(state: Incident) -> str:
    """The retained message of an open incident."""
    whole = summary.incident(state)
    advice = whole["recommendation"]
    shown = {name: whole[name] for name in SHOWN}
    shown["recommendation"] = advice and {name: advice[name] for name in ADVICE}
    shown["drill"] = state.opened.drill
    return json.dumps(shown)


def is_told(row: Row) -> bool:
    return kind_of(row.stream) in TOLD and not isinstance(row.event, BOOKKEEPING)


def fact(row: Row) -> str:
    """One fact, in words."""
    told = {"seq": row.seq, "id": id_of(row.stream), **line(row.event, {}).plain()}
    return json.dumps(told)
