"""A calendar that would take the daemon's time or memory takes neither: it is read in a process of its own."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watcher.oncall import ical
from watcher.oncall.ical import TOO_MUCH, NotReadable
from watcher.oncall.names import named
from watcher.sources.apart import Apart

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
NAMES = named({"ann": ("Ann Archer",), "bob": ()})
SHIFT = "DTSTART:20261125T000000Z\nDTEND:20261126T000000Z\nSUMMARY:{}"
NEVER = (
    "DTSTART:20270101T000000Z\nDTEND:20270101T010000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30\nSUMMARY:ann"
)
OFTEN = "DTSTART:20270101T000000Z\nDTEND:20270101T010000Z\nRRULE:FREQ=MINUTELY\nSUMMARY:ann"


def calendar(*events: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", *event.splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(apart: Apart, text: str, only: str | None = None) -> ical.Reading:
    return apart.read(text, NAMES, BERLIN, NOW, only)


def test_what_is_read_apart_is_what_is_read_here() -> None:
    """Shifts, unknown words, and the filter."""
    text = calendar(SHIFT.format("Ann Archer"), SHIFT.format("zoë of the night"), SHIFT.format("bob"))
    for only in (None, "ann"):
        assert read(Apart(), text, only) == ical.read(text, NAMES, BERLIN, NOW, only)


def test_what_cannot_be_read_is_said_in_the_same_words() -> None:
    """The reason crosses over as it is."""
    with pytest.raises(NotReadable) as here:
        ical.read("no calendar", NAMES, BERLIN, NOW)
    with pytest.raises(NotReadable, match=str(here.value).replace("(", r"\(").replace(")", r"\)")):
        read(Apart(), "no calendar")


def test_a_rule_that_never_matches_ends_with_its_time() -> None:
    """It would be looked for to the year 9999, a hundred times over."""
    with pytest.raises(NotReadable) as caught:
        read(Apart(seconds=1), calendar(*[NEVER] * 100))
    assert str(caught.value) == TOO_MUCH


def test_a_rule_that_matches_too_often_ends_with_its_memory() -> None:
    """A shift a minute for months."""
    with pytest.raises(NotReadable) as caught:
        read(Apart(memory=96 * 1024 * 1024), calendar(OFTEN))
    assert str(caught.value) == TOO_MUCH


def test_a_reading_that_nobody_waits_for_is_ended() -> None:
    """The daemon stops, or the calendar is another one: no thread is left to wait for."""
    apart, said = Apart(), list[str]()

    def reading() -> None:
        with pytest.raises(NotReadable):
            read(apart, calendar(*[NEVER] * 100))
        said.append("ended")

    thread = threading.Thread(target=reading)
    thread.start()
    apart.stop()
    thread.join(timeout=8)  # it would take ten seconds
    assert said == ["ended"]


def test_no_secret_of_the_environment_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process reads an attacker's text: it is given what Python needs to find itself, and nothing else."""
    monkeypatch.setenv("SENTRY_TOKEN", "5ecret")
    apart = Apart()
    with apart._begun() as process:
        seen = Path(f"/proc/{process.pid}/environ").read_bytes()
        apart.stop()
    assert b"5ecret" not in seen
    assert "SENTRY_TOKEN" in os.environ
