"""The metrics: what they count, and that every label value starts at 0."""

from __future__ import annotations

import pytest

from notifiers.page import Receipt
from rules.signal import CATEGORIES
from tests.serve.front import Front
from tests.serve.scrape import samples, value
from tests.support import T0
from tests.virtual import run
from watcher.incident import command as ask
from watcher.observation import Blind


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
