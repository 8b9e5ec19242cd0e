"""Terminus (NestJS): what is well in `info`, what fails in `error`, all of it in `details`."""

from __future__ import annotations

from typing import Any

from rules.health.members import by_key, mapping
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {"up": "up", "down": "down"}
WHOLE: dict[str, HealthState] = {"ok": "up", "error": "down", "shutting_down": "down"}


def survey(document: Any) -> Survey | None:
    """None where it is another format. A service that shuts down says so: it was told to."""
    named = mapping(document)
    status = named.get("status")
    if not isinstance(status, str) or status not in WHOLE:
        return None
    if not any(isinstance(named.get(key), dict) for key in ("info", "error", "details")):
        return None
    parts = [part for key in ("details", "info", "error") for part in by_key(named.get(key), STATES)]
    return Survey(
        headline=WHOLE[status],
        parts=merged(parts),
        announced=status == "shutting_down",
    )
