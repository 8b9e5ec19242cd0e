"""Quiet hours: when updates and reminders wait. Never a page, a suspicion or a blind eye."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from watcher.settings.secret import Settings

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def _time(value: Any) -> Any:
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a time of day is written "22:00"')
    return time(int(match[1]), int(match[2]))


def _zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError("no such time zone; write Europe/Berlin, America/New_York, UTC ...") from None


TimeOfDay = Annotated[time, BeforeValidator(_time)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]


class QuietHours(Settings):
    """From one time of day to another, over midnight where it must be."""

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    zone: Zone = ZoneInfo("UTC")

    def hold(self, now: datetime) -> bool:
        """Whether it is quiet now."""
        local = now.astimezone(self.zone).time()
        if self.from_ <= self.to:
            return self.from_ <= local < self.to
        return local >= self.from_ or local < self.to
