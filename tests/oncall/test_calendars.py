"""iCalendar texts: what they say, in which zone, whom they mean; and what is refused, with safe words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.oncall import ical
from watcher.oncall.ical import NotReadable, Reading
from watcher.oncall.names import named
from watcher.oncall.shift import SHIFTS_MAX, kept, recalled

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
NAMES = named({"ann": ("Ann Archer", "ann@shop.example"), "bob": ("bob@shop.example",)})


def calendar(*events: str) -> str:
    """A calendar of events, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", *event.splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(*events: str, only: str | None = None) -> Reading:
    return ical.read(calendar(*events), NAMES, BERLIN, NOW, only)


def refused(text: str) -> str:
    with pytest.raises(NotReadable) as caught:
        ical.read(text, NAMES, BERLIN, NOW)
    return str(caught.value)


WEEK = """DTSTART;TZID=Europe/Berlin:20260323T090000
DTEND;TZID=Europe/Berlin:20260330T090000
RRULE:FREQ=WEEKLY;INTERVAL=2
SUMMARY:Ann Archer is on call"""


def test_a_repeated_shift_keeps_its_local_time_over_a_change_of_clocks() -> None:
    """Begun in March in summer time, it is at nine in winter as well."""
    shifts = read(WEEK).shifts
    assert [s.person for s in shifts] == ["ann"] * len(shifts)
    assert {s.begins.astimezone(BERLIN).hour for s in shifts} == {9}
    assert shifts[0].begins == datetime(
        2026, 11, 16, 8, tzinfo=UTC
    )  # it ended a day ago, and is kept for two


def test_whole_days_and_times_without_a_zone_are_of_the_configured_zone() -> None:
    """From midnight there to midnight there."""
    day = "DTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261207\nSUMMARY:bob"
    floating = "DTSTART:20261208T180000\nDTEND:20261209T060000\nSUMMARY:ann"
    first, second = read(day, floating).shifts
    assert (first.begins, first.ends) == (
        datetime(2026, 11, 29, 23, tzinfo=UTC),
        datetime(2026, 12, 6, 23, tzinfo=UTC),
    )
    assert second.begins == datetime(2026, 12, 8, 17, tzinfo=UTC)


def test_a_moved_and_a_cancelled_week_are_as_they_were_changed() -> None:
    """An exception to a rule is no second shift, and what was called off is none."""
    daily = (
        "DTSTART:20261201T080000Z\nDTEND:20261201T160000Z\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:ann\n"
        "EXDATE:20261203T080000Z"
    )
    moved = "RECURRENCE-ID:20261202T080000Z\nDTSTART:20261202T100000Z\nDTEND:20261202T160000Z\nSUMMARY:bob"
    text = calendar(
        daily, moved, "DTSTART:20261205T080000Z\nDTEND:20261205T160000Z\nSTATUS:CANCELLED\nSUMMARY:ann"
    )
    shifts = ical.read(text.replace("UID:1", "UID:0"), NAMES, BERLIN, NOW).shifts
    assert [(s.person, s.begins.day, s.begins.hour) for s in shifts] == [("ann", 1, 8), ("bob", 2, 10)]


@pytest.mark.parametrize(
    ("words", "person"),
    [
        ("SUMMARY:ANN", "ann"),
        ("SUMMARY:  Ann   Archer ", "ann"),
        ("SUMMARY:ann@shop.example", "ann"),
        ("SUMMARY:On-call: Ann Archer (primary)", "ann"),
        ("SUMMARY:Bobsleigh", None),
        ("SUMMARY:Kebob night", None),
        ("SUMMARY:Ann and Bob", None),
        ("SUMMARY:night watch\nATTENDEE;CN=Somebody:mailto:BOB@shop.example", "bob"),
        ('SUMMARY:night watch\nATTENDEE;CN="Ann Archer":mailto:a@elsewhere.example', "ann"),
        ("SUMMARY:watch\nATTENDEE:mailto:bob@shop.example\nATTENDEE:mailto:ann@shop.example", None),
        ("SUMMARY:Bob\nATTENDEE:mailto:ann@shop.example", "bob"),
        ("SUMMARY:Zoe", None),
    ],
)
def test_whom_an_event_means(words: str, person: str | None) -> None:
    """A name, an alias, an address, an invited person; never a part of a word, and never one of two."""
    reading = read(f"DTSTART:20261201T080000Z\nDTEND:20261201T160000Z\n{words}")
    assert [s.person for s in reading.shifts] == [person]
    assert bool(reading.unknown) == (person is None)


def test_what_is_said_of_a_stranger_is_masked_and_short() -> None:
    """A calendar's words are somebody else's."""
    words = "zoe@secret.example " + "x" * 500
    (said,) = read(f"DTSTART:20261201T080000Z\nDTEND:20261201T160000Z\nSUMMARY:{words}").unknown
    assert "zoe@" not in said
    assert len(said) <= 100


def test_other_events_of_a_shared_calendar_are_left_out() -> None:
    """Where `only` is written, nothing else is a shift or a stranger."""
    lunch = "DTSTART:20261201T110000Z\nDTEND:20261201T120000Z\nSUMMARY:Lunch"
    mine = "DTSTART:20261201T080000Z\nDTEND:20261201T160000Z\nSUMMARY:ON-CALL bob"
    reading = read(lunch, mine, only="on-call")
    assert [s.person for s in reading.shifts] == ["bob"]
    assert reading.unknown == ()


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "cannot be read"),
        ("<html>sign in</html>", "cannot be read"),
        ("BEGIN:VTODO\r\nEND:VTODO\r\n", "no calendar"),
        (calendar("SUMMARY:no time at all"), "times of an event"),
        (calendar("DTSTART:yesterday"), "times of an event"),
        (calendar("DTSTART:20261201T080000Z\nRRULE:FREQ=SOMETIMES"), "times of an event"),
        (calendar("DTSTART;TZID=Nowhere/Land:20261201T080000"), "time zone"),
        (calendar("DTSTART:20261101T000000Z\nRRULE:FREQ=SECONDLY"), "too often"),
        (calendar(*["DTSTART:20261201T080000Z"] * 1001), "more than 1000"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_refused(text: str, because: str) -> None:
    """A part that is left out would be a gap that nobody hears of; its words are never repeated."""
    said = refused(text)
    assert because in said
    assert "sign in" not in said


def test_a_crowded_calendar_is_cut_and_says_so() -> None:
    """What is kept has a bound."""
    reading = read("DTSTART:20261101T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\nSUMMARY:ann")
    assert len(reading.shifts) == SHIFTS_MAX
    assert reading.more


def test_the_last_good_copy_is_remembered_whole() -> None:
    """Shifts go through the log's memory as they are; what is not usable there is left out."""
    shifts = read(WEEK).shifts
    assert recalled(kept(shifts)) == shifts
    assert recalled(None) == ()
    assert recalled([{"begins": "x"}, 5, {}]) == ()


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*WEEK.splitlines(), "EXDATE:", "RRULE:", "\x00", "DTEND:1"]), max_size=9).map(
        "\n".join
    )
)
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    """Whatever stands in a calendar."""
    for whole in (text, calendar(text)):
        try:
            found = ical.read(whole, NAMES, BERLIN, NOW)
        except NotReadable:
            continue
        assert all(shift.begins < shift.ends for shift in found.shifts)


def test_an_event_that_ends_before_it_begins_is_refused() -> None:
    """Its library would turn the two round, and somebody would have a day that nobody gave them."""
    back = "DTSTART:20261126T090000Z\nDTEND:20261125T090000Z\nSUMMARY:ann"
    assert refused(calendar(back)) == "an event ends before it begins"
