"""Whether a release is in use, as a Sentry counts it. Pure."""

from __future__ import annotations

from typing import Any

from watcher.evidence.tables import SESSIONS
from watcher.incident.release import same, short
from watcher.sources.sentry.row import mapping
from watcher.sources.sentry.table import EVENTS, number, rows_of
from watcher.sources.sentry.text import word

RELEASE_MAX = 200


def of_events(body: Any, version: str) -> str | None:
    """How many events name the release, in words; None where none does."""
    counts = (number(row.get(EVENTS)) or 0 for row in rows_of(body) if _is(row.get("release"), version))
    total = sum(counts)
    return f"{total} events of {short(version)}" if total else None


def of_sessions(body: Any, version: str) -> str | None:
    """How many sessions the release has, in words; None where it has none."""
    groups = mapping(body).get("groups")
    rows = [mapping(group) for group in groups] if isinstance(groups, list) else []
    mine = [row for row in rows if _is(mapping(row.get("by")).get("release"), version)]
    total = sum(number(mapping(row.get("totals")).get(SESSIONS)) or 0 for row in mine)
    return f"{total} sessions of {short(version)}" if total else None


def _is(release: Any, version: str) -> bool:
    name = word(release, RELEASE_MAX)
    return bool(name) and same(name, version)
