"""The calendar as a source: what it answers becomes shifts, and what it does not answer is said and harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from pydantic import SecretStr

from tests.theatre import world
from tests.virtual import run
from watcher.observation import Blind, Sweep
from watcher.oncall.names import named
from watcher.settings.oncall import Calendar
from watcher.sources.calendar import BODY_MAX, CalendarSource, shifts_of

ADDRESS = "https://calendar.example/private-5ecret/basic.ics"
NAMES = named({"ann": (), "bob": ()})
BERLIN = ZoneInfo("Europe/Berlin")
SHIFT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART:20261125T000000Z\r\nDTEND:20261126T000000Z\r\nSUMMARY:bob\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
Answer = Callable[[httpx2.Request], httpx2.Response]


def look(answer: Answer) -> Sweep | Blind:
    async def main() -> Sweep | Blind:
        settings = Calendar(url=SecretStr(ADDRESS))
        return await CalendarSource(settings, NAMES, BERLIN, world(answer=answer)).look()

    return run(main())


def read(path: Path) -> Sweep | Blind:
    async def main() -> Sweep | Blind:
        return await CalendarSource(Calendar(file=path), NAMES, BERLIN, world()).look()

    return run(main())


def test_what_the_calendar_answers_is_remembered_as_shifts() -> None:
    """With the look, so that the log commits both at once."""
    found = look(lambda _: httpx2.Response(200, text=SHIFT))
    assert isinstance(found, Sweep)
    assert found.signals == ()
    (shift,) = shifts_of(found.memory)
    assert (shift.person, shift.begins) == ("bob", datetime(2026, 11, 25, tzinfo=UTC))


def _lost(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError(f"cannot reach {ADDRESS}", request=request)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: httpx2.Response(403), "auth"),
        (lambda _: httpx2.Response(404), "not_found"),
        (lambda _: httpx2.Response(429), "rate_limited"),
        (lambda _: httpx2.Response(302, headers={"location": ADDRESS}), "client_error"),
        (lambda _: httpx2.Response(502), "server_error"),
        (lambda _: httpx2.Response(200, text="<html>please sign in</html>"), "unreadable"),
        (lambda _: httpx2.Response(200, content=b"\xff\xfe\x00"), "unreadable"),
        (lambda _: httpx2.Response(200, content=b"x" * (BODY_MAX + 1)), "too_large"),
        (_lost, "unreachable"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_blind_and_says_why(answer: Answer, reason: str) -> None:
    """In words that hold neither its private address nor what it answered."""
    found = look(answer)
    assert isinstance(found, Blind)
    assert found.reason == reason
    assert "5ecret" not in found.detail
    assert "sign in" not in found.detail


def test_a_calendar_that_trickles_is_given_up() -> None:
    """The deadline is for the whole answer."""

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b"BEGIN:VCALENDAR\r\n"

    found = look(lambda _: httpx2.Response(200, content=trickle()))
    assert isinstance(found, Blind)
    assert (found.reason, found.detail) == ("timeout", "no whole answer within 10 s")


def test_a_file_is_read_as_an_address_is(tmp_path: Path) -> None:
    """Also with a byte-order mark; a file that is gone or too large is blind, by name."""
    path = tmp_path / "oncall.ics"
    missing = read(path)
    path.write_text(SHIFT, encoding="utf-8-sig")
    found = read(path)
    path.write_bytes(b"x" * (BODY_MAX + 1))
    large = read(path)
    assert isinstance(missing, Blind)
    assert missing.reason == "not_found"
    assert isinstance(found, Sweep)
    assert [s.person for s in shifts_of(found.memory)] == ["bob"]
    assert isinstance(large, Blind)
    assert large.reason == "too_large"
