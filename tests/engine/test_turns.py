"""One turn: everything or nothing of each look, no fault of one keeps the others waiting, and the clock follows the log."""

from __future__ import annotations

import asyncio
from collections import UserString
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rules.signal import HealthSignal
from tests.support import T0
from tests.theatre import Theatre, governing
from tests.virtual import run
from watcher.inbox import Committed
from watcher.incident import command as ask
from watcher.incident.surroundings import DaemonStarted
from watcher.log import Append
from watcher.log.memory import MemoryLog
from watcher.observation import Blind, Observation, Sweep
from watcher.roster import Roster
from watcher.turn import Turn


def turn() -> Turn:
    """A turn on an empty log."""
    return Turn(T0, Roster(governing().config), lambda stream: (None, {}))


def started(version: str) -> DaemonStarted:
    return DaemonStarted(at=T0, version=version)


def half(turn: Turn) -> None:
    """Adds to what the turn has and to what it has not, and fails."""
    with turn.whole():
        turn.add("daemon", [started("2")])
        turn.add("deploys", [started("3")])
        turn.memory["sentry:shop", "cursor"] = "new"
        turn.memory["sentry:other", "cursor"] = "new"
        raise RuntimeError("half way")


def test_what_fails_half_way_leaves_neither_events_nor_memory() -> None:
    """And what the turn had before it is there as it was."""
    one = turn()
    one.add("daemon", [started("1")])
    one.memory["sentry:shop", "cursor"] = "old"
    before = one.state("daemon")
    with pytest.raises(RuntimeError, match="half way"):
        half(one)
    assert [(a.stream, a.expected_version, a.events) for a in one.batch()] == [("daemon", 0, (started("1"),))]
    assert one.memory == {("sentry:shop", "cursor"): "old"}
    assert one.state("daemon") is before


def test_what_succeeds_after_a_failure_is_kept() -> None:
    """The failure before it takes nothing of it away."""
    one = turn()
    with pytest.raises(RuntimeError, match="half way"):
        half(one)
    with one.whole():
        one.add("daemon", [started("4")])
        one.memory["sentry:shop", "cursor"] = "newer"
    assert [a.events for a in one.batch()] == [(started("4"),)]
    assert one.memory == {("sentry:shop", "cursor"): "newer"}


ODD = UserString("elsewhere")
"""Nearly a text: only the fact that an incident was opened refuses it, behind all that was added before it."""


def poisoned(stage: Theatre, **wrong: Any) -> Sweep:
    """Two endpoints are down, each in an environment of its own; the second one's word cannot be taken in."""
    now = stage.world.clock.now()
    well = HealthSignal(
        source="health:api",
        key="api",
        at=now,
        started_at=None,
        state="down",
        reason="503",
        critical=True,
        system="api",
        environment="production",
    )
    second = replace(well, **{"key": "second", "environment": "elsewhere", **wrong})
    return Sweep(source="health:api", at=now, signals=(well, second), memory={"cursor": "new"})


def test_a_look_that_fails_half_way_opens_nothing_and_is_no_sight() -> None:
    """Its source stays blind, remembers nothing of it, and what it says next is taken in."""

    async def main() -> None:
        stage = await Theatre().start()
        blind = Blind(source="health:api", at=stage.world.clock.now(), reason="timeout")
        await stage.engine.submit(blind)
        await stage.pass_(seconds=1)
        await stage.engine.submit(poisoned(stage, environment=ODD))
        await stage.pass_(seconds=1)
        assert stage.log.count("incident") == 0
        assert stage.titles() == []
        assert "SourceSighted" not in stage.events("source/health:api")
        assert stage.log.remembered("health:api") == {}
        assert stage.engine.looked == {}
        await stage.probe()
        assert len(stage.titles("ann-phone")) == 1
        assert "SourceSighted" in stage.events("source/health:api")

    run(main())


