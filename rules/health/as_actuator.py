"""Spring Boot's Actuator: components within components; the failing ones farthest inside are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.health.members import all_named, items, mapping, state_of
from rules.health.parts import Part, merged
from rules.health.survey import DEPTH_MAX, Survey
from rules.signal import HealthState

STATES: dict[str, HealthState] = {"up": "up", "down": "down", "out_of_service": "down", "unknown": "unknown"}
_BAD = frozenset({"down", "degraded"})


def survey(document: Any) -> Survey | None:
    """None where it is another format. Until Spring Boot 2.1 `details` held what `components` holds now."""
    named = mapping(document)
    if not isinstance(named.get("status"), str) or not named["status"].isupper():
        return None
    inner = _components(named)
    if not inner and not isinstance(named.get("groups"), list):
        return None
    return Survey(headline=state_of(named["status"], STATES), parts=merged(_parts(inner, "", 0)))


def _components(named: Any) -> list[tuple[str, Any]]:
    """Members with a state; `details` of a component are free values."""
    for key in ("components", "details"):
        inner = items(mapping(named).get(key))
        if inner and all_named(one for _, one in inner) and all("status" in one for _, one in inner):
            return inner
    return []


def _parts(components: list[tuple[str, Any]], path: str, depth: int) -> Iterator[Part]:
    for name, one in components if depth < DEPTH_MAX else ():
        full = f"{path}.{name}" if path else name
        inner = list(_parts(_components(one), full, depth + 1))
        state = state_of(one.get("status"), STATES)
        if any(part.state in _BAD for part in inner):
            yield from (part for part in inner if part.state in _BAD)
        elif state is not None:
            yield Part(name=full, state=state)
