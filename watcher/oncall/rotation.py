"""A rotation: a list of people that hands over at a local time, every so many days. Pure.

1. Turns are counted from a day that is written down, so that the same moment is always the same turn.
2. A turn lasts from one hand-over to the next: there is neither a gap nor an overlap, whatever the clocks do.
3. Another list begins on a day of its own; before it the former list goes on, so an edit shifts nobody in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watcher.oncall.wall import reached, shown

EPOCH = date(2024, 1, 1)
"""A Monday. Turns are counted from here where no start is written down."""
DAYS_MAX = 28
"""A turn is at most four weeks: whoever is on call for longer is simply on call."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One person's turn, from `begins` up to but without `ends`."""

    person: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """`people` in turn, each for `days`; the first of them from the hand-over on `start`."""

    people: tuple[str, ...]
    start: date
    at: time
    zone: ZoneInfo
    days: int
    fixed: bool = True  # the start was written down: before it nobody of this list is on call

    def begins(self, number: int) -> datetime:
        """When a turn begins; the one of `start` has the number 0."""
        return reached(self.start + number * self.days * _DAY, self.at, self.zone)

    def number(self, now: datetime) -> int:
        """The turn that a moment falls in."""
        number = (shown(now, self.zone).date() - self.start).days // self.days
        while self.begins(number) > now:
            number -= 1
        while self.begins(number + 1) <= now:
            number += 1
        return number

    def turn(self, now: datetime) -> Turn | None:
        """Whose turn it is; None before the written start."""
        number = self.number(now)
        if self.fixed and number < 0:
            return None
        person = self.people[number % len(self.people)]
        return Turn(person=person, begins=self.begins(number), ends=self.begins(number + 1))

    def following(self, now: datetime) -> tuple[str, ...]:
        """Everybody on the list, as they come up after the turn of this moment."""
        first = self.number(now) + 1
        return tuple(self.people[(first + n) % len(self.people)] for n in range(len(self.people)))


def first_day(weekday: int | None) -> date:
    """Where the count begins without a written start: the epoch's week, on the day of the hand-over."""
    return EPOCH + (weekday or 0) * _DAY


def phase(phases: tuple[Rotation, ...], now: datetime) -> Rotation | None:
    """The list that holds at a moment: the last one that has begun; None before the first."""
    begun = [one for one in phases if not one.fixed or one.begins(0) <= now]
    return begun[-1] if begun else None


def turn(phases: tuple[Rotation, ...], now: datetime) -> Turn | None:
    """Whose turn it is among lists that follow one another."""
    holding = phase(phases, now)
    return holding.turn(now) if holding is not None else None


def edges(phases: tuple[Rotation, ...], now: datetime) -> tuple[datetime, ...]:
    """The next moments at which it may be another's turn: a list may begin in the middle of a turn."""
    begins = [one.begins(0) for one in phases if one.fixed and one.begins(0) > now]
    found = turn(phases, now)
    return (*begins, found.ends) if found is not None else tuple(begins)
