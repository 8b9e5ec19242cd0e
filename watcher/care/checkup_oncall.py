"""The check-up of on-call: is somebody named at every moment of the month ahead, and would they wake? Each with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from itertools import islice
from zoneinfo import ZoneInfo

from watcher.config import Config
from watcher.finding import Finding, Level
from watcher.oncall import moments
from watcher.oncall.names import named
from watcher.oncall.plan import Duty, Plan
from watcher.oncall.shift import Shift
from watcher.oncall.wall import shown
from watcher.roster import Roster
from watcher.sources.calendar import CalendarSource, Unseen
from watcher.world import World

AHEAD = timedelta(days=30)
SAID_MAX = 5
"""Gaps, and strangers; whoever mends them looks at the calendar anyway."""
PASSING = frozenset({"timeout", "unreachable", "rate_limited", "server_error"})
"""Reasons that may be gone in a minute; the others stay."""


def of_plan(config: Config, plan: Plan, now: datetime) -> Iterator[Finding]:
    """Who has it, who is next, where nobody is named, who would not wake."""
    zone = config.on_call.zone
    yield Finding("ok", f"on-call: {_who(plan, config, now)}")
    yield from _sleepers(config, plan, now)
    yield from _unfixed(config, now)
    if not config.on_call.rotation and config.on_call.ical is None:
        return
    for gap in islice(plan.gaps(now, AHEAD), SAID_MAX):
        span = _ahead(gap, now + AHEAD, zone)
        yield Finding("warning", f"on-call: nobody is named {span}; {gap.person} stands in, as the default")
    for label in plan.strangers(now, AHEAD)[:SAID_MAX]:
        mend = "write it under aliases of the contact that it means"
        yield Finding(
            "warning", f"calendar: {label!r} is no contact; {mend}, or only: for the summaries of shifts"
        )


def _ahead(gap: Duty, horizon: datetime, zone: ZoneInfo) -> str:
    """From when until when; one that is open where the look ahead ends has no end that is known."""
    if gap.ends is None or gap.ends >= horizon:
        return f"{moments.span(gap.begins, None, zone)} and on; {AHEAD.days} days are looked at"
    return moments.span(gap.begins, gap.ends, zone)


async def of_calendar(
    config: Config, world: World, *, offline: bool
) -> tuple[tuple[Shift, ...], list[Finding]]:
    """The shifts, and what there is to say of reading them. A file is no outside."""
    calendar = config.on_call.ical
    if calendar is None:
        return (), []
    if find_spec("icalendar") is None or find_spec("recurring_ical_events") is None:
        return (), [Finding("fault", "calendar: its library is not installed; install the extra called ical")]
    if offline and calendar.file is None:
        return (), [Finding("ok", "calendar: not read, for nobody outside is asked")]
    try:
        found = await CalendarSource(calendar, named(config.aliases), config.on_call.zone, world).reading()
    except Unseen as error:
        level: Level = "warning" if error.reason in PASSING else "fault"
        mend = "right now, or is on_call.ical wrong?"
        return (), [Finding(level, f"calendar: cannot be read ({error.detail}): {mend}")]
    said = [Finding("ok", f"calendar: {len(found.shifts)} shifts are read")]
    if found.more:
        said.append(
            Finding("warning", "calendar: it holds more shifts than are kept; the latest are left out")
        )
    return found.shifts, said


def _who(plan: Plan, config: Config, now: datetime) -> str:
    duty, after = plan.present(now)
    if after is None:
        return f"{duty.person} ({duty.via}), and nobody after them"
    until = moments.local(after.begins, config.on_call.zone)
    return f"{duty.person} ({duty.via}) until {until} ({config.on_call.zone.key}), then {after.person}"


def _sleepers(config: Config, plan: Plan, now: datetime) -> Iterator[Finding]:
    """Whoever has it now, or will by the calendar; of the default and the lists it is said without a plan."""
    present, roster = plan.person(now), Roster(config)
    listed = {config.on_call.default, *(who for one in config.on_call.rotations for who in one.people)}
    shifts = {shift.person for shift in plan.shifts if shift.person in plan.known}
    mend = "mark one with wakes: true (and for: wake)"
    if present != config.on_call.default and not roster.ringing(present):
        yield Finding("fault", f"on-call {present}: has it now, and no target of theirs wakes; {mend}")
    for person in sorted(who for who in shifts - listed - {present} if who and not roster.ringing(who)):
        yield Finding(
            "warning", f"on-call {person}: is in the calendar, and no target of theirs wakes; {mend}"
        )


def _unfixed(config: Config, now: datetime) -> Iterator[Finding]:
    """Without a start the place of a name on the list says whose week it is: another list shifts everybody."""
    people = config.on_call.rotation
    if config.on_call.start is not None or len(people) < 2:  # noqa: PLR2004 - nobody to be shifted
        return
    (first,) = config.on_call.rotations
    number = first.number(now)
    begins = shown(first.begins(number), config.on_call.zone).date()
    turned = ", ".join(first.people[(number + n) % len(people)] for n in range(len(people)))
    mend = f"write start: {begins}, with rotation: [{turned}]"
    yield Finding("warning", f"on-call: a change of the list would shift everybody; {mend}")
