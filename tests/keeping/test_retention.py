"""What the log keeps: events go when they are old enough, and nothing that anybody counts on goes with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.serve.front import API, Front
from tests.support import T0
from tests.theatre import RULES
from tests.virtual import run
from watcher.care.retention import EVERY, FIRST_AFTER, Retention
from watcher.cli import watcher
from watcher.config import Config
from watcher.incident.command import Report
from watcher.incident.event import Event, PageAbandoned, PageRequested
from watcher.incident.machines import MACHINES, fold, spent
from watcher.incident.vigil import GoBlind, See, deadline, decide
from watcher.keeping.backup import back_up
from watcher.log import Append, Log
from watcher.log.memory import MemoryLog
from watcher.log.sqlite import SqliteLog
from watcher.observation import Blind

TRIALS = (
    RULES
    + """\
  - id: outage.report
    trigger: chat (the core function) completely down
    because: "a person reports an outage"
    signal: report
    when: {any_text: ['nothing loads']}
    certainty: hint
    examples:
      fires: [{text: "nothing loads"}]
      near_misses: [{text: "all loads", why: it is well}]
"""
)
"""Rules by which a person's words raise a suspicion, beside those by which an endpoint opens an incident."""
HOUR = timedelta(hours=1)
DAYS_MAX = 4


def kept(front: Front, keep: timedelta) -> Retention:
    """Retention on the front's log. A test cannot wait two years."""
    log = front.config.log.model_copy(update={"keep": keep})
    config: Config = front.config.model_copy(update={"log": log})

    async def read(reading: Callable[[Log], Any]) -> Any:
        return reading(front.log)

    return Retention(front.world, front.engine.between, read, lambda: config)


async def over(front: Front) -> None:
    """One incident that was none, and is closed for good; one suspicion that waits for a person."""
    await front.start()
    await front.probe("down")
    await front.pass_(minutes=1)
    async with front.web() as web:
        answer = await web.post(
            f"{API}/incidents/INC-1/false-alarm", json={"as": "ann", "text": "a rehearsal"}
        )
        assert answer.status_code == 200, answer.text
    await front.probe("up")
    for _ in range(DAYS_MAX * 24):
        if "incident/1" not in front.log.open_streams():
            return
        await front.pass_(hours=1)
    raise AssertionError("the incident never ended")


def series(text: str) -> list[str]:
    """The response times and counts of incidents, as they are scraped."""
    return [line for line in text.splitlines() if line.startswith("watcher_incident")]


def test_an_old_incident_keeps_its_place_in_the_numbers_and_says_that_its_events_are_gone() -> None:
    """The metrics of the next life are the same; showing it or acting on it says what became of its events."""

    async def scene() -> None:
        front = Front()
        await over(front)
        before = series(front.again().metrics.exposition().decode())
        await front.pass_(hours=2)
        assert await kept(front, HOUR).sweep() == 1
        assert front.log.read("incident/1") == []
        assert series(front.again().metrics.exposition().decode()) == before
        async with front.web() as web:
            shown = await web.get(f"{API}/incidents/INC-1")
            acted = await web.post(f"{API}/incidents/INC-1/note", json={"as": "ann", "text": "late"})
            never = await web.get(f"{API}/incidents/INC-2")
            listed = (await web.get(f"{API}/incidents?all=1")).json()["incidents"]
        for answer in (shown, acted):
            assert answer.status_code == 404
            assert "INC-1 (outage, opened " in answer.json()["error"]
            assert "its events are gone" in answer.json()["error"]
        assert never.json()["error"] == "there is no INC-2"
        assert [row["id"] for row in listed] == ["INC-1"]
        await front.probe("down", "web")
        await front.pass_(minutes=1)
        assert "incident/2" in front.log.open_streams()
        await front.crash()

    run(scene())


def test_what_is_open_keeps_every_word_however_old_and_a_young_one_too() -> None:
    """Two sweeps, one a moment too early: only then does the closed one go; the open suspicion stays."""

    async def scene() -> None:
        front = Front(rules=TRIALS)
        await over(front)
        await front.engine.hear(_report())
        words = len(front.log.read("suspicion/1"))
        assert await kept(front, timedelta(days=400)).sweep() == 0
        await front.pass_(hours=2)
        assert await kept(front, HOUR).sweep() == 1
        assert len(front.log.read("suspicion/1")) >= words > 0
        assert len(front.log.read("daemon")) > 0
        await front.crash()

    run(scene())


def _report() -> Report:
    return Report(text="nothing loads", by="a customer", via="api")


