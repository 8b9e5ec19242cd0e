"""MicroProfile Health (Quarkus, Open Liberty, Payara): a list of checks, UP or DOWN."""

from __future__ import annotations

from typing import Any

from rules.health.members import by_name, each, mapping, state_of
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {"up": "up", "down": "down"}


def survey(document: Any) -> Survey | None:
    """None where it is another format. Its first version said `outcome` and `state`."""
    named = mapping(document)
    headline = state_of(named.get("status", named.get("outcome")), STATES)
    checks = each(named.get("checks"))
    key = "status" if "status" in named else "state"
    if (
        headline not in {"up", "down"}
        or not checks
        or not all("name" in one and key in one for one in checks)
    ):
        return None
    return Survey(headline=headline, parts=merged(by_name(checks, STATES, key=key)))
