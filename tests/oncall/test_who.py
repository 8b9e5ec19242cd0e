"""`who`, `override` and `check`: what a person types, and reads."""

from __future__ import annotations

import shutil
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.answering import ask, daemon
from tests.theatre import CONFIG
from watcher.clock import Clock
from watcher.incident.surroundings import Overridden
from watcher.log import Append
from watcher.log.sqlite import SqliteLog
from watcher.oncall.shift import Shift, kept

LISTED = "{rotation: [ann, bob], handover: 'Mon 09:00', zone: Europe/Berlin, start: 2026-11-23}"
FOUND: dict[str, Any] = {
    "at": "2026-11-25T03:00:00+00:00",
    "person": "ann",
    "via": "rotation",
    "until": "2026-11-30T08:00:00+00:00",
    "next": "bob",
    "backup": "bob",
    "zone": "Europe/Berlin",
}
HELD = {
    "override": 3,
    "person": "bob",
    "from": "2026-12-24T17:00:00+00:00",
    "until": "2026-12-27T08:00:00+00:00",
    "span": "from Thu 2026-12-24 18:00 until Sun 2026-12-27 09:00 (Europe/Berlin)",
    "by": "ann",
    "because": "ann flies",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "watcher.yaml"
    text = CONFIG.replace(', public_url: "https://watcher.shop.example"', "").replace(
        "memory://127.0.0.1", "console://"
    )
    path.write_text(text.replace("{default: ann}", LISTED))
    return path


def offline(config: Path, *more: str) -> Result:
    return ask("who", "--offline", "-c", str(config), *more)


def test_the_daemon_says_who_is_on_call() -> None:
    """Until when, in the zone of the hand-over; who stands behind; what follows; what is arranged."""
    ahead = [
        {"person": "ann", "via": "rotation", "from": FOUND["at"], "until": FOUND["until"]},
        {"person": "bob", "via": "rotation", "from": FOUND["until"], "until": None},
    ]
    with daemon() as server:
        server.answers["/api/v1/on-call?at=2026-11-25+04%3A00"] = (
            200,
            {**FOUND, "ahead": ahead, "overrides": [HELD]},
        )
        said = ask("who", "--at", "2026-11-25 04:00", url=server.url)
    assert said.exit_code == 0, said.output
    assert said.output.splitlines() == [
        "Wed 2026-11-25 04:00: ann by the rotation until Mon 2026-11-30 09:00 (Europe/Berlin), then bob",
        "backup: bob",
        "",
        "  from Wed 2026-11-25 04:00  ann (rotation)",
        "  from Mon 2026-11-30 09:00  bob (rotation)",
        f"override 3: bob {HELD['span']}, by ann: ann flies",
    ]


def test_without_a_daemon_the_configuration_answers(config: Path) -> None:
    """Nothing but on-call and the contacts' names is read of it: secrets may be out of reach."""
    config.write_text(
        config.read_text().replace('chat: {apprise: "console://"}', "chat: {apprise: '${NOT_SET}'}")
    )
    said = offline(config, "--at", "2026-11-30 08:59:59")
    after = offline(config, "--at", "2026-11-30 09:00")
    assert said.exit_code == 0, said.output
    assert said.output.startswith("Mon 2026-11-30 08:59: ann by the rotation until Mon 2026-11-30 09:00")
    assert after.output.startswith("Mon 2026-11-30 09:00: bob by the rotation")


def test_a_contact_with_the_role_of_the_backup_is_named_as_such(config: Path) -> None:
    """With nothing but a default on call as well: whom a ladder pages is whom `who` names, never the one on call."""
    text = config.read_text().replace("role: cto", "role: backup")
    config.write_text(text)
    assert "backup: cara\n" in offline(config, "--at", "2026-11-25 04:00").output
    config.write_text(text.replace(LISTED, "{default: ann}"))
    assert "backup: cara\n" in offline(config).output
    config.write_text(text.replace(LISTED, "{default: cara}"))
    assert "backup: nobody\n" in offline(config).output


def test_the_log_adds_overrides_and_the_last_copy_of_the_calendar(config: Path, tmp_path: Path) -> None:
    """As the daemon left them; what is over is not listed."""
    at = Clock().now()
    log = SqliteLog(tmp_path / "watcher.db")
    put = Overridden(
        at=at, override=1, person="cara", begins=at, until=at + timedelta(hours=2), by="ann", because="x"
    )
    log.append([Append(stream="overrides", kind="overrides", expected_version=0, events=(put,))], {})
    shift = Shift(begins=at - timedelta(days=1), ends=at + timedelta(days=1), person="bob", label="bob")
    log.append([], {("calendar", "shifts"): kept([shift])})
    log.close()
    with_calendar = tmp_path / "calendar.yaml"
    with_calendar.write_text(config.read_text().replace("{rotation", "{ical: {url: '${NOT_SET}'}, rotation"))
    now, later = (
        offline(config),
        offline(with_calendar, "--at", f"{at + timedelta(hours=3):%Y-%m-%dT%H:%M:%S+00:00}"),
    )
    elsewhere = tmp_path / "elsewhere.db"
    shutil.copy(tmp_path / "watcher.db", elsewhere)
    named = ask("who", "--log", str(elsewhere), "-c", str(config))
    assert "cara by an override" in now.output
    assert "override 1: cara" in now.output
    assert "bob by the calendar" in later.output
    assert "override 1" not in later.output
    assert "cara by an override" in named.output


def test_a_moment_that_is_none_is_exit_2(config: Path) -> None:
    """With how to write one."""
    said = offline(config, "--at", "next monday")
    assert said.exit_code == 2
    assert 'write a moment as "2026-12-24 18:00" (Europe/Berlin)' in said.output


def test_an_override_is_put_listed_and_ended() -> None:
    """What is sent, and what is read of the answer."""
    answer = {
        "said": ["ann puts bob on call"],
        "on_call": FOUND,
        "overrides": [HELD],
        "warnings": ["he sleeps"],
    }
    listed = {"on_call": FOUND, "overrides": [HELD]}
    with daemon(overrides=(200, answer)) as server:
        server.answers["/api/v1/overrides/3?as=ann"] = (
            200,
            {"said": ["ended"], "on_call": FOUND, "overrides": []},
        )
        put = ask(
            "override",
            "bob",
            "--from",
            "2026-12-24 18:00",
            "--until",
            "2026-12-27 09:00",
            "--because",
            "ann flies",
            url=server.url,
        )
        server.answers["/api/v1/overrides"] = (200, listed)
        list_ = ask("override", "--list", url=server.url)
        ended = ask("override", "--end", "3", url=server.url)
        sent = server.asked[0][2]
    assert sent == {
        "person": "bob",
        "from": "2026-12-24 18:00",
        "until": "2026-12-27 09:00",
        "because": "ann flies",
        "as": "ann",
    }
    brief = "on call: ann until Mon 2026-11-30 09:00 (Europe/Berlin), then bob"
    line = f"override 3: bob {HELD['span']}, by ann: ann flies"
    assert put.output.splitlines() == ["ann puts bob on call", "warning: he sleeps", brief, line]
    assert list_.output.splitlines() == [brief, line]
    assert ended.output.splitlines() == ["ended", brief]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say one thing"),
        (("bob", "--list"), "say one thing"),
        (("bob",), "also needs --until or --for and --because"),
        (("--for", "2h", "--because", "x"), "also needs PERSON"),
    ],
)
def test_half_an_override_is_exit_2_and_nothing_is_sent(arguments: tuple[str, ...], said: str) -> None:
    """A person is told what is missing."""
    with daemon() as server:
        found = ask("override", *arguments, url=server.url)
        assert server.asked == []
    assert found.exit_code == 2
    assert said in found.output


