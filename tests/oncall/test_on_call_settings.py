"""What the configuration may say of on-call, and what is refused with its place and its mend."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from rules.fault import Faults
from rules.yaml import compose
from tests.theatre import CONFIG as SERVED
from watcher.config import Config, policy, problems
from watcher.incident.event import PageRequested
from watcher.incident.overrides import Overrides
from watcher.incident.surroundings import Overridden
from watcher.loading import read_config
from watcher.roster import Roster

CONFIG = SERVED.replace(', public_url: "https://watcher.shop.example"', "")
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
"""A Wednesday, 04:00 in Berlin."""
LISTED = (
    "{rotation: [ann, bob], handover: 'Mon 09:00', zone: Europe/Berlin, default: cara, start: 2026-11-23}"
)


def read(on_call: str, text: str = CONFIG) -> Config:
    return compose(text.replace("{default: ann}", on_call), "watcher.yaml").check(Config)


def wrong(on_call: str, text: str = CONFIG) -> list[str]:
    return [f"{'.'.join(map(str, place))}: {message}" for place, message in problems(read(on_call, text))]


def paged(
    config: Config, *to: str, arranged: Overrides | None = None, at: datetime = NOW
) -> list[str | None]:
    """Whom a page to these roles reaches."""
    roster = Roster(config)
    page = PageRequested(at=at, kind="wake", purpose="rung", to=to, title="", lines=())
    return list(dict.fromkeys(d.contact for d in roster.deliveries(page, roster.plan(arranged))))


def test_the_configuration_of_the_guide_is_read() -> None:
    """A weekly list with a zone."""
    on_call = read("{rotation: [ann, bob], handover: 'Mon 09:00', zone: Europe/Berlin, default: ann}").on_call
    (one,) = on_call.rotations
    assert (one.people, one.days, one.at, one.fixed) == (("ann", "bob"), 7, time(9), False)
    assert one.zone.key == "Europe/Berlin"


def test_a_time_of_day_alone_hands_over_daily() -> None:
    """A day of the week makes it weekly; `every` says otherwise."""
    assert read("{rotation: [ann], handover: '09:00'}").on_call.days == 1
    assert read("{rotation: [ann], handover: 'Fri 17:00'}").on_call.days == 7
    assert read("{rotation: [ann], handover: 'Fri 17:00', every: 14d}").on_call.days == 14
    assert read("{rotation: [ann], handover: '17:00', every: 3d}").on_call.days == 3


def test_without_a_default_the_first_of_the_list_stands_in() -> None:
    """And without either it is asked for."""
    assert read("{rotation: [bob, ann]}").on_call.default == "bob"
    with pytest.raises(Faults, match="default"):
        read("{zone: UTC}")


@pytest.mark.parametrize(
    ("on_call", "said"),
    [
        ("{rotation: [ann, zoe]}", "on_call.rotation.1: there is no contact 'zoe'; name it under contacts"),
        ("{default: zoe}", "on_call.default: there is no contact 'zoe'; name it under contacts"),
        (
            "{rotation: [ann], start: 2026-11-25}",
            "on_call.start: 2026-11-25 is a Wednesday, the hand-over is on a Monday: write 2026-11-23 or 2026-11-30",
        ),
        (
            "{default: ann, start: 2026-11-23}",
            "on_call.start: nobody is on a list that could start; write rotation: [...]",
        ),
        (
            "{rotation: [ann], handover: '09:00', every: 36h}",
            "on_call.every: a turn lasts whole days: 1d to 28d",
        ),
        (
            "{rotation: [ann], every: 10d}",
            "on_call.every: a hand-over on a Monday comes every 7d, 14d, 21d or 28d; without a day: handover: 09:00",
        ),
        (
            "{rotation: [ann], then: [{start: 2026-12-07, rotation: [bob]}]}",
            "on_call.start: a list that another follows needs its own start: the day on which its first began",
        ),
        (
            "{rotation: [ann], start: 2026-12-07, then: [{start: 2026-12-07, rotation: [bob]}]}",
            "on_call.then.0.start: lists follow one another: this one starts after 2026-12-07",
        ),
        ("{default: ann, ical: {every: 1m}}", "on_call.ical: a calendar is one of url and file"),
    ],
)
def test_what_does_not_fit_is_said_with_its_mend(on_call: str, said: str) -> None:
    """Whoever wrote it sees what to write instead."""
    assert wrong(on_call) == [said]


@pytest.mark.parametrize(
    ("on_call", "said"),
    [
        ("{rotation: [ann], handover: 'Monday 9'}", "a hand-over is written"),
        ("{rotation: [ann], handover: 'Mit 09:00'}", "a hand-over is written"),
        ("{rotation: [ann], handover: '24:00'}", "a hand-over is written"),
        ("{rotation: [ann], zone: Berlin}", "no such time zone"),
        ("{rotation: [ann], start: tomorrow}", "a day is written 2026-11-23"),
        ("{default: ann, ical: {url: 'https://calendar.example/private/basic.ics'}}", "never in plain text"),
    ],
)
def test_what_cannot_be_read_is_refused(on_call: str, said: str) -> None:
    """A private calendar's address opens it to whoever knows it: it is a secret."""
    with pytest.raises(Faults, match=said):
        read(on_call)


