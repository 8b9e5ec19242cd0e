"""Consul: checks of nodes and services, in a list, by id, or inside the nodes of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.health.members import all_named, by_name, each, mapping
from rules.health.parts import merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {
    "passing": "up",
    "warning": "degraded",
    "critical": "down",
    "maintenance": "down",
}
MAINTENANCE = ("_node_maintenance", "_service_maintenance")
"""The checks by which somebody takes a node or a service out on purpose."""


def survey(document: Any) -> Survey | None:
    """None where it is another format. A check that fails on some nodes and not on others is degraded."""
    checks = _checks(document)
    if not checks or not all("CheckID" in one and str(one.get("Status")) in STATES for one in checks):
        return None
    return Survey(
        headline=None,
        parts=merged(by_name(checks, STATES, names=("Name", "CheckID"), key="Status")),
        announced=any(str(one["CheckID"]).startswith(MAINTENANCE) for one in checks),
    )


def _checks(document: Any) -> list[Mapping[str, Any]]:
    """From `/v1/health/checks` and `/state`, `/v1/agent/checks`, `/v1/health/service`."""
    if isinstance(document, list) and all_named(document) and all("Checks" in one for one in each(document)):
        return [check for node in each(document) for check in each(node["Checks"])]
    if isinstance(document, list):
        return each(document)
    inner = list(mapping(document).values())
    return each(inner) if all_named(inner) else []
