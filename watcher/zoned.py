"""Times in a page: in UTC, which everybody shares, and on the clock of those who are on call. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"(?<![\d:])([01]\d|2[0-3]):([0-5]\d) UTC\b")


def zoned(text: str, zone: ZoneInfo, near: datetime) -> str:
    """The text with "(04:12 Berlin)" behind each "03:12 UTC"; as it is where the zone's clock shows the same.

    A time without a day is of the day of `near`, or of the one before: pages speak of what has just been.
    """

    def both(found: re.Match[str]) -> str:
        at = near.replace(hour=int(found[1]), minute=int(found[2]))
        local = (at if at <= near + timedelta(hours=12) else at - timedelta(days=1)).astimezone(zone)
        return f"{found[0]} ({local:%H:%M} {place})" if local.utcoffset() else found[0]

    place = zone.key.rpartition("/")[2].replace("_", " ")
    return _CLOCK.sub(both, text)
