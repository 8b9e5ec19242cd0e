"""Go libraries: failures by name beside the whole, or checks with their errors.

The first are hellofresh/health-go and etherlabsio/healthcheck, the second alexliesenfeld/health and InVisionApp/go-health.
"""

from __future__ import annotations

from typing import Any

from rules.health.members import all_named, by_key, items, mapping, state_of
from rules.health.parts import Part, merged
from rules.health.reading import line
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {
    **dict.fromkeys(("up", "ok"), "up"),
    **dict.fromkeys(("partially available", "degraded"), "degraded"),
    **dict.fromkeys(("down", "failed", "unavailable", "service unavailable"), "down"),
    "timeout during health check": "down",
    "unknown": "unknown",
}


def survey(document: Any) -> Survey | None:
    """None where it is another format."""
    named = mapping(document)
    headline = state_of(named.get("status"), STATES)
    if headline is None:
        return None
    for key in ("failures", "errors"):
        failed = items(named.get(key))
        if failed and all(isinstance(value, str) for _, value in failed):
            parts = merged(Part(name=name, state="down") for name, _ in failed)
            return Survey(headline=headline, parts=parts, version=_version(named))
    details = mapping(named.get("details"))
    if not all_named(details.values()) or not any(_measured(one) for one in details.values()):
        return None
    return Survey(headline=headline, parts=merged(by_key(details, STATES)), version=_version(named))


def _measured(check: Any) -> bool:
    return "status" in check and any(key in check for key in ("timestamp", "error", "check_time", "err"))


def _version(named: Any) -> str | None:
    """health-go names the component that it is part of."""
    version = mapping(named.get("component")).get("version", named.get("version"))
    return line(version) or None if isinstance(version, str) else None
