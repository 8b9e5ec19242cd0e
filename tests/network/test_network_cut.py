"""Our own network is cut, in a network namespace of its own: nothing is called an outage for it, and nobody climbs for it.

Real processes and sockets; one cable is cut at the daemon's end, the other one at the far end, both at the same time.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from tests.network.away import BEFORE, BLINKS, HEALS, MEANWHILE, QUICK, WELL, Play, perform
from tests.network.cable import Cut, missing
from watcher.incident.event import (
    Escalated,
    Event,
    Mitigated,
    Opened,
    StillFailing,
    WatchLost,
    WatchRegained,
)

CUTS: tuple[Cut, ...] = ("own", "far")
BACKUP_AFTER = timedelta(seconds=6)
SOON = timedelta(seconds=11)
"""An unchanged state is told every ten seconds; so long may the first look after the return take."""


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Play]:
    """What came of it, by the end at which the cable was cut."""
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    own, far = (Play(tmp_path_factory.mktemp(cut), cut, QUICK) for cut in CUTS)
    perform([own, far])
    return {"own": own, "far": far}


@pytest.fixture(params=CUTS)
def play(request: pytest.FixtureRequest, plays: dict[str, Play]) -> Play:
    return plays[request.param]


def moments(facts: list[Event], kind: type[Event]) -> list[object]:
    return [fact.at for fact in facts if isinstance(fact, kind)]


def test_no_outage_is_opened_for_a_network_that_is_ours(play: Play) -> None:
    """Neither for a service that was well all the time, nor for one whose blink nobody could see."""
    assert play.numbers(WELL) == []
    assert play.numbers(BLINKS) == []
    assert len(play.incidents) == 3


def test_an_outage_that_began_meanwhile_is_one_correct_page_after(play: Play) -> None:
    """Soon after the network is back, once, with what the service itself says; its ladder begins then, not before."""
    (number,) = play.numbers(MEANWHILE)
    facts = play.facts(MEANWHILE)
    (opened,) = (fact for fact in facts if isinstance(fact, Opened))
    assert timedelta(0) <= opened.at - play.back_at <= SOON
    assert play.pages(MEANWHILE, after=False) == []
    (page,) = (got for got in play.pages(MEANWHILE, after=True) if got.path == "/ann")
    assert f"INC-{number} " in page.title
    assert "503" in page.title
    assert all(fact.at - opened.at >= BACKUP_AFTER for fact in facts if isinstance(fact, Escalated))


def test_nobody_climbs_while_we_are_away(play: Play) -> None:
    """What failed before and fails on: its rungs wait for one fresh look, then each rings once, and on-call not again."""
    facts = play.facts(BEFORE)
    (lost,), (regained,) = moments(facts, WatchLost), moments(facts, WatchRegained)
    assert play.cut_at <= lost < play.back_at <= regained  # type: ignore[operator]
    (looked,) = moments(facts, StillFailing)
    assert len(moments(facts, Escalated)) == 2
    assert all(looked <= at for at in moments(facts, Escalated))  # type: ignore[operator]
    assert sorted(got.path for got in play.pages(BEFORE, after=True)) == ["/bob", "/cara"]


def test_what_healed_meanwhile_wakes_nobody_new(play: Play) -> None:
    """The first look after our return finds it well: the one who was paged hears that, and no rung is climbed."""
    facts = play.facts(HEALS)
    assert moments(facts, Escalated) == []
    (mitigated,) = moments(facts, Mitigated)
    assert mitigated > play.back_at  # type: ignore[operator]
    (told,) = play.pages(HEALS, after=True)
    assert told.path == "/ann"
    assert "recovered" in told.title
