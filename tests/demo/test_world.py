from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watcher.demo.world import BAD, GOOD, failures, moment, shop_before

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
BROKEN = shop_before(START).deploy(BAD, START).break_sign_in(START + timedelta(seconds=5))


def _after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_before_the_fault_only_the_harmless_error_is_there() -> None:
    """A healthy shop shows no failed sign-in, and a known harmless error that is handled."""
    issues = shop_before(START).at(START).issues
    assert [issue.level for issue in issues] == ["warning"]
    assert all(issue.handled for issue in issues)


def test_sign_in_fails_from_the_fault_until_another_release_runs() -> None:
    """The fault has a first moment, lives in one release, and ends with the rollback."""
    rolled_back = BROKEN.deploy(GOOD, _after(20))
    working = [rolled_back.sign_in_works(_after(seconds)) for seconds in (4.9, 5, 19.9, 20, 600)]
    assert working == [True, False, False, True, True]
    assert [rolled_back.running(_after(seconds)) for seconds in (-1, 0, 20)] == [GOOD, BAD, GOOD]


def test_the_rollback_stops_the_errors() -> None:
    """No error is dated after the fix, and those of before stay."""
    rolled_back = BROKEN.deploy(GOOD, _after(20))
    assert max(row.at for row in failures(rolled_back, _after(600))) <= _after(20)
    assert failures(rolled_back, _after(600)) == failures(BROKEN, _after(20))


def test_the_failures_carry_users_and_the_release() -> None:
    """Five different users are hit within five seconds, all in the release that went out."""
    rows = failures(BROKEN, _after(10))
    assert len({row.user for row in rows}) >= 5
    assert {row.release for row in rows} == {f"shop@{BAD}"}


@given(st.floats(0, 3600), st.floats(0, 3600))
def test_errors_only_ever_grow(one: float, other: float) -> None:
    """What was counted at one moment is among what is counted later: time alone takes nothing back."""
    early, late = sorted((one, other))
    before, after = failures(BROKEN, _after(early)), failures(BROKEN, _after(late))
    assert after[: len(before)] == before
    assert all(row.at <= _after(early) for row in before)


@given(st.integers(0, 4000))
def test_errors_come_ever_faster(number: int) -> None:
    """The distance to the next failure shrinks: people who cannot sign in try again."""
    assert 0 < moment(number + 2) - moment(number + 1) < moment(number + 1) - moment(number)


def test_each_release_tells_its_deploys() -> None:
    """A release that was deployed twice has two deploys and is one release."""
    releases = {release.short: release for release in BROKEN.deploy(GOOD, _after(20)).at(_after(30)).releases}
    assert set(releases) == {GOOD, BAD}
    assert len(releases[GOOD].deploys) == 2


def test_the_tracker_forgets_the_failures_soon() -> None:
    """Seconds after the fix the tracker shows no failed sign-in any more: recovery fits into a demo."""
    rolled_back = BROKEN.deploy(GOOD, _after(20))
    listed = [[issue.level for issue in rolled_back.at(_after(seconds)).issues] for seconds in (20, 29)]
    assert listed == [["warning", "error"], ["warning"]]
