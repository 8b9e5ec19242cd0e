"""That no figure falls, that a restart changes nothing, and what the response times mean."""

from __future__ import annotations

import json
import timeit
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifiers.page import Receipt
from rules.signal import CATEGORIES
from tests.serve.front import Front
from tests.serve.scrape import is_counter, samples, seen
from tests.support import T0
from tests.virtual import run
from watcher.clock import Clock
from watcher.incident import command as ask
from watcher.log.memory import MemoryLog
from watcher.serve.metrics import Metrics
from watcher.serve.metrics.ledger import Ledger
from watcher.view.measures import BUCKETS, times

REFUSED = Receipt(outcome="refused", reason="auth")
LOST = Receipt(outcome="unknown", reason="timeout")


STEPS = st.lists(
    st.sampled_from(["down", "up", "calm", "ack", "resolve", "false", "wait", "long", "deploy", "restart"]),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(
    steps=STEPS, script=st.lists(st.sampled_from([REFUSED, LOST, Receipt(outcome="accepted")]), max_size=12)
)
def test_no_counter_falls_and_a_restart_changes_nothing(steps: list[str], script: list[Receipt]) -> None:
    """Over any life of incidents, with any luck of delivery, and over restarts in the middle of it."""

    async def main() -> None:
        stage = Front(MemoryLog(), script={"ann-phone": script, "chat": script[::-1]})
        await stage.start()
        before = seen(stage)
        for step in [*steps, "restart"]:
            stage = await play(stage, step)
            now = seen(stage)
            fell = {key for key, n in before.items() if is_counter(key[0]) and now.get(key, -1) < n}
            assert not fell, step
            before = now
        await stage.crash()

    run(main())


async def play(stage: Front, step: str) -> Front:
    if step in ("down", "up"):
        await stage.probe(step)
    elif step in ("wait", "long"):
        await stage.pass_(minutes=4 if step == "wait" else 40)
    elif step == "calm":
        await stage.probes("up", 6)
    elif step == "restart":
        return await restart(stage)
    else:
        await command(stage, step)
    return stage


async def restart(stage: Front) -> Front:
    """What the log gives back is what was shown, figure by figure."""
    await stage.crash()
    fresh = stage.again()
    assert seen(fresh) == seen(stage)
    await fresh.start()
    return fresh


async def command(stage: Front, step: str) -> None:
    commands: dict[str, Any] = {
        "ack": ask.Acknowledge(by="ann", via="test"),
        "resolve": ask.Resolve(by="ann"),
        "false": ask.MarkFalse(by="ann"),
    }
    for stream in [s for s in stage.engine.streams if s.startswith("incident/")]:
        try:
            await stage.engine.ask(stream, commands.get(step, ask.Note(by="ann", text=step)))
        except ask.Refused:
            continue


def row(number: int, **changes: Any) -> dict[str, Any]:
    """The milestone columns of a resolved incident."""
    at = T0 + timedelta(hours=number)
    plain = {
        "name": f"incident/{number}",
        "category": CATEGORIES[number % 5],
        "status": "resolved",
        "started_at": at - timedelta(seconds=90),
        "detected_at": at,
        "opened_at": at,
        "paged_at": at + timedelta(seconds=5),
        "acknowledged_at": at + timedelta(minutes=3),
        "decided_at": at + timedelta(minutes=9),
        "mitigated_at": at + timedelta(minutes=50),
        "resolved_at": at + timedelta(minutes=170),
        "outcome": "resolved",
        "deployment_caused": True,
        "recommendation": "rollback",
        "decision": "rollback",
        "reopenings": 0,
    }
    return {**plain, **changes}


def test_each_response_time_means_what_it_says() -> None:
    """All but `detect` run from the first signal; restore is the mitigation that held, else the closing."""
    found = {measure: time.total_seconds() for measure, time in times(row(0)).items()}
    assert found == {
        "detect": 90,
        "page": 5,
        "acknowledge": 180,
        "decide": 540,
        "restore": 3000,
        "resolve": 10200,
    }
    assert times(row(0, mitigated_at=None))["restore"] == timedelta(minutes=170)
    late: datetime = row(0)["resolved_at"] + timedelta(seconds=1)
    assert set(times(row(0, paged_at=late, decided_at=late, acknowledged_at=None, started_at=None))) == {
        "restore",
        "resolve",
    }


def test_exactly_two_hours_counts_as_within_two_hours() -> None:
    """A boundary belongs to the bucket below it."""
    ledger = Ledger()
    ledger.begin(
        [
            row(0, mitigated_at=T0 + timedelta(hours=2)),
            row(0, mitigated_at=T0 + timedelta(hours=2, seconds=1)),
        ],
        T0,
    )
    counts = dict(ledger.times["restore"].cumulative())
    assert (counts["7200.0"], counts["+Inf"]) == (1, 2)
    assert 7200 in BUCKETS


def test_drills_are_not_counted() -> None:
    """Neither as the disk says it nor as it was appended."""
    ledger = Ledger()
    ledger.begin([row(0, drill=True), row(1, **{"class": "drill"})], T0)
    assert (sum(ledger.opened.values()), sum(ledger.closed.values())) == (0, 0)


def test_a_scrape_of_ten_thousand_incidents_is_quick() -> None:
    """Milestones are added up once; a scrape reads the sums."""
    metrics = Metrics(Clock(), version="1.2.3")
    metrics.begin([row(n) for n in range(10_000)], {json.dumps(["pages_total", "chat", "accepted"]): 5})
    took = min(timeit.repeat(metrics.exposition, number=1, repeat=5))
    assert samples(metrics.exposition())["watcher_incident_time_to_restore_seconds_count", ()] == 10_000
    assert took < 0.02