def check(config: Path) -> tuple[int, str]:
    found = ask("check", "--offline", "-c", str(config))
    return found.exit_code, found.output


def test_check_says_who_is_on_call_and_who_is_next(config: Path) -> None:
    """And that all of them would wake."""
    code, said = check(config)
    assert code == 0, said
    assert "on-call ann: woken by ann-phone" in said
    assert "on-call bob: woken by bob-phone" in said
    assert "(Europe/Berlin), then " in said


def test_check_warns_of_whoever_would_not_wake(config: Path) -> None:
    """Everybody on the list is tried, whoever has it now."""
    config.write_text(config.read_text().replace("bob: {targets: [bob-phone]}", "bob: {targets: [chat]}"))
    _, said = check(config)
    assert "on-call bob: no target of theirs wakes" in said


def test_check_says_how_to_fix_the_turns_of_a_list_without_a_start(config: Path) -> None:
    """What is proposed leaves everybody where they are."""
    config.write_text(config.read_text().replace(", start: 2026-11-23", ""))
    before = offline(config, "--json").output
    _, said = check(config)
    (line,) = [line for line in said.splitlines() if "would shift everybody" in line]
    start, people = line.partition("start: ")[2].split(", with rotation: ")
    config.write_text(
        config.read_text().replace("rotation: [ann, bob]", f"rotation: {people}, start: {start}")
    )
    code, said = check(config)
    assert (code, "would shift" in said) == (0, False)
    keep = ('"person"', '"until"', '"next"')
    assert [x for x in before.splitlines() if x.strip().startswith(keep)] == [
        x for x in offline(config, "--json").output.splitlines() if x.strip().startswith(keep)
    ]


def test_check_warns_of_gaps_and_strangers_of_a_month(config: Path, tmp_path: Path) -> None:
    """A calendar that ends in a week, and names somebody whom nobody knows."""
    today = Clock().now().astimezone(UTC)
    days = [f"{today + timedelta(days=n):%Y%m%d}" for n in (-1, 3, 7)]
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{name}\r\nDTSTART;VALUE=DATE:{begins}\r\nDTEND;VALUE=DATE:{ends}\r\nSUMMARY:{name}\r\n"
        "END:VEVENT\r\n"
        for name, begins, ends in (("bob", days[0], days[1]), ("Zoe", days[1], days[2]))
    )
    (tmp_path / "oncall.ics").write_text(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n", newline=""
    )
    config.write_text(config.read_text().replace(LISTED, "{default: ann, ical: {file: oncall.ics}}"))
    code, said = check(config)
    assert code == 0, said
    assert "calendar: 2 shifts are read" in said
    assert "on-call: bob (calendar) until" in said
    assert said.count("nobody is named from") == 1
    assert "calendar: 'Zoe' is no contact; write it under aliases" in said


def test_check_says_that_a_calendar_cannot_be_read(config: Path) -> None:
    """A file that is not there does not come by itself."""
    config.write_text(config.read_text().replace(LISTED, "{default: ann, ical: {file: oncall.ics}}"))
    code, said = check(config)
    assert code == 1
    assert "calendar: cannot be read (the file cannot be read: No such file or directory)" in said