def test_a_signal_that_cannot_be_written_down_takes_no_other_with_it() -> None:
    """The one beside it pages."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.engine.submit(poisoned(stage, started_at=datetime(2026, 11, 25, 2, 59)))  # noqa: DTZ001 - the fault
        await stage.pass_(seconds=1)
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_the_looks_of_other_sources_in_the_same_turn_are_kept() -> None:
    """One that fails takes nothing from those before and behind it."""

    async def main() -> None:
        stage = await Theatre().start()
        now = stage.world.clock.now()
        looks: list[Observation] = [
            Sweep(source="sentry:first", at=now, signals=(), memory={"cursor": 1}),
            poisoned(stage, environment=ODD),
            Sweep(source="sentry:last", at=now, signals=(), memory={"cursor": 2}),
        ]
        for look in looks:
            await stage.engine.submit(look)
        await stage.pass_(seconds=1)
        assert stage.log.remembered("sentry:first") == {"cursor": 1}
        assert stage.log.remembered("sentry:last") == {"cursor": 2}
        assert stage.log.remembered("health:api") == {}

    run(main())


def test_whoever_asked_and_went_away_stops_nobody() -> None:
    """What was asked for is done, and the next turn comes."""

    async def main() -> None:
        stage = await Theatre().start()
        await stage.probe()
        gone = asyncio.create_task(
            stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="link")), name="gone"
        )
        refused = asyncio.create_task(
            stage.engine.ask("incident/9", ask.Acknowledge(by="ann", via="link")), name="refused"
        )
        await asyncio.sleep(0)
        for task in (gone, refused):
            task.cancel()
        await asyncio.gather(gone, refused, return_exceptions=True)
        assert (gone.cancelled(), refused.cancelled()) == (True, True)
        await stage.pass_(seconds=1)
        assert stage.incident().acknowledged_by == "ann"
        await stage.engine.ask("incident/1", ask.Note(by="ann", text="on it"))
        assert not stage.tasks[0].done()

    run(main())


def fails(_: Committed) -> None:
    raise RuntimeError("a metric of its own")


def test_a_follower_that_fails_does_not_keep_a_page_from_leaving() -> None:
    """Whoever is told before the lanes may fail in every turn: the page leaves, and leaves again."""

    async def main() -> None:
        stage = Theatre()
        stage.engine._followers.insert(0, fails)
        await stage.start()
        await stage.probes("down", 4)
        assert len(stage.titles("ann-phone")) == 2

    run(main())


def test_a_counter_that_fails_does_not_keep_an_event_from_the_log() -> None:
    """Counters are committed with what they count; without them it is committed all the same."""

    def uncounted(_: Any) -> dict[tuple[str, str], Any]:
        raise RuntimeError("a counter of its own")

    async def main() -> None:
        stage = Theatre()
        stage.engine.tally(uncounted)
        await stage.start()
        await stage.probe()
        assert len(stage.titles("ann-phone")) == 1

    run(main())


def test_a_log_ahead_of_the_wall_clock_pulls_the_clock_at_start() -> None:
    """A machine that restarts a day in the past goes on where the log ends: the ladder does not stand still for a day."""

    async def main() -> None:
        log = MemoryLog()
        first = Theatre(log)
        first.world.clock.not_before(T0 + timedelta(days=1))
        await first.start()
        await first.probe()
        await first.crash()
        ended = log.last_at()
        second = await Theatre(log).start()
        assert ended is not None
        assert second.world.clock.now() >= ended
        await second.pass_(minutes=4)
        assert len(second.titles("ann-phone")) == 1
        moments = [row.event.at for row in log.rows()]
        assert moments == sorted(moments)

    run(main())


def test_a_quiet_day_pulls_the_clock_as_well() -> None:
    """What was written last may be no event, only that we live."""

    async def main() -> None:
        log = MemoryLog()
        first = Theatre(log)
        first.world.clock.not_before(T0 + timedelta(days=1))
        await first.start()
        await first.pass_(hours=3)
        await first.crash()
        second = await Theatre(log).start()
        assert second.world.clock.now() >= T0 + timedelta(days=1, hours=3) - timedelta(minutes=1)

    run(main())


def test_an_event_that_is_ahead_of_the_last_heartbeat_pulls_the_clock() -> None:
    """The later of the two counts."""

    async def main() -> None:
        log = MemoryLog()
        event = DaemonStarted(at=T0 + timedelta(days=2), version="1")
        log.append([Append(stream="daemon", kind="daemon", expected_version=0, events=(event,))], {})
        log.append([], {("daemon", "alive"): T0.isoformat()})
        stage = await Theatre(log).start()
        assert stage.world.clock.now() >= event.at

    run(main())
