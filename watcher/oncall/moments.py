"""Moments of a plan as people write and read them: in the zone of the hand-over. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from watcher.oncall.wall import reached

YEARS = range(2000, 2200)
"""Time zones are told for them, and a span added to them is still a date."""
TEXT_MAX = 40
"""A moment with its offset has 32 characters."""


def read(text: str, zone: ZoneInfo) -> datetime:
    """The moment meant by "2026-12-24 18:00": of `zone` where no offset is written. Raises ValueError with the mend."""
    try:
        found = datetime.fromisoformat(text.strip()) if len(text) <= TEXT_MAX else None
    except ValueError:
        found = None
    if found is not None and found.year in YEARS:
        aware = found.tzinfo is not None
        return found.astimezone(UTC) if aware else reached(found.date(), found.time(), zone)
    raise ValueError(
        f'write a moment as "2026-12-24 18:00" ({zone.key}), or with its offset, 2026-12-24T17:00Z'
    )


def span(begins: datetime, ends: datetime | None, zone: ZoneInfo) -> str:
    """From when until when, and where the clocks hang that show it."""
    until = f" until {local(ends, zone)}" if ends is not None else ""
    return f"from {local(begins, zone)}{until} ({zone.key})"


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Thu 2026-12-24 18:00."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M}"
