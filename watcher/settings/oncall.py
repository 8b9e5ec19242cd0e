"""What the configuration says of who is on call: a list that hands over, a calendar, and whoever stands in for both."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from rules.duration import Duration
from watcher.oncall.names import folded
from watcher.oncall.rotation import DAYS_MAX, Rotation, first_day
from watcher.settings.quiet import Zone
from watcher.settings.secret import Address, Settings

PEOPLE_MAX = 100
"""On a list; a month of days, three times over."""
LISTS_MAX = 20
"""Lists that follow one another; those that are over may be deleted."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HANDOVER = re.compile(r"(?:([A-Za-z]{3}) )?([01]\d|2[0-3]):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY, _WEEK = timedelta(days=1), 7

Place = tuple[str | int, ...]
Problem = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Handover:
    """A time of day, on one day of the week or (None) on every day."""

    weekday: int | None
    at: time


def _handover(value: Any) -> Any:
    if isinstance(value, Handover):
        return value
    match = _HANDOVER.fullmatch(value) if isinstance(value, str) else None
    day = match[1].lower() if match is not None and match[1] else None
    if match is None or (day is not None and day not in DAYS):
        raise ValueError('a hand-over is written "Mon 09:00", or "09:00" for every day')
    return Handover(DAYS.index(day) if day is not None else None, time(int(match[2]), int(match[3])))


def _date(value: Any) -> Any:
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("a day is written 2026-11-23")
    return value


HandoverTime = Annotated[Handover, BeforeValidator(_handover)]
Day = Annotated[date, BeforeValidator(_date)]
People = Annotated[tuple[str, ...], Field(max_length=PEOPLE_MAX)]


class Calendar(Settings):
    """An iCalendar address or file. A private address opens the calendar to whoever knows it: it is a secret."""

    url: Address | None = None
    file: Path | None = None
    only: str | None = (
        None  # words that the summary of a shift holds, where the calendar has other events as well
    )
    every: Duration = Field(timedelta(minutes=5), ge=timedelta(seconds=10), le=timedelta(days=1))
    timeout: Duration = Field(timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(minutes=1))


class Later(Settings):
    """Another list, from the hand-over on its start."""

    start: Day
    rotation: People = Field(min_length=1)


class OnCall(Settings):
    """`default` is whoever has it where nothing else says: the first of the list where it is not written."""

    default: str
    rotation: People = ()
    handover: HandoverTime = Handover(0, time(9))
    every: Duration | None = None
    zone: Zone = ZoneInfo("UTC")
    start: Day | None = None  # the day on which the first of the list begins
    then: tuple[Later, ...] = Field((), max_length=LISTS_MAX)
    ical: Calendar | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_default(cls, value: Any) -> Any:
        listed = value.get("rotation") if isinstance(value, dict) and "default" not in value else None
        return {**value, "default": listed[0]} if isinstance(listed, list) and listed else value

    @property
    def days(self) -> int:
        """How long a turn is."""
        if self.every is not None:
            return self.every.days
        return _WEEK if self.handover.weekday is not None else 1

    @property
    def rotations(self) -> tuple[Rotation, ...]:
        """The lists, one after the other."""
        first = ((self.start, self.rotation),) if self.rotation else ()
        return tuple(self._list(*one) for one in (*first, *((one.start, one.rotation) for one in self.then)))

    def _list(self, start: date | None, people: tuple[str, ...]) -> Rotation:
        return Rotation(
            people=people,
            start=start or first_day(self.handover.weekday),
            at=self.handover.at,
            zone=self.zone,
            days=self.days,
            fixed=start is not None,
        )


def problems(on_call: OnCall, contacts: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """What does not fit, each with its mend. `contacts` are their names with their aliases."""
    yield from _people(on_call, contacts)
    yield from _aliases(contacts)
    yield from _turns(on_call)
    yield from _starts(on_call)
    if on_call.ical is not None and (on_call.ical.url is None) == (on_call.ical.file is None):
        yield ("on_call", "ical"), "a calendar is one of url and file"


def _people(on_call: OnCall, contacts: Collection[str]) -> Iterator[Problem]:
    listed: list[tuple[Place, str]] = [
        (("on_call", "rotation", n), who) for n, who in enumerate(on_call.rotation)
    ]
    for number, later in enumerate(on_call.then):
        listed += [(("on_call", "then", number, "rotation", n), who) for n, who in enumerate(later.rotation)]
    for path, who in ((("on_call", "default"), on_call.default), *listed):
        if who not in contacts:
            yield path, f"there is no contact {who!r}; name it under contacts"


def _aliases(contacts: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    meant: dict[str, str] = {folded(name): name for name in contacts}
    for name, aliases in contacts.items():
        for alias in aliases:
            if meant.setdefault(folded(alias), name) != name:
                yield (
                    ("contacts", name, "aliases"),
                    f"{alias!r} means {meant[folded(alias)]} as well; a calendar's word must mean one person",
                )


def _turns(on_call: OnCall) -> Iterator[Problem]:
    every, weekday = on_call.every, on_call.handover.weekday
    if every is None:
        return
    if every % _DAY or not _DAY <= every <= DAYS_MAX * _DAY:
        yield ("on_call", "every"), f"a turn lasts whole days: 1d to {DAYS_MAX}d"
    elif weekday is not None and every.days % _WEEK:
        yield (
            ("on_call", "every"),
            f"a hand-over on a {LONG_DAYS[weekday]} comes every 7d, 14d, 21d or 28d; without a day: handover: 09:00",
        )


def _starts(on_call: OnCall) -> Iterator[Problem]:
    if on_call.start is not None and not on_call.rotation:
        yield ("on_call", "start"), "nobody is on a list that could start; write rotation: [...]"
    if on_call.then and on_call.rotation and on_call.start is None:
        yield (
            ("on_call", "start"),
            "a list that another follows needs its own start: the day on which its first began",
        )
    starts: list[tuple[Place, date | None]] = [(("on_call", "start"), on_call.start)]
    starts += [(("on_call", "then", n, "start"), later.start) for n, later in enumerate(on_call.then)]
    before: date | None = None
    for path, start in starts:
        if start is None:
            continue
        yield from _weekday(path, start, on_call.handover.weekday)
        if before is not None and start <= before:
            yield path, f"lists follow one another: this one starts after {before}"
        before = start


def _weekday(path: Place, start: date, weekday: int | None) -> Iterator[Problem]:
    """A start on another day would leave open whose the days between are."""
    if weekday is None or start.weekday() == weekday:
        return
    before = start - (start.weekday() - weekday) % _WEEK * _DAY
    said = (
        f"{start} is a {LONG_DAYS[start.weekday()]}, the hand-over is on a {LONG_DAYS[weekday]}: "
        f"write {before} or {before + _WEEK * _DAY}"
    )
    yield path, said