def test_the_first_look_leaves_a_start_alone_and_then_it_looks_twice_a_day() -> None:
    """Nothing in the first minutes; what has aged since is gone by the next look."""

    async def scene() -> None:
        front = Front()
        looks: list[timedelta] = []
        began = front.world.clock.now()

        async def read(reading: Callable[[Log], Any]) -> Any:
            looks.append(front.world.clock.now() - began)
            return reading(front.log)

        retention = Retention(front.world, front.engine.between, read, lambda: front.config)
        front.tasks.append(_task(retention))
        await front.pass_(days=1, minutes=10)
        await front.crash()
        assert [round(look / FIRST_AFTER) for look in dict.fromkeys(looks)] == [
            round((FIRST_AFTER + n * EVERY) / FIRST_AFTER) for n in range(3)
        ]

    run(scene())


def _task(retention: Retention) -> asyncio.Task[None]:
    return asyncio.create_task(retention.run())


def test_a_log_that_is_read_by_hand_says_it_too(tmp_path: Path) -> None:
    """`show --log` of a forgotten incident: exit 1, and the same words; the rules' report leaves it out."""
    path = tmp_path / "watcher.db"

    async def scene() -> None:
        front = Front(SqliteLog(path))
        await over(front)
        await front.pass_(hours=2)
        await kept(front, HOUR).sweep()
        await front.crash()
        front.log.close()

    run(scene())
    shown = CliRunner().invoke(watcher, ["show", "INC-1", "--log", str(path)])
    assert (shown.exit_code, "its events are gone" in shown.output) == (1, True), shown.output
    reported = CliRunner().invoke(watcher, ["rules", "report", "--log", str(path)])
    assert "Traceback" not in reported.output
    assert reported.exception is None or isinstance(reported.exception, SystemExit)


def _seen(stream: str, times: int, *, told: bool) -> list[Event]:
    """A source that could not see, and saw again, an hour apart; each time told, or not."""
    state, found = fold(stream, []), list[Event]()
    for n in range(times):
        at = T0 + n * HOUR
        blind = GoBlind(reason="timeout", service="shop", tell_after=timedelta(0 if told else 9))
        for moment, command in ((at, blind), (at + HOUR / 2, See())):
            for event in decide(state, command, moment):
                state = MACHINES["source"].evolve(state, event)
                found.append(event)
                if isinstance(event, PageRequested):
                    failed = PageAbandoned(
                        at=moment, page=state.version, target=None, reason="no_such_target"
                    )
                    state = MACHINES["source"].evolve(state, failed)
                    found.append(failed)
    return found


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("days", [0, 3, 40])
def test_what_a_source_no_longer_needs_is_cut_off_and_its_state_is_the_same(*, told: bool, days: int) -> None:
    """Whenever it is read, now and after more has happened; the version goes on counting, the proof of a backup holds."""
    stream, events = "source/health:api", _seen("source/health:api", 50, told=told)
    before = T0 + days * timedelta(days=1)
    upto = spent(stream, events, before)
    assert all(event.at < before for event in events[:upto])
    assert (upto == 0) == (days == 0)
    assert upto < len(events)
    whole, rest = fold(stream, events), fold(stream, events[upto:], after=upto)
    assert (rest.version, rest.blind_since, deadline(rest)) == (
        whole.version,
        whole.blind_since,
        deadline(whole),
    )
    again = decide(rest, GoBlind(reason="refused"), T0 + timedelta(days=99))
    assert again == decide(whole, GoBlind(reason="refused"), T0 + timedelta(days=99))
    assert spent(stream, events[upto:], before, after=upto) in (0, upto)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_endless_stream_stays_short_and_goes_on_after_a_restart(kind: str, tmp_path: Path) -> None:
    """Its old events go, the newest stays, and the next life appends where this one ended."""

    async def scene() -> None:
        log: Log = SqliteLog(tmp_path / "watcher.db") if kind == "sqlite" else MemoryLog()
        stream, events = "source/health:api", tuple(_seen("source/health:api", 50, told=True))
        log.append([Append(stream=stream, kind="source", expected_version=0, events=events)], {})
        front = Front(log)
        await front.start()
        await front.pass_(days=40)
        assert await kept(front, timedelta(days=400)).shorten() > 100
        (left, *others) = log.read(stream)
        assert (left.version, others) == (len(events), [])
        await front.crash()
        again = front.again()
        await again.start()
        await again.engine.submit(Blind(source="health:api", at=again.world.clock.now(), reason="timeout"))
        await again.pass_(minutes=1)
        assert log.read(stream)[1].version == len(events) + 1
        await again.crash()
        log.close()
        if kind == "sqlite":
            back_up(tmp_path / "watcher.db", tmp_path / "copy.db", keep=1)

    run(scene())
