"""Lists of people: who begins, what an edit changes, and what stands above and below a list."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watcher.oncall.override import Override
from watcher.oncall.plan import Plan
from watcher.oncall.rotation import Rotation, first_day
from watcher.oncall.shift import Shift

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
"""A Wednesday, 04:00 in Berlin."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = frozenset({"ann", "bob", "cara", "dan"})


def weekly(*people: str, start: date = date(2026, 11, 23), fixed: bool = True) -> Rotation:
    return Rotation(people=people, start=start, at=time(9), zone=BERLIN, days=7, fixed=fixed)


def plan(*rotations: Rotation, shifts: tuple[Shift, ...] = (), overrides: tuple[Override, ...] = ()) -> Plan:
    return Plan(default="dan", known=KNOWN, rotations=rotations, shifts=shifts, overrides=overrides)


def shift(person: str | None, begins: float, ends: float) -> Shift:
    """From and to in hours from now."""
    return Shift(begins=NOW + begins * HOUR, ends=NOW + ends * HOUR, person=person, label=str(person))


def override(person: str, begins: float, ends: float, number: int = 1) -> Override:
    return Override(
        number=number,
        person=person,
        begins=NOW + begins * HOUR,
        ends=NOW + ends * HOUR,
    )


def test_the_first_of_the_list_begins_on_the_start() -> None:
    """And hands over a week later, at nine in the morning of the zone."""
    duty = plan(weekly("ann", "bob")).present(NOW)[0]
    assert (duty.person, duty.via) == ("ann", "rotation")
    assert duty.ends == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_nobody_hands_over_twice_where_clocks_go_back_over_midnight() -> None:
    """In Newfoundland at 00:01, to 23:01 of the day before: what was reached stays reached."""
    zone = ZoneInfo("America/St_Johns")
    nightly = Rotation(people=("ann", "bob"), start=date(2010, 11, 6), at=time(0), zone=zone, days=1)
    begins = nightly.begins(1)
    assert begins == datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert (begins + timedelta(minutes=30)).astimezone(zone).date() == date(2010, 11, 6)
    assert {nightly.number(begins + timedelta(minutes=n)) for n in range(90)} == {1}


def test_before_a_written_start_the_default_is_on_call() -> None:
    """A list that begins next week says nothing of this one."""
    later = plan(weekly("ann", "bob", start=date(2026, 11, 30)))
    assert (later.present(NOW)[0].person, later.present(NOW)[0].via) == ("dan", "default")
    assert later.present(NOW)[0].ends == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_without_a_start_the_turns_are_counted_from_a_fixed_week() -> None:
    """The same at every start of the program, and before and after it."""
    endless = plan(weekly("ann", "bob", start=first_day(0), fixed=False))
    assert endless.person(NOW) != endless.person(NOW + 7 * DAY)
    assert endless.person(NOW) == endless.person(NOW + 14 * DAY) == endless.person(NOW - 52 * 7 * DAY)
    assert endless.present(datetime(2020, 1, 1, tzinfo=UTC))[0].via == "rotation"


def test_a_list_that_follows_shifts_nobody_before_its_day() -> None:
    """Cara joins in December: until then every turn is as it was, and then it begins with whom the new list names."""
    before = plan(weekly("ann", "bob"))
    after = plan(weekly("ann", "bob"), weekly("bob", "cara", "ann", start=date(2026, 12, 7)))
    begins = datetime(2026, 12, 7, 8, tzinfo=UTC)
    for hours in range(int((begins - NOW) / HOUR)):
        moment = NOW + hours * HOUR
        assert before.person(moment) == after.person(moment)
    assert [after.person(begins + n * 7 * DAY) for n in range(4)] == ["bob", "cara", "ann", "bob"]
    assert after.person(begins - timedelta(microseconds=1)) == "bob"


def test_a_list_that_follows_in_the_middle_of_a_turn_ends_it() -> None:
    """Of a fortnight the second week goes to the new list."""
    fortnight = Rotation(people=("ann", "bob"), start=date(2026, 11, 23), at=time(9), zone=BERLIN, days=14)
    new = Rotation(people=("cara",), start=date(2026, 11, 30), at=time(9), zone=BERLIN, days=14)
    found = plan(fortnight, new)
    assert found.present(NOW)[0].ends == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert found.person(NOW + 7 * DAY) == "cara"


def test_a_name_that_stands_twice_in_a_row_is_one_duty() -> None:
    """Nobody hands over to themselves."""
    duty = plan(weekly("ann", "ann", "bob")).present(NOW)[0]
    assert duty.ends == datetime(2026, 12, 7, 8, tzinfo=UTC)


def test_an_override_goes_before_the_calendar_and_the_calendar_before_the_list() -> None:
    """And each ends where it ends."""
    found = plan(weekly("ann", "bob"), shifts=(shift("bob", -1, 2),), overrides=(override("cara", 0, 1),))
    told = [(d.person, d.via) for _, d in zip(range(3), found.duties(NOW), strict=False)]
    assert told == [("cara", "override"), ("bob", "calendar"), ("ann", "rotation")]


def test_of_two_overrides_the_newer_counts() -> None:
    """Whoever arranged something last knew of the rest."""
    assert plan(overrides=(override("cara", 0, 9, 1), override("bob", 0, 2, 2))).person(NOW) == "bob"


def test_of_two_shifts_at_once_the_later_begun_is_on_call_and_the_other_is_the_backup() -> None:
    """As an override would be put into a calendar over somebody's week."""
    found = plan(shifts=(shift("ann", -50, 50), shift("bob", -1, 2)))
    assert (found.person(NOW), found.backup(NOW)) == ("bob", "ann")


def test_whom_the_configuration_does_not_know_is_passed_over() -> None:
    """A shift of a stranger, an override of one who has left: the next in line is on call, never nobody."""
    found = plan(
        weekly("ann", "bob"),
        shifts=(shift(None, -1, 2), shift("zoe", -1, 2)),
        overrides=(override("zoe", 0, 1),),
    )
    assert (found.person(NOW), found.present(NOW)[0].via) == ("ann", "rotation")


def test_a_known_shift_counts_where_a_strangers_began_later() -> None:
    """A lunch in the same calendar takes nobody off."""
    assert plan(shifts=(shift("ann", -9, 9), shift(None, -1, 1))).person(NOW) == "ann"


def test_the_backup_is_the_next_of_the_list() -> None:
    """And where an override has it, the next who is somebody else."""
    listed = weekly("ann", "bob", "cara")
    assert plan(listed).backup(NOW) == "bob"
    assert plan(listed, overrides=(override("bob", 0, 1),)).backup(NOW) == "cara"
    assert plan(weekly("ann"), overrides=()).backup(NOW) == "dan"
    assert Plan(default="ann", known=KNOWN, rotations=(weekly("ann"),)).backup(NOW) is None


def test_who_is_next_passes_over_another_reason_for_the_same_person() -> None:
    """An override by the one who has it anyway changes nobody."""
    found = plan(weekly("ann", "bob"), overrides=(override("ann", 0, 5),))
    after = found.present(NOW)[1]
    assert found.present(NOW)[0].ends == NOW + 5 * HOUR
    assert after is not None
    assert (after.person, after.begins) == ("bob", datetime(2026, 11, 30, 8, tzinfo=UTC))


def test_where_nobody_else_is_in_sight_a_duty_has_no_end() -> None:
    """One person alone, today's small team."""
    assert plan().present(NOW)[0].ends is None
    assert plan().present(NOW)[1] is None
