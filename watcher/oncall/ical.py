"""An iCalendar text as shifts. Pure.

A calendar comes from outside: what no check of a text foresees is bounded by the process that reads it (`sources.apart`).
Its library is an extra of the installation (`ical`) and is imported when a calendar is read, for it costs a fifth of a
second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.mask import clean, mask
from watcher.oncall.names import Names
from watcher.oncall.plan import AHEAD
from watcher.oncall.shift import LABEL_MAX, SHIFTS_MAX, Shift
from watcher.oncall.wall import reached

BEFORE = timedelta(days=2)
"""What has just ended is read as well: a clock set back finds somebody all the same."""
EVENTS_MAX = 1000
WORK_MAX = 1_000_000
"""Repetitions to be counted through, from each rule's first day on: about two seconds."""
TOO_MUCH = "it takes too long, or too much memory, to be read; give on-call a calendar of its own"
UNKNOWN_MAX = 10
"""Names that are said to be unknown; the rest is as unknown."""
_PER_DAY = {"SECONDLY": 86_400.0, "MINUTELY": 1440.0, "HOURLY": 24.0, "WEEKLY": 1 / 7}
_LISTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


class NotReadable(Exception):  # noqa: N818 - it is the calendar's state
    """A text that is no calendar, or one that cannot be read as a whole. The words are safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a calendar says of the days to come."""

    shifts: tuple[Shift, ...]
    unknown: tuple[str, ...] = ()  # words that mean no contact
    more: bool = False  # there were more shifts than are kept


def read(text: str, names: Names, zone: ZoneInfo, now: datetime, only: str | None = None) -> Reading:
    """The shifts from two days back to a hundred ahead; of those alone whose summary holds `only`. Raises NotReadable.

    Whole days, and times without a zone, are of `zone`.
    """
    try:
        found = _occurrences(text, now)
        shifts = sorted(_shifts(found, names, zone, only), key=lambda shift: (shift.begins, shift.ends))
    except NotReadable:
        raise
    except MemoryError:
        raise NotReadable(TOO_MUCH) from None
    except ImportError:
        raise NotReadable("its library is not installed: the extra called ical") from None
    except Exception as error:  # noqa: BLE001 - the library raises what it likes; its words may hold the calendar's
        raise NotReadable(f"it cannot be read as a calendar ({type(error).__name__})") from None
    unknown = dict.fromkeys(shift.label for shift in shifts if shift.person is None and shift.ends > now)
    return Reading(
        shifts=tuple(shifts[:SHIFTS_MAX]),
        unknown=tuple(unknown)[:UNKNOWN_MAX],
        more=len(shifts) > SHIFTS_MAX,
    )


def _occurrences(text: str, now: datetime) -> list[Any]:
    import icalendar
    import recurring_ical_events

    calendar = icalendar.Calendar.from_ical(text)
    if calendar.name != "VCALENDAR":
        raise NotReadable("it is no calendar")
    _sound(calendar.walk("VEVENT"), now + AHEAD)
    found: list[Any] = recurring_ical_events.of(calendar).between(now - BEFORE, now + AHEAD)
    return found


def _sound(events: list[Any], until: datetime) -> None:
    """Whether it can be read as a whole: what is left out would be a gap that nobody hears of. Raises NotReadable."""
    if len(events) > EVENTS_MAX:
        raise NotReadable(f"it holds more than {EVENTS_MAX} events; give on-call a calendar of its own")
    if any("DTSTART" not in event or _broken(event) for event in events):
        raise NotReadable("the times of an event cannot be read")
    if any(_backwards(event) for event in events):
        raise NotReadable("an event ends before it begins")
    if any(_homeless(event.get(name)) for event in events for name in ("DTSTART", "DTEND")):
        raise NotReadable("the time zone of an event is not known")
    if sum(_work(event, until.year) for event in events) > WORK_MAX:
        raise NotReadable("its events repeat too often")


def _broken(event: Any) -> bool:
    return any(str(name).upper() in _TIMES for name, _ in event.errors)


def _backwards(event: Any) -> bool:
    """Its library would turn the two round."""
    begins, ends = event["DTSTART"].dt, getattr(event.get("DTEND"), "dt", None)
    if isinstance(begins, datetime) != isinstance(ends, datetime):
        return False  # of two kinds, or without an end
    return bool(ends is not None and (_plain(ends) < _plain(begins)))


def _plain(value: date | datetime) -> date | datetime:
    """Comparable with each other: one with a zone, one without."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _homeless(value: Any) -> bool:
    """A time that names a zone, and was read without one."""
    moment = getattr(value, "dt", None)
    return isinstance(moment, datetime) and moment.tzinfo is None and "TZID" in value.params


def _work(event: Any, until: int) -> float:
    """How many repetitions an event's rules are counted through, roughly."""
    rules = event.get("RRULE", [])
    days: int = 366 * max(1, until + 1 - event["DTSTART"].dt.year)
    return sum(days * _often(dict(rule)) for rule in (rules if isinstance(rules, list) else [rules]))


def _often(rule: dict[str, list[Any]]) -> float:
    often: float = max(_PER_DAY.get(str(word).upper(), 1.0) for word in rule.get("FREQ", ["DAILY"]))
    for name in _LISTS:
        often *= max(1, len(rule.get(name, ())))
    return often


def _shifts(found: list[Any], names: Names, zone: ZoneInfo, only: str | None) -> Iterator[Shift]:
    for event in found:
        summary = str(event.get("SUMMARY", ""))
        begins, ends = _moment(event.start, zone), _moment(event.end, zone)
        cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
        if cancelled or ends <= begins or (only and only.casefold() not in summary.casefold()):
            continue
        person = names.meant(summary, _invited(event))
        yield Shift(begins=begins, ends=ends, person=person, label=_label(summary))


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    at = value.time() if isinstance(value, datetime) else time(0)
    return reached(value.date() if isinstance(value, datetime) else value, at, zone)


def _invited(event: Any) -> list[str]:
    asked = event.get("ATTENDEE", [])
    people = asked if isinstance(asked, list) else [asked]
    return [str(word) for one in people for word in (one, getattr(one, "params", {}).get("CN", "")) if word]


def _label(summary: str) -> str:
    return " ".join(clean(mask(summary), LABEL_MAX).split()) or "an event without a name"
