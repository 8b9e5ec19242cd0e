"""The whole daemon in virtual time: who is paged over a hand-over, by a calendar, and while the calendar is away."""

from __future__ import annotations

import httpx2
import pytest

from tests.network.shop import Shop, fails, passes, well
from tests.theatre import CONFIG
from tests.virtual import run

DAILY = "on_call: {rotation: [ann, bob, cara], handover: '03:15', start: 2026-11-24}"
"""Ann until a quarter past three of the night, then Bob."""
CALENDAR = "on_call: {default: ann, ical: {url: 'http://127.0.0.1/oncall.ics', every: 1m}}"
BOBS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART:20261125T000000Z\r\nDTEND:20261126T000000Z\r\nSUMMARY:Bob on call\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def shop(on_call: str) -> Shop:
    return Shop(text=CONFIG.replace("on_call: {default: ann}", on_call))


class Team(Shop):
    """A shop with a calendar beside it."""

    calendar = httpx2.Response(200, text=BOBS)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/oncall.ics":
            return httpx2.Response(self.calendar.status_code, content=self.calendar.content)
        return await super().answer(request)


def team(on_call: str = CALENDAR) -> Team:
    return Team(text=CONFIG.replace("on_call: {default: ann}", on_call))


def test_a_hand_over_in_the_middle_of_a_night_pages_the_next_person() -> None:
    """Nobody has answered: the repetitions go to whoever has it at that moment."""

    async def main() -> None:
        stage = shop(DAILY)
        async with stage.watched():
            await passes(minutes=12)
            stage.app = fails
            await passes(minutes=2)
            assert {r.target for r in stage.phones.wakes()} == {"chat", "ann-phone"}
            await passes(minutes=6)
            late = [r for r in stage.phones.wakes() if r.at.minute >= 15]
            assert late
            assert {r.target for r in late} == {"bob-phone"}

    run(main())


def test_the_backup_is_whoever_is_next_on_the_list() -> None:
    """After ten minutes, and the CTO does not hear a quarter of an hour early."""

    async def main() -> None:
        stage = shop(DAILY.replace("03:15", "09:00"))
        async with stage.watched():
            stage.app = fails
            await passes(minutes=9)
            assert stage.phones.wakes("cara-phone") == []
            await passes(minutes=3)
            assert {r.target for r in stage.phones.wakes()} == {"chat", "ann-phone", "bob-phone"}
            await passes(minutes=8)
            assert stage.phones.wakes("cara-phone") == []

    run(main())


def test_the_person_of_the_calendar_is_paged() -> None:
    """As soon as it has been read."""

    async def main() -> None:
        stage = team()
        async with stage.watched():
            await passes(minutes=1)
            stage.app = fails
            await passes(minutes=2)
            assert {r.target for r in stage.phones.wakes()} == {"bob-phone"}
            found = (await stage.face.get("/api/v1/status")).json()
            assert found["on_call"]["via"] == "calendar"
            assert {s["name"]: s["state"] for s in found["sources"]}["calendar"] == "seeing"

    run(main())


@pytest.mark.parametrize(
    "away", [httpx2.Response(500), httpx2.Response(200, text="<html>sign in</html>"), httpx2.Response(404)]
)
def test_a_calendar_that_cannot_be_read_is_told_and_its_last_copy_counts(away: httpx2.Response) -> None:
    """Also after a restart that never saw it; once, not with every look; and its return is told as well."""

    async def main() -> None:
        stage = team()
        async with stage.watched():
            await passes(minutes=2)
            stage.calendar = away
            await passes(minutes=10)
            told = [r for r in stage.phones.rang if "calendar cannot see" in r.page.title]
            assert [r.target for r in told] == ["bob-phone"]
            assert any("last good copy" in line for line in told[0].page.lines)
        async with stage.watched():
            stage.app = fails
            await passes(minutes=2)
            assert {r.target for r in stage.phones.wakes()} == {"bob-phone"}
            assert not [r for r in stage.phones.rang if "calendar sees again" in r.page.title]
            stage.app, stage.calendar = well, httpx2.Response(200, text=BOBS)
            await passes(minutes=3)
            assert [r for r in stage.phones.rang if "calendar sees again" in r.page.title]

    run(main())


def test_before_the_calendar_was_ever_read_the_default_is_paged() -> None:
    """And it is told that it cannot be read: a gap is never silent."""

    async def main() -> None:
        stage = team()
        stage.calendar = httpx2.Response(403)
        async with stage.watched():
            stage.app = fails
            await passes(minutes=5)
            assert {r.target for r in stage.phones.wakes()} == {"chat", "ann-phone"}
            assert [r for r in stage.phones.rang if "calendar cannot see" in r.page.title]

    run(main())


def test_a_gap_and_a_stranger_in_the_calendar_are_told_within_the_hour() -> None:
    """Quietly, to whoever is on call: the default stands in, and nobody may know."""

    async def main() -> None:
        stage = team()
        stage.calendar = httpx2.Response(200, text=BOBS.replace("Bob on call", "Zoe"))
        async with stage.watched():
            await passes(hours=1, minutes=5)
            lines = [line for r in stage.phones.rang for line in r.page.lines]
            assert any("nobody is named on call" in line and "ann stands in" in line for line in lines)
            assert any("'Zoe'" in line for line in lines)

    run(main())


def test_the_calendar_is_no_eye_on_the_environment() -> None:
    """That it is away wakes nobody: it sees neither health nor harm."""

    async def main() -> None:
        stage = team()
        stage.calendar = httpx2.Response(500)
        async with stage.watched():
            await passes(hours=1)
            assert stage.phones.wakes() == []

    run(main())
