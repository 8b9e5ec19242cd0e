"""Laravel with spatie/laravel-health: results that a scheduler left, and when it did."""

from __future__ import annotations

from typing import Any

from rules.health.members import all_named, by_name, mapping
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {
    "ok": "up",
    "warning": "degraded",
    "failed": "down",
    "crashed": "down",  # the check itself raised: what it asked did not answer
    "skipped": "unknown",
}


def survey(document: Any) -> Survey | None:
    """None where it is another format. `finishedAt` is a time in seconds: old results say nothing of now."""
    named = mapping(document)
    results = named.get("checkResults")
    if not isinstance(results, list) or not (not results or all_named(results)):
        return None
    found = [
        part for part in merged(by_name(results, STATES, names=("name", "label"))) if part.state != "unknown"
    ]
    finished = named.get("finishedAt")
    return Survey(
        headline=None if found else "unknown",
        parts=tuple(found),
        taken_at=finished if isinstance(finished, int) and not isinstance(finished, bool) else None,
    )
