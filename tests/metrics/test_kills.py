"""Ten kills around incidents, scraped all the while: what is shown is what the log says, and nothing ever fell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.metrics.prometheus import needs_prometheus
from tests.metrics.stage import Stage, staged
from tests.metrics.test_dashboard import settled, wrong
from tests.whole.stage import holds

pytestmark = needs_prometheus

STEPS = ("paged", "ack", "decide", "resolve")
KILLED_AFTER = (*STEPS, *STEPS, "paged", "decide")
"""Ten: after every step of two incidents, and within a third."""


def opened(stage: Stage) -> str:
    """The application breaks, and an incident opens; its id."""
    stage.app.broken = True
    found: list[str] = []

    def opens() -> bool:
        found[:] = [incident["id"] for incident in stage.daemon.api("/incidents")["incidents"]]
        return bool(found)

    assert holds(opens, 20), stage.daemon.said
    return found[0]


def take(stage: Stage, incident: str, step: str) -> None:
    """One step of an incident's life."""
    if step == "paged":
        assert holds(lambda: stage.daemon.metrics()["watcher_pages_pending"] == 0, 20)
    elif step == "decide":
        stage.act(f"/incidents/{incident}/decide", choice="rollback", text="back")
    else:
        stage.app.broken = step != "resolve"
        stage.act(f"/incidents/{incident}/{step}")


def mended(stage: Stage) -> bool:
    """Seen clean again: what a person closed stays quiet until then."""
    return holds(lambda: stage.daemon.source("health:api")["health"] == "up", 20)


@pytest.mark.timeout(240)
def test_ten_kills_around_incidents_change_no_figure(tmp_path: Path) -> None:
    """An outage opens, is paged, acknowledged, decided and resolved, and the daemon is killed between any two of these."""
    with staged(tmp_path, number=0) as stage:
        plan = list(KILLED_AFTER)
        for _ in range(3):
            incident = opened(stage)
            for step in STEPS:
                take(stage, incident, step)
                if plan and plan[0] == step:
                    plan.pop(0)
                    stage.crash()
            assert mended(stage)
        assert plan == []
        settled(stage)
        assert wrong(stage, "7d", 0) == {}
        with stage.facts() as log:
            assert log.number("SELECT count(*) FROM fact WHERE type = 'DaemonStarted'") == 1 + len(
                KILLED_AFTER
            )
            assert log.stats("restore", "all", 7)["n"] == 3
        for counter in ("pages_total", "incidents_closed_total", "incident_time_to_restore_seconds_count"):
            assert stage.prometheus.query(f"max(resets(watcher_{counter}[10m]))") == {(): 0.0}
