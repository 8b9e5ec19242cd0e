"""Clusters in three colours (Elasticsearch, OpenSearch): green, yellow for missing replicas, red for missing data."""

from __future__ import annotations

from typing import Any

from rules.health.members import mapping
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {"green": "up", "yellow": "degraded", "red": "down"}


def survey(document: Any) -> Survey | None:
    """None where it is another format: only a cluster has a name and a colour."""
    named = mapping(document)
    status = named.get("status")
    if "cluster_name" not in named or not isinstance(status, str) or status not in STATES:
        return None
    return Survey(headline=STATES[status], parts=())
