"""Durations: read from what people write, written the way they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rules.duration import Duration, span, words

READER: TypeAdapter[timedelta] = TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("30s", 30), ("24h", 86400), ("2d", 172800), ("1h30m", 5400), ("250ms", 0.25), ("0s", 0)],
)
def test_a_duration_is_read_with_its_units(text: str, seconds: float) -> None:
    """Days, hours, minutes, seconds and milliseconds, the larger first."""
    assert READER.validate_python(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value", [5, 0.5, "5", "", "m", "5 m", "30m1h", "-5m", "5m\n", True, None, ["5m"], "1e3s", "9" * 30 + "s"]
)
def test_what_has_no_unit_is_refused(value: Any) -> None:
    """A bare number, a wrong order or a sign is no duration."""
    with pytest.raises(ValidationError, match="duration"):
        READER.validate_python(value)


@given(st.integers(0, 10**11))
def test_a_duration_survives_being_written(milliseconds: int) -> None:
    """What is written is read back as the same."""
    duration = timedelta(milliseconds=milliseconds)
    assert span(words(duration)) == duration


def test_the_schema_says_how_to_write_it() -> None:
    """Editors learn the form from the schema."""
    assert READER.json_schema()["type"] == "string"
