"""The whole daemon, a few seeds: its sources look for themselves, over HTTP, and people use its API."""

from __future__ import annotations

import pytest

from tests.simulation.properties import check
from tests.simulation.tape import Tape
from tests.simulation.whole import play_whole


@pytest.fixture(scope="module")
def tapes() -> list[Tape]:
    return [play_whole(seed, 1) for seed in (3, 4)]


def test_a_whole_daemon_keeps_its_promises(tapes: list[Tape]) -> None:
    """Applications and a Sentry that fail in many ways, pagers, clocks and disks that do, and a daemon that is killed."""
    assert [f"seed {t.seed}: {breach}" for t in tapes for breach in check(t)] == []


def test_what_breaks_is_seen(tapes: list[Tape]) -> None:
    """The applications broke, and incidents were opened for it."""
    broken = sum(1 for t in tapes for f in t.faults if f.kind == "broken")
    assert broken > 10
    assert sum(len(t.streams("incident")) for t in tapes) > broken / 3
