"""The check-up of on-call at a given moment: what is a fault, what a warning, and what is said of a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from rules.yaml import compose
from tests.theatre import CONFIG, world
from tests.virtual import run
from watcher.care import checkup, checkup_oncall
from watcher.care.expectations import weaknesses
from watcher.config import Config
from watcher.finding import Finding
from watcher.oncall.shift import Shift
from watcher.roster import Roster

NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
DAY = timedelta(days=1)
LISTED = "{rotation: [ann, bob], default: ann, start: 2026-11-23}"
CALENDAR = "{default: ann, ical: {url: 'http://127.0.0.1/oncall.ics'}}"


def read(on_call: str, text: str = CONFIG) -> Config:
    return compose(text.replace("{default: ann}", on_call), "watcher.yaml").check(Config)


def found(config: Config, now: datetime = NOW, *shifts: Shift) -> list[Finding]:
    return list(checkup_oncall.of_plan(config, Roster(config, shifts).plan(), now))


def faults(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.level == "fault"]


def test_whoever_has_it_now_and_would_not_wake_is_a_fault() -> None:
    """In Bob's week; in Ann's it is a warning, said of the list."""
    config = read(LISTED, CONFIG.replace("bob: {targets: [bob-phone]}", "bob: {targets: [chat]}"))
    assert faults(found(config)) == []
    (fault,) = faults(found(config, NOW + 7 * DAY))
    assert fault.startswith("on-call bob: has it now, and no target of theirs wakes")


def test_a_person_of_the_calendar_who_would_not_wake_is_warned_of() -> None:
    """Before it is their day."""
    config = read(CALENDAR, CONFIG.replace("bob: {targets: [bob-phone]}", "bob: {targets: [chat]}"))
    shift = Shift(begins=NOW + DAY, ends=NOW + 2 * DAY, person="bob", label="bob")
    said = [f.text for f in found(config, NOW, shift) if f.level == "warning"]
    assert "on-call bob: is in the calendar, and no target of theirs wakes" in said[0]


def test_a_target_that_takes_no_pages_wakes_nobody() -> None:
    """A phone that is for updates alone does not ring, whatever else it says of itself."""
    text = CONFIG.replace(
        'bob-phone: {apprise: "memory://127.0.0.1", wakes: true}',
        'bob-phone: {apprise: "memory://127.0.0.1", wakes: true, for: [tell]}',
    )
    assert len(faults(found(read(LISTED, text), NOW + 7 * DAY))) == 1


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (httpx2.Response(404), "fault"),
        (httpx2.Response(200, text="hello"), "fault"),
        (httpx2.Response(503), "warning"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_a_fault_where_it_will_not_pass(
    answer: httpx2.Response, level: str
) -> None:
    """A server may be down just now; a wrong address stays wrong."""

    async def main() -> list[Finding]:
        here = world(answer=lambda _: answer)
        return (await checkup_oncall.of_calendar(read(CALENDAR), here, offline=False))[1]

    (finding,) = run(main())
    assert finding.level == level


def test_offline_no_address_is_asked() -> None:
    """And that it was not is said."""

    async def main() -> list[Finding]:
        return (await checkup_oncall.of_calendar(read(CALENDAR), world(), offline=True))[1]

    assert [f.text for f in run(main())] == ["calendar: not read, for nobody outside is asked"]


def test_who_is_not_on_call_now_is_not_complained_of_every_week() -> None:
    """The weekly note is about whoever would be paged."""
    config = read(LISTED, CONFIG.replace("bob: {targets: [bob-phone]}", "bob: {targets: [chat]}"))
    taken = {"ann-phone": NOW, "chat": NOW}
    assert weaknesses(config, NOW, taken, NOW, Roster(config).plan()) == ()
    assert weaknesses(config, NOW, taken, NOW + 7 * DAY, Roster(config).plan()) == (
        "bob is on call, and no target of theirs wakes",
    )


def test_a_gap_of_the_week_is_noted_and_a_later_one_is_not() -> None:
    """It is told again each week, nearer each time."""
    config = read(CALENDAR)
    covered = Shift(begins=NOW - DAY, ends=NOW + 9 * DAY, person="ann", label="ann")
    roster = Roster(config, (covered,))
    taken = dict.fromkeys(config.targets, NOW + 9 * DAY)
    assert weaknesses(config, NOW, taken, NOW, roster.plan()) == ()
    (said,) = weaknesses(config, NOW, taken, NOW + 3 * DAY, roster.plan())
    assert (
        said
        == "nobody is named on call from Fri 2026-12-04 03:00 until Sat 2026-12-05 03:00 (UTC): ann stands in"
    )


QUIET = CONFIG.replace(
    'ann-phone: {apprise: "memory://127.0.0.1", wakes: true',
    'ann-phone: {apprise: "memory://127.0.0.1", wakes: true, for: [tell]',
)
"""Ann's phone is loud, and takes no pages."""


def test_every_check_up_says_the_same_of_whose_targets_ring() -> None:
    """The check-up, the weekly note and the page itself: what takes no page rings for nobody."""
    config = read("{default: ann}", QUIET)
    assert Roster(config).ringing("ann") == Roster(config).ringing("on-call") == []
    assert Roster(config).ringing("bob") == ["bob-phone"]
    assert [f.text for f in checkup.of_config(config, lambda _: True) if f.level == "fault"] == [
        "on-call ann: no target of theirs wakes; mark one with wakes: true (and for: wake)"
    ]
    assert weaknesses(config, NOW, {}, NOW, Roster(config).plan()) == (
        "ann is on call, and no target of theirs wakes",
    )


def test_a_gap_that_goes_on_has_no_end_that_was_never_looked_at() -> None:
    """The last one is open: what ends is the look ahead."""
    shift = Shift(begins=NOW, ends=NOW + DAY, person="bob", label="bob")
    (gap,) = [f.text for f in found(read(CALENDAR), NOW, shift) if "nobody is named" in f.text]
    assert gap == (
        "on-call: nobody is named from Thu 2026-11-26 03:00 (UTC) and on; 30 days are looked at; "
        "ann stands in, as the default"
    )
