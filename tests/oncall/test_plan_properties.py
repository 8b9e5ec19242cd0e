"""Two years in five zones, with every change of their clocks: exactly one person, at the local time, without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from watcher.oncall.override import Override
from watcher.oncall.plan import Plan
from watcher.oncall.rotation import Rotation
from watcher.oncall.shift import Shift
from watcher.oncall.wall import reached, shown

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour, and in the southern summer
    "America/Sao_Paulo",  # none any more
    "Africa/Casablanca",  # back for the month of Ramadan
)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cara", "dan")

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)).map(
    lambda at: at.replace(tzinfo=UTC)
)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
nights = st.sampled_from([time(h, m) for h in (0, 1, 2, 3) for m in (0, 15, 30, 45)])
days = st.dates(date(2025, 12, 1), date(2027, 12, 1))


def changes(zone: ZoneInfo) -> list[datetime]:
    """Every moment of the two years at which the zone's clocks jump, to the minute."""
    found, at = [], FIRST
    while at < LAST:
        if at.astimezone(zone).utcoffset() != (at + timedelta(hours=1)).astimezone(zone).utcoffset():
            found.append(at)
        at += timedelta(hours=1)
    return found


CHANGES = {name: changes(ZoneInfo(name)) for name in ZONES}


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    return Rotation(
        people=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5))),
        start=draw(days),
        at=draw(times | nights),
        zone=draw(zones),
        days=draw(st.sampled_from([1, 2, 7, 14])),
        fixed=draw(st.booleans()),
    )


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime]:
    begins = draw(moments)
    return begins, begins + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=20)))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Anything that a configuration, a calendar and people may come to say."""
    rotation = draw(st.lists(rotations(), max_size=1))
    shifts = [
        Shift(begins=begins, ends=ends, person=draw(st.sampled_from([*PEOPLE, "stranger", None])))
        for begins, ends in draw(st.lists(spans(), max_size=4))
    ]
    overrides = [
        Override(number=n, person=draw(st.sampled_from(PEOPLE)), begins=begins, ends=ends)
        for n, (begins, ends) in enumerate(draw(st.lists(spans(), max_size=3)))
    ]
    return Plan(
        default="ann",
        known=frozenset(PEOPLE),
        rotations=tuple(rotation),
        shifts=tuple(shifts),
        overrides=tuple(overrides),
    )


def test_the_zones_have_changes_to_be_tried_on() -> None:
    """Else the properties below would hold of nothing."""
    assert {name: len(found) for name, found in CHANGES.items()} == {
        "Europe/Berlin": 4,
        "America/New_York": 4,
        "Australia/Lord_Howe": 4,
        "America/Sao_Paulo": 0,
        "Africa/Casablanca": 4,
    }


@settings(max_examples=60, deadline=None)
@given(rotations())
@example(
    Rotation(people=("ann", "bob"), start=date(2026, 1, 1), at=time(2, 30), zone=ZoneInfo(ZONES[0]), days=1)
)
def test_turns_follow_one_another_without_a_gap_for_two_years(rotation: Rotation) -> None:
    """Each ends where the next begins, and the next has the next person of the list."""
    number = rotation.number(FIRST)
    assert rotation.begins(number) <= FIRST < rotation.begins(number + 1)
    while rotation.begins(number) < LAST:
        begins, ends = rotation.begins(number), rotation.begins(number + 1)
        assert begins < ends
        assert rotation.number(begins) == rotation.number(ends - timedelta(microseconds=1)) == number
        number += 1


@settings(max_examples=60, deadline=None)
@given(rotations())
def test_a_hand_over_is_at_the_local_time_on_every_day_of_two_years(rotation: Rotation) -> None:
    """The clocks there show it, or have just jumped over it; a second before they showed less."""
    number = rotation.number(FIRST)
    while (begins := rotation.begins(number)) < LAST:
        wall = datetime.combine(rotation.start + timedelta(days=number * rotation.days), rotation.at)
        before = shown(begins - timedelta(seconds=1), rotation.zone)
        after = shown(begins, rotation.zone)
        assert after >= wall > before
        assert after == wall or after - before > timedelta(seconds=1)  # else the clocks jumped over it
        number += 1


@settings(max_examples=300, deadline=None)
@given(zones, days, times | nights)
def test_a_wall_time_is_reached_when_the_clocks_first_show_it(zone: ZoneInfo, day: date, at: time) -> None:
    """At no moment of the hours before did they show that time or a later one, but in an hour that comes twice."""
    moment, wall = reached(day, at, zone), datetime.combine(day, at)
    assert shown(moment, zone) >= wall
    for minutes in range(1, 200):
        earlier = shown(moment - timedelta(minutes=minutes), zone)
        assert earlier < wall


@settings(max_examples=150, deadline=None)
@given(plans(), moments)
def test_at_each_moment_exactly_one_person_is_on_call(plan: Plan, now: datetime) -> None:
    """What is asked of a moment, and what is told of the days around it, is one and the same known person."""
    duties = [duty for _, duty in zip(range(60), plan.duties(now), strict=False)]
    assert duties[0].begins == now
    for duty, following in pairwise(duties):
        assert duty.ends == following.begins
        assert (duty.person, duty.via) != (following.person, following.via)
    for duty in duties:
        assert duty.person in plan.known
        assert plan.person(duty.begins) == duty.person
        if duty.ends is not None:
            assert plan.person(duty.ends - timedelta(microseconds=1)) == duty.person
            assert plan.person(duty.begins + (duty.ends - duty.begins) / 2) == duty.person


@settings(max_examples=100, deadline=None)
@given(plans(), moments, st.sampled_from(ZONES), st.integers(-180, 180))
def test_around_a_change_of_clocks_the_plan_agrees_with_itself(
    plan: Plan, now: datetime, name: str, minutes: int
) -> None:
    """Whoever a plan names from afar for a moment near a change is on call when it comes."""
    near = [at + timedelta(minutes=minutes) for at in CHANGES[name] if now <= at + timedelta(minutes=minutes)]
    for moment in near[:2]:
        told = [d for d in plan.duties(now) if d.begins <= moment and (d.ends is None or moment < d.ends)]
        if moment - now < timedelta(days=100):
            assert [duty.person for duty in told] == [plan.person(moment)]


@settings(max_examples=100, deadline=None)
@given(plans(), moments)
def test_the_backup_is_never_the_one_on_call(plan: Plan, now: datetime) -> None:
    """And is somebody whom the configuration knows."""
    backup = plan.backup(now)
    assert backup != plan.person(now)
    assert backup is None or backup in plan.known


@settings(max_examples=100, deadline=None)
@given(plans(), moments)
def test_who_is_next_is_another_and_begins_when_the_present_one_ends(plan: Plan, now: datetime) -> None:
    """Until then it is the same person throughout."""
    after = plan.present(now)[1]
    if after is not None:
        assert after.person != plan.person(now)
        assert plan.person(after.begins - timedelta(microseconds=1)) == plan.person(now)
