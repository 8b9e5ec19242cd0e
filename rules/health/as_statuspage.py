"""Status pages (Atlassian Statuspage and those that speak like it): an indicator for the whole, a list of components."""

from __future__ import annotations

from typing import Any

from rules.health.members import by_name, mapping
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

WHOLE: dict[str, HealthState] = {
    "none": "up",
    "minor": "degraded",
    "major": "down",
    "critical": "down",
    "maintenance": "down",
}
STATES: dict[str, HealthState] = {
    "operational": "up",
    "degraded_performance": "degraded",
    "partial_outage": "degraded",
    "major_outage": "down",
    "under_maintenance": "down",
}


def survey(document: Any) -> Survey | None:
    """None where it is another format."""
    named = mapping(document)
    indicator = mapping(named.get("status")).get("indicator")
    if not isinstance(indicator, str) or indicator not in WHOLE:
        return None
    return Survey(
        headline=WHOLE[indicator],
        parts=merged(by_name(named.get("components"), STATES)),
        announced=indicator == "maintenance",
    )