def test_one_alias_means_one_person() -> None:
    """Else a calendar's word would page either."""
    text = CONFIG.replace("bob: {", "bob: {aliases: [Ann], ")
    assert wrong("{default: ann}", text) == [
        "contacts.bob.aliases: 'Ann' means ann as well; a calendar's word must mean one person"
    ]


def test_nobody_carries_the_role_of_whoever_is_on_call() -> None:
    """It would say something else than on_call does."""
    assert wrong("{default: ann}", CONFIG.replace("role: cto", "role: on-call")) == [
        "contacts.cara.role: who is on-call is no contact's role: see on_call"
    ]


def test_a_calendar_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    """As every other path does."""
    path = tmp_path / "watcher.yaml"
    path.write_text(CONFIG.replace("{default: ann}", "{default: ann, ical: {file: oncall.ics}}"))
    calendar = read_config(path).on_call.ical
    assert calendar is not None
    assert calendar.file == tmp_path / "oncall.ics"


def test_roles_are_resolved_at_the_moment_of_the_page() -> None:
    """The one on the list this week, the next behind; a week later it is the other way round."""
    config = read(LISTED)
    assert paged(config, "on-call") == ["ann"]
    assert paged(config, "on-call", "backup") == ["ann", "bob"]
    assert paged(config, "on-call", "backup", at=NOW + timedelta(days=7)) == ["bob", "ann"]


def test_an_override_is_paged_and_the_backup_is_another() -> None:
    """Bob stands in for Ann: behind him is Ann, the other one of the list."""
    arranged = Overrides(
        active={
            1: Overridden(
                at=NOW,
                override=1,
                person="bob",
                begins=NOW,
                until=NOW + timedelta(hours=2),
                by="ann",
                because="x",
            )
        }
    )
    assert paged(read(LISTED), "on-call", "backup", arranged=arranged) == ["bob", "ann"]


def test_a_contact_with_the_role_of_the_backup_goes_before_the_list() -> None:
    """Unless that is the one on call."""
    text = CONFIG.replace("role: cto", "role: backup")
    assert paged(read(LISTED, text), "backup") == ["cara"]
    assert paged(read("{default: cara, rotation: [cara, bob], start: 2026-11-23}", text), "backup") == ["bob"]


def test_where_there_is_no_backup_the_on_call_is_meant_and_the_cto_hears_earlier() -> None:
    """One person alone: nobody stands behind."""
    config = read("{default: ann}")
    assert paged(config, "backup") == ["ann"]
    alone = policy(config, security=False)
    backed = policy(config, security=False, backed=True)
    assert [rung.page for rung in alone.unacknowledged] == [("on-call",), ("on-call",), ("cto",)]
    assert [rung.page for rung in backed.unacknowledged] == [("on-call",), ("backup",)]


def test_lists_follow_one_another() -> None:
    """Cara joins on a day that is written down; until then nothing changes."""
    then = LISTED.replace("}", ", then: [{start: 2026-12-07, rotation: [cara, ann, bob]}]}")
    assert wrong(then) == []
    first, second = read(then).on_call.rotations
    assert (first.start, second.start, second.people) == (
        date(2026, 11, 23),
        date(2026, 12, 7),
        ("cara", "ann", "bob"),
    )
    assert paged(read(then), "on-call") == ["ann"]
    assert paged(read(then), "on-call", at=NOW + timedelta(days=14)) == ["cara"]
