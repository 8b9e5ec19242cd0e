"""What a calendar says: somebody has it from then to then. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHIFTS_MAX = 500
"""Five a day for a hundred days, kept in the log's memory (about 200 bytes each)."""
LABEL_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From `begins` up to but without `ends`. `person` is a contact; None where nobody of that name is known."""

    begins: datetime
    ends: datetime
    person: str | None
    label: str = ""  # the calendar's own words, masked; for people

    def holds(self, now: datetime) -> bool:
        return self.begins <= now < self.ends


def holding(shifts: Iterable[Shift], now: datetime) -> list[Shift]:
    """The shifts of a moment: the one that began last first, as a cover is put over a longer turn."""
    found = [shift for shift in shifts if shift.holds(now)]
    return sorted(found, key=lambda shift: (shift.begins, -shift.ends.timestamp()), reverse=True)


def uppermost(held: Iterable[Shift], known: Container[str]) -> Shift | None:
    """Of shifts that hold, the first of one who is known."""
    theirs = [shift for shift in held if shift.person in known]
    begun = max((shift.begins for shift in theirs), default=None)
    return min((s for s in theirs if s.begins == begun), key=lambda shift: shift.ends, default=None)


def kept(shifts: Iterable[Shift]) -> list[dict[str, str | None]]:
    """JSON values for the log's memory."""
    return [
        {"begins": s.begins.isoformat(), "ends": s.ends.isoformat(), "person": s.person, "label": s.label}
        for s in shifts
    ]


def recalled(memory: Any) -> tuple[Shift, ...]:
    """The last good copy, as it was remembered; none where nothing usable was."""
    return tuple(_recalled(memory)) if isinstance(memory, list) else ()


def _recalled(memory: list[Any]) -> Iterator[Shift]:
    for one in memory[:SHIFTS_MAX]:
        try:
            begins, ends = datetime.fromisoformat(one["begins"]), datetime.fromisoformat(one["ends"])
            yield Shift(begins=begins, ends=ends, person=one["person"], label=one["label"])
        except (KeyError, TypeError, ValueError):
            continue
