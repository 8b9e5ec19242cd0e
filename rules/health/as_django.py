"""django-health-check: each check by its name, "working" or what is wrong with it; nothing stands beside them."""

from __future__ import annotations

from typing import Any

from rules.health.members import items
from rules.health.parts import Part, merged
from rules.health.survey import Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {
    "working": "up",
    "ok": "up",
    "warning": "degraded",
    "unavailable": "down",
    "unexpected result": "down",
    "unknown error": "down",
}
"""How a value begins."""


def survey(document: Any) -> Survey | None:
    """None where it is another format: one value is no result, or none of them is the library's own "working"."""
    found = [(name, _state(value)) for name, value in items(document)]
    if not any(
        str(value).casefold() in {"working", "ok"} or ": " in str(value) for _, value in items(document)
    ):
        return None
    if not found or any(state is None for _, state in found) or not _of_django(document):
        return None
    return Survey(headline=None, parts=merged(Part(name=name, state=state) for name, state in found if state))


def _state(value: Any) -> HealthState | None:
    if not isinstance(value, str):
        return None
    start = value.strip().casefold()[:40]
    if start in {"working", "ok"}:
        return "up"
    return next((state for word, state in STATES.items() if start.startswith(f"{word}:")), None)


def _of_django(document: Any) -> bool:
    """The names of its checks: "Cache backend: default", "DatabaseBackend", "Database(alias='default')"."""
    return any(
        name.endswith(("Backend", "HealthCheck", "Check")) or "backend" in name.casefold() or "(" in name
        for name, _ in items(document)
    )
