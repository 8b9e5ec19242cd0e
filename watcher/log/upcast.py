"""Upcasters: how an event of an older schema becomes one of the next. Pure, one a step, never removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]

UPCASTERS: dict[tuple[str, int], Callable[[Body], Body]] = {}
"""(type, schema) -> the function that answers the body of schema + 1. Fields that were only added need none."""


def lift(type_: str, schema: int, wanted: int, body: Body) -> Body:
    """The body in the wanted schema, one step at a time."""
    for step in range(schema, wanted):
        upcaster = UPCASTERS.get((type_, step))
        body = upcaster(body) if upcaster else body
    return body
