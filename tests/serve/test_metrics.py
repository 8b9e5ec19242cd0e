"""The metrics: what they mean, that they start at 0, that they never fall, that a restart changes nothing."""

from __future__ import annotations

import json
import timeit
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from notifiers.page import Receipt
from rules.signal import CATEGORIES
from tests.serve.front import Front
from tests.support import T0
from tests.virtual import run
from watcher.clock import Clock
from watcher.incident import command as ask
from watcher.log.memory import MemoryLog
from watcher.observation import Blind
from watcher.serve.metrics import Metrics
from watcher.serve.metrics.ledger import Ledger
from watcher.view.measures import BUCKETS, times

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Samples:
    families = text_string_to_metric_families(text.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def value(stage: Front, name: str, **labels: str) -> float:
    return samples(stage.metrics.exposition())[f"watcher_{name}", tuple(sorted(labels.items()))]


PROCESS = ("watcher_polls", "watcher_poll_last", "watcher_page_delivery")
"""What starts with the process, as its help says."""
FIRST_TURN = ("watcher_pages_pending", "watcher_source_blind")
"""What is read from the live streams, and so not before the engine has them."""


def seen(stage: Front) -> Samples:
    """What must outlive a restart."""
    found = samples(stage.metrics.exposition())
    return {key: n for key, n in found.items() if not key[0].startswith((*PROCESS, *FIRST_TURN))}


def is_counter(name: str) -> bool:
    return name.endswith(("_total", "_bucket", "_count", "_sum"))


def test_every_label_value_starts_at_zero() -> None:
    """Before anything happened each category, target, source, rung and outcome is there, as 0."""

    async def main() -> None:
        stage = Front()
        found = samples(stage.metrics.exposition())
        for category in CATEGORIES:
            assert found["watcher_incidents_opened_total", (("category", category),)] == 0
        for key in (
            ("watcher_pages_total", (("outcome", "unknown"), ("target", "cara-phone"))),
            ("watcher_polls_total", (("outcome", "rate_limited"), ("source", "health:api"))),
            ("watcher_escalations_total", (("rung", "unmitigated-1"),)),
            ("watcher_escalations_total", (("rung", "unacknowledged-2"),)),
            ("watcher_recommendations_total", (("recommendation", "hotfix"),)),
            ("watcher_suspicions_total", (("outcome", "dismissed"),)),
            ("watcher_source_blind", (("source", "health:api"),)),
            ("watcher_rungs_reached_nobody_total", ()),
            ("watcher_oldest_open_incident_start_timestamp_seconds", ()),
            ("watcher_incident_time_to_restore_seconds_count", ()),
        ):
            assert found[key] == 0, key
        closed = [labels for name, labels in found if name == "watcher_incidents_closed_total"]
        assert len(closed) == 5 * 2 * 3
        assert found["watcher_config_last_reload_successful", ()] == 1
        assert found["watcher_build_info", (("version", "1.2.3"),)] == 1

    run(main())


def test_no_series_tells_when_it_was_made_and_no_label_names_an_incident() -> None:
    """No `_created` series, no id, and the two hours of the target are a boundary."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        await stage.probe("down")
        text = stage.metrics.exposition().decode()
        await stage.crash()
        assert "_created" not in text
        assert "INC-" not in text
        assert 'watcher_incident_time_to_restore_seconds_bucket{le="7200.0"}' in text
        assert all(line.startswith(("watcher_", "#")) for line in text.splitlines())

    run(main())


def test_an_incident_is_counted_from_its_opening_to_its_end() -> None:
    """Opened, open by status, paged, closed; the response times are observed once, at the end."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        await stage.probe("down")
        assert value(stage, "incidents_opened_total", category="outage") == 1
        assert value(stage, "incidents_open", category="outage", status="investigating") == 1
        assert value(stage, "oldest_open_incident_start_timestamp_seconds") == pytest.approx(
            T0.timestamp(), abs=1
        )
        assert value(stage, "pages_total", target="ann-phone", outcome="accepted") == 1
        assert value(stage, "target_last_accepted_timestamp_seconds", target="ann-phone") >= T0.timestamp()
        await stage.pass_(minutes=1)
        await stage.engine.ask("incident/1", ask.Acknowledge(by="ann", via="test"))
        assert value(stage, "incident_time_to_acknowledge_seconds_count") == 0
        await stage.pass_(minutes=9)
        await stage.engine.ask("incident/1", ask.Resolve(by="ann"))
        await stage.pass_(minutes=1)
        await stage.crash()
        assert value(stage, "incidents_open", category="outage", status="investigating") == 0
        assert (
            value(
                stage,
                "incidents_closed_total",
                category="outage",
                outcome="resolved",
                deployment_caused="unknown",
            )
            == 1
        )
        assert value(stage, "incident_time_to_acknowledge_seconds_sum") == pytest.approx(60, abs=1)
        assert value(stage, "incident_time_to_restore_seconds_sum") == pytest.approx(600, abs=1)
        assert value(stage, "incident_time_to_restore_seconds_bucket", le="900.0") == 1
        assert value(stage, "incident_time_to_restore_seconds_bucket", le="300.0") == 0
        assert value(stage, "incident_time_to_page_seconds_count") == 1
        assert value(stage, "oldest_open_incident_start_timestamp_seconds") == 0

    run(main())


def test_a_return_is_counted_and_restores_anew() -> None:
    """What came back while it was watched is one more reopening, also after a restart."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        for state, minutes in (("down", 1), ("up", 6), ("down", 1)):
            await stage.probes(state, minutes)
        await stage.crash()
        assert value(stage, "reopened_total") == value(stage.again(), "reopened_total") == 1
        assert (
            value(
                stage,
                "incidents_closed_total",
                category="outage",
                outcome="resolved",
                deployment_caused="unknown",
            )
            == 0
        )

    run(main())


def test_a_false_alarm_has_its_own_outcome_and_no_response_times() -> None:
    """What was no incident neither improves nor spoils the figures."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        await stage.probe("down")
        await stage.engine.ask("incident/1", ask.MarkFalse(by="ann"))
        await stage.crash()
        assert (
            value(
                stage,
                "incidents_closed_total",
                category="outage",
                outcome="false_alarm",
                deployment_caused="unknown",
            )
            == 1
        )
        assert value(stage, "incident_time_to_resolve_seconds_count") == 0
        assert "MarkedFalse" in stage.events()

    run(main())


def test_the_ladder_is_counted_rung_by_rung() -> None:
    """Each rung above the first of its ladder, and what is still owed."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        await stage.probes("down", 31)
        await stage.crash()
        assert value(stage, "escalations_total", rung="unacknowledged-2") == 1
        assert value(stage, "escalations_total", rung="unmitigated-1") == 1
        assert value(stage, "escalations_total", rung="unmitigated-2") == 0
        assert value(stage, "pages_pending") == 0

    run(main())


REFUSED = Receipt(outcome="refused", reason="auth")
LOST = Receipt(outcome="unknown", reason="timeout")


def test_a_rung_that_reached_nobody_is_counted_once_it_is_certain() -> None:
    """Every target and fallback refused for good; and again for the rung that is due for it."""

    async def main() -> None:
        stage = Front(script={name: [REFUSED] * 9 for name in ("chat", "ann-phone", "chat-2")})
        await stage.start()
        await stage.probe("down")
        await stage.pass_(seconds=5)
        assert value(stage, "rungs_reached_nobody_total") == stage.events().count("ReachedNobody") > 0
        refused = sum(
            value(stage, "pages_total", target=t, outcome="refused") for t in ("chat", "ann-phone", "chat-2")
        )
        assert refused == stage.events().count("PageFailed")
        await stage.crash()

    run(main())


def test_a_rung_whose_fallback_was_reached_reached_somebody() -> None:
    """A lost answer is no refusal, and a fallback that took the page is somebody."""

    async def main() -> None:
        stage = Front(script={"chat": [REFUSED], "ann-phone": [LOST, REFUSED]})
        await stage.start()
        await stage.probe("down")
        await stage.pass_(seconds=60)
        assert value(stage, "rungs_reached_nobody_total") == 0
        assert value(stage, "pages_total", target="ann-phone", outcome="unknown") == 1
        await stage.crash()

    run(main())


def test_blindness_and_polls_are_shown_by_source() -> None:
    """Blind is 1 while it lasts; polls count what was seen and why it was not."""

    async def main() -> None:
        stage = Front()
        await stage.start()
        await stage.engine.submit(Blind(source="health:api", at=stage.world.clock.now(), reason="timeout"))
        stage.metrics.polled("health:api", "timeout")
        await stage.pass_(seconds=1)
        assert value(stage, "source_blind", source="health:api") == 1
        assert value(stage, "poll_last_success_timestamp_seconds", source="health:api") == 0
        await stage.probe("up")
        stage.metrics.polled("health:api", "seen")
        assert value(stage, "source_blind", source="health:api") == 0
        assert value(stage, "polls_total", source="health:api", outcome="timeout") == 1
        assert value(stage, "polls_total", source="health:api", outcome="seen") == 1
        assert value(stage, "poll_last_success_timestamp_seconds", source="health:api") > T0.timestamp()
        stage.metrics.reloaded(ok=False)
        assert value(stage, "config_last_reload_successful") == 0
        await stage.crash()

    run(main())


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
        "paged_at": at + timedelta(seconds=5),
        "acknowledged_at": at + timedelta(minutes=3),
        "mitigated_at": at + timedelta(minutes=50),
        "resolved_at": at + timedelta(minutes=170),
        "outcome": "resolved",
        "deployment_caused": True,
        "reopenings": 0,
    }
    return {**plain, **changes}


def test_each_response_time_means_what_it_says() -> None:
    """All but `detect` run from the first signal; restore is the mitigation that held, else the closing."""
    found = {measure: time.total_seconds() for measure, time in times(row(0)).items()}
    assert found == {"detect": 90, "page": 5, "acknowledge": 180, "restore": 3000, "resolve": 10200}
    assert times(row(0, mitigated_at=None))["restore"] == timedelta(minutes=170)
    late: datetime = row(0)["resolved_at"] + timedelta(seconds=1)
    assert set(times(row(0, paged_at=late, acknowledged_at=None, started_at=None))) == {"restore", "resolve"}


def test_exactly_two_hours_counts_as_within_two_hours() -> None:
    """A boundary belongs to the bucket below it."""
    ledger = Ledger()
    ledger.begin(
        [
            row(0, mitigated_at=T0 + timedelta(hours=2)),
            row(0, mitigated_at=T0 + timedelta(hours=2, seconds=1)),
        ]
    )
    counts = dict(ledger.times["restore"].cumulative())
    assert (counts["7200.0"], counts["+Inf"]) == (1, 2)
    assert 7200 in BUCKETS


def test_drills_are_not_counted() -> None:
    """Neither as the disk says it nor as it was appended."""
    ledger = Ledger()
    ledger.begin([row(0, drill=True), row(1, **{"class": "drill"})])
    assert (sum(ledger.opened.values()), sum(ledger.closed.values())) == (0, 0)


def test_a_scrape_of_ten_thousand_incidents_is_quick() -> None:
    """Milestones are added up once; a scrape reads the sums."""
    metrics = Metrics(Clock(), version="1.2.3")
    metrics.begin([row(n) for n in range(10_000)], {json.dumps(["pages_total", "chat", "accepted"]): 5})
    took = min(timeit.repeat(metrics.exposition, number=1, repeat=5))
    assert samples(metrics.exposition())["watcher_incident_time_to_restore_seconds_count", ()] == 10_000
    assert took < 0.02
