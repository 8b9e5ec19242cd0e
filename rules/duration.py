"""Durations as people write them: 30s, 5m, 1h30m, 2d, 250ms."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN = r"^(?=.)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,9}s)?(\d{1,9}ms)?$"
_DURATION = re.compile(PATTERN.replace("$", r"\Z"))
KEPT = 1_024
"""Written spans that are kept: every reason names a window, and there are a handful."""

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def span(text: str) -> timedelta:
    """Read "1h30m" as a time span; ValueError says how to write it."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError("not a duration: write 30s, 5m, 1h30m, 2d or 250ms, the larger unit first")
    return timedelta(
        milliseconds=sum(
            int((part or "0").rstrip("dhms")) * unit
            for part, (_, unit) in zip(match.groups(), _UNITS, strict=True)
        )
    )


@lru_cache(maxsize=KEPT)
def words(duration: timedelta) -> str:
    """Write a time span the way it is read: "1h30m"; "0s" for none."""
    left = round(duration / timedelta(milliseconds=1))
    parts = []
    for name, unit in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts) or "0s"


def _read(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"a duration needs its unit: write {value:g}s, {value:g}m or {value:g}h")  # noqa: TRY004
    if not isinstance(value, str):
        raise ValueError("a duration is text such as 30s, 5m or 2d")  # noqa: TRY004
    return span(value)


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(words, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["30s", "5m", "1h30m", "2d"]}),
]
"""A time span in a model, read from "5m" and never from a bare number."""
