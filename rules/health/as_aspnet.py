"""ASP.NET Core: Healthy, Degraded or Unhealthy, with `entries` (the usual writer) or `results` (its manual's example)."""

from __future__ import annotations

from typing import Any

from rules.health.members import all_named, by_key, items, mapping, state_of
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {"healthy": "up", "degraded": "degraded", "unhealthy": "down"}


def survey(document: Any) -> Survey | None:
    """None where it is another format."""
    named = {name.casefold(): value for name, value in items(document)}
    status = named.get("status")
    if not isinstance(status, str) or status.casefold() not in STATES:
        return None
    for key in ("entries", "results"):
        found = mapping(named.get(key))
        if all_named(found.values()):
            small = {name: {k.casefold(): v for k, v in items(one)} for name, one in items(found)}
            return Survey(headline=state_of(status, STATES), parts=merged(by_key(small, STATES)))
    return None
