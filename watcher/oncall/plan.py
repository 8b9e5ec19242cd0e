"""The plan: overrides over the calendar, the calendar over the rotation, and where none of them speaks the default. Pure.

At each moment exactly one person is on call. Whom the configuration does not know is passed over, never paged by a
name that leads nowhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from watcher.oncall import rotation as lists
from watcher.oncall.override import Override
from watcher.oncall.rotation import Rotation
from watcher.oncall.shift import Shift, holding, uppermost

Via = Literal["override", "calendar", "rotation", "default"]

AHEAD = timedelta(days=100)
"""So far a plan is read: a hand-over beyond is nobody's concern yet, and a calendar is read no further."""
STEPS_MAX = 2000
"""Changes looked through in that time: a daily list has a hundred, a calendar at its bound a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One person is on call from `begins` up to but without `ends`, and why it is they.

    `begins` is the moment that was asked for where a duty is read from its middle. `ends` is None where nothing in
    sight ends it.
    """

    person: str
    via: Via
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that says who is on call. `known` are the contacts there are."""

    default: str
    known: frozenset[str]
    rotations: tuple[Rotation, ...] = ()  # one after the other
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    backups: tuple[str, ...] = ()  # the contacts whose role it is

    def person(self, now: datetime) -> str:
        """Who is on call."""
        return self._who(now, holding(self.shifts, now))[0]

    def present(self, now: datetime) -> tuple[Duty, Duty | None]:
        """The duty of a moment, and the next one that is another person's."""
        duties = self.duties(now)
        first = next(duties)
        return first, next((duty for duty in duties if duty.person != first.person), None)

    def duties(self, start: datetime) -> Iterator[Duty]:
        """What follows from a moment on, one duty after the other without a gap, as far as is in sight."""
        near = _near(self.shifts)
        began, (person, via) = start, self._who(start, near(start))
        for edge in self._edges(start):
            other = self._who(edge, near(edge))
            if other != (person, via):
                yield Duty(person=person, via=via, begins=began, ends=edge)
                began, (person, via) = edge, other
        yield Duty(person=person, via=via, begins=began, ends=None)

    def gaps(self, now: datetime, ahead: timedelta) -> Iterator[Duty]:
        """Where nobody is named in the time ahead, and the default stands in; the end of the last is cut to it."""
        horizon = now + ahead
        for duty in self.duties(now):
            if duty.begins >= horizon:
                return
            if duty.via == "default":
                yield replace(duty, ends=min(duty.ends or horizon, horizon))

    def strangers(self, now: datetime, ahead: timedelta) -> tuple[str, ...]:
        """The calendar's words for people whom the configuration does not know, in the time ahead."""
        near = (s for s in self.shifts if s.ends > now and s.begins < now + ahead)
        return tuple(dict.fromkeys(s.label for s in near if s.person not in self.known))

    def backup(self, now: datetime) -> str | None:
        """Who stands behind the one on call: never the same person. None where there is nobody."""
        on_call = self.person(now)
        return next((who for who in self._candidates(now) if who in self.known and who != on_call), None)

    def _candidates(self, now: datetime) -> Iterator[str]:
        """1. Whose role it is. 2. Who has a shift too. 3. Whose shift comes next. 4. Next on the list. 5. The default."""
        yield from self.backups
        yield from (shift.person for shift in holding(self.shifts, now) if shift.person)
        ahead = sorted((s for s in self.shifts if s.begins > now), key=lambda shift: shift.begins)
        yield from (shift.person for shift in ahead if shift.person)
        listed = lists.phase(self.rotations, now)
        yield from listed.following(now) if listed is not None else ()
        yield self.default

    def _who(self, now: datetime, held: Sequence[Shift]) -> tuple[str, Via]:
        """`held` are the shifts of that moment."""
        named = ((who, via) for who, via in self._layers(now, held) if who is not None and who in self.known)
        return next(named, (self.default, "default"))

    def _layers(self, now: datetime, held: Sequence[Shift]) -> Iterator[tuple[str | None, Via]]:
        """The upper before the lower, which is not asked where the upper knows."""
        yield self._overriding(now), "override"
        yield self._on_shift(held), "calendar"
        yield self._in_turn(now), "rotation"

    def _overriding(self, now: datetime) -> str | None:
        held = [one for one in self.overrides if one.holds(now) and one.person in self.known]
        return max(held, key=lambda one: one.number).person if held else None

    def _on_shift(self, held: Sequence[Shift]) -> str | None:
        upper = uppermost(held, self.known)
        return upper.person if upper is not None else None

    def _in_turn(self, now: datetime) -> str | None:
        found = lists.turn(self.rotations, now)
        return found.person if found is not None else None

    def _edges(self, start: datetime) -> Iterator[datetime]:
        """Each moment after `start` at which somebody else may have it, in order."""
        horizon, now = start + AHEAD, start
        written = deque(sorted({edge for edge in self._written() if start < edge <= horizon}))
        for _ in range(STEPS_MAX):
            turning = [edge for edge in lists.edges(self.rotations, now) if now < edge <= horizon]
            following = [*turning, *([written[0]] if written else [])]
            if not following:
                return
            now = min(following)
            if written and written[0] == now:
                written.popleft()
            yield now

    def _written(self) -> Iterator[datetime]:
        """Where a shift or an override begins or ends."""
        for shift in self.shifts:
            yield from (shift.begins, shift.ends)
        for override in self.overrides:
            yield from (override.begins, override.ends)


def _near(shifts: Sequence[Shift]) -> Callable[[datetime], Sequence[Shift]]:
    """Asked for one moment after the other: the shifts that hold then, without a look at all of them each time."""
    ahead, begun = deque(sorted(shifts, key=lambda shift: shift.begins)), list[Shift]()

    def near(now: datetime) -> Sequence[Shift]:
        while ahead and ahead[0].begins <= now:
            begun.append(ahead.popleft())
        begun[:] = [shift for shift in begun if shift.ends > now]
        return begun

    return near
