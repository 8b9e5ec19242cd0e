"""Local wall time as a moment. Pure.

The rule: a wall time is reached when the clocks of its zone first show it, or a later one. So what falls in the hour
that is skipped is reached when the clocks jump, and of an hour that comes twice the first one counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def reached(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which the clocks of the zone first show this time of this day, or a later one."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if shown(first, zone) == wall:
        return first
    return _jump(wall, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of the zone show: a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _jump(wall: datetime, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks jump over `wall`: between the two readings that the zone's offsets around the jump give."""
    while after - before > SECOND:
        middle = before + (after - before) // 2
        if shown(middle, zone) >= wall:
            after = middle
        else:
            before = middle
    return _whole(after)


def _whole(moment: datetime) -> datetime:
    """Clocks jump at a whole second; halving comes within one of it, from above."""
    return moment.replace(microsecond=0)
