"""health+json of the IETF draft: `checks` holds, by "component:measurement", lists of measurements."""

from __future__ import annotations

from typing import Any

from rules.health.members import MEMBERS_MAX, all_named, each, items, mapping, state_of
from rules.health.parts import Part, merged
from rules.health.reading import line
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {
    **dict.fromkeys(("pass", "ok", "up"), "up"),
    "warn": "degraded",
    **dict.fromkeys(("fail", "error", "down"), "down"),
}


def survey(document: Any) -> Survey | None:
    """None where it is another format. The release is `releaseId`; `version` is that of the interface."""
    named = mapping(document)
    checks = items(named.get("checks"))
    if not checks or not all(isinstance(one, list) and all_named(one) for _, one in checks):
        return None
    parts = [
        Part(name=name, state=state)
        for name, measured in checks
        for one in each(measured)
        if (state := state_of(one.get("status"), STATES)) is not None
    ]
    release = named.get("releaseId") or named.get("version")
    return Survey(
        headline=state_of(named.get("status"), STATES),
        parts=merged(parts[:MEMBERS_MAX]),
        version=line(release) or None if isinstance(release, str) else None,
    )
