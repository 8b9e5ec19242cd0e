"""Every panel of the dashboard, asked of a real Prometheus that scrapes the daemon over an invented half year."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.metrics.expected import EXPECTED, weekly
from tests.metrics.prometheus import Answer, expressions, filled, needs_prometheus
from tests.metrics.stage import Stage, staged
from tests.whole.stage import holds

pytestmark = needs_prometheus

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"

TOLERANCE = 2e-5
"""Seconds; the moments of the log are to the microsecond, and a number of today's size holds a quarter of one."""
AGEING = {("The oldest lasts at least", "A"): 2.0}
"""What grows while it is asked for."""
OTHERS = {
    ("Sources that cannot see", "A"): {(): 0.0},
    ("The watcher's own promises", "A"): {(): 1.0},
    ("Answers", "A"): {(): 1.0},
    ("Configuration", "A"): {(): 1.0},
    ("Blind", "A"): {(("source", "health:api"),): 0.0},
    ("Deliveries owed", "A"): {(): 0.0},
    ("Deliveries owed", "B"): {(): 0.0},
    ("Last canary", "A"): {},
}
"""What this evening is like: all is well, and no canary is configured."""
BELIEVED = {
    ("Last heartbeat", "A"): (1.6e12, 2.5e12),
    ("Since the last look", "A"): (0, 20),
    ("Looks in this range", "A"): (1, 1000),
    ("Memory", "A"): (2e7, 3e8),
    ("Open files", "A"): (5, 200),
    ("One attempt takes", "A"): (0.0001, 5),
    ("One attempt takes", "B"): (0.0001, 5),
}
"""What the log does not hold: one series, between these."""
ONLY_THEN = {("Version", "A"), ("Starts in this range", "A")}
"""Looked at by themselves."""


def wrong(stage: Stage, window: str, since: int) -> dict[tuple[str, str], tuple[Answer, Answer]]:
    """The panels that do not show what the log says: what they show, and what they should."""
    found = {}
    with stage.facts() as log:
        for title, ref, expr in expressions():
            if (title, ref) in EXPECTED:
                expected = EXPECTED[title, ref](log, window, since)
                shown = stage.prometheus.query(filled(expr, window))
                if not alike(shown, expected, AGEING.get((title, ref), 0)):
                    found[title, ref] = (shown, expected)
    return found


def alike(shown: Answer, expected: Answer, ageing: float) -> bool:
    if shown.keys() != expected.keys():
        return False
    return all(
        shown[key]
        == pytest.approx(value, rel=1e-12, abs=max(TOLERANCE * (1000 if value > 1e12 else 1), ageing))
        for key, value in expected.items()
    )


def work(stage: Stage) -> None:
    """An evening's work: a security incident from beginning to end, a false alarm, a drill, a suspicion."""
    opened = stage.act("/declare", category="security", text="somebody reads what is not theirs")["id"]
    stage.act(f"/incidents/{opened}/ack")
    stage.act(f"/incidents/{opened}/decide", choice="hotfix", text="close the hole")
    stage.act(f"/incidents/{opened}/resolve")
    stage.act(f"/incidents/{opened}/judge-advice", right=True)
    false = stage.act("/declare", category="security", text="a strange address")["id"]
    stage.act(f"/incidents/{false}/false-alarm")
    drill = stage.act("/drill", category="outage", text="nothing happened", speed=100)["id"]
    stage.act(f"/incidents/{drill}/ack")
    stage.act(f"/incidents/{drill}/resolve")
    stage.act("/report", text="all my conversations are gone")


def settled(stage: Stage) -> None:
    """What was said has been sent, and Prometheus knows of it."""
    assert holds(lambda: stage.daemon.metrics()["watcher_pages_pending"] == 0), stage.daemon.said
    assert stage.scraped()


def test_every_panel_shows_what_the_log_says_also_after_a_crash(tmp_path: Path) -> None:
    """Exact figures of half a year from the first scrape on; counts of an evening; and a kill changes none of them."""
    with staged(tmp_path) as stage:
        with stage.facts() as log:
            since = log.newest
            assert log.number("SELECT count(*) FROM incident") >= 200
            weeks: Counter[str] = Counter()
            for labels, n in weekly(log, "", 0).items():
                weeks[dict(labels)["week"]] += int(n)
            assert list(weeks.values()).count(0) >= 5
            for kind in ("Reopened", "MarkedFalse"):
                assert log.number("SELECT count(*) FROM fact WHERE type = ?", kind)
            assert log.number("SELECT count(*) FROM fact WHERE class = 'drill'")
            assert log.number("SELECT count(*) FROM incident WHERE closed IS NULL") == 1
        for window in ("7d", "30d", "90d", "365d"):
            assert wrong(stage, window, since) == {}
        assert histograms(stage) == {}
        for question in questions():
            assert stage.prometheus.query(question), question
        assert stage.scraped_times(50)
        work(stage)
        settled(stage)
        assert wrong(stage, "90d", since) == {}
        assert holds(lambda: prospects(stage) == {}, 30), prospects(stage)
        assert starts(stage) == 0
        stage.crash()
        assert holds(lambda: wrong(stage, "90d", since) == {}), wrong(stage, "90d", since)
        work(stage)
        settled(stage)
        assert wrong(stage, "90d", since) == {}
        assert holds(lambda: prospects(stage) == {}, 30), prospects(stage)
        assert starts(stage) == 1
        assert stage.prometheus.query("max(resets(watcher_pages_total[10m]))") == {(): 0.0}
        assert stage.prometheus.unhealthy() == []
        assert stage.prometheus.firing() <= {"WatcherIncidentPastTwoHours"}


def histograms(stage: Stage) -> dict[str, tuple[Answer, tuple[float, float]]]:
    """Those whose count or sum is not that of the log."""
    found = {}
    with stage.facts() as log:
        for milestone in ("detect", "page", "acknowledge", "decide", "restore", "resolve"):
            of = "FROM took WHERE category = 'all' AND milestone = ?"
            expected = (
                log.number(f"SELECT count(*) {of}", milestone),
                log.number(f"SELECT sum(seconds) {of}", milestone),
            )
            name = f"watcher_incident_time_to_{milestone}_seconds"
            count, total = (
                next(iter(stage.prometheus.query(f"{name}_{what}").values())) for what in ("count", "sum")
            )
            if count != expected[0] or total != pytest.approx(expected[1], abs=0.01):
                found[milestone] = ({(): count, (("sum", ""),): total}, expected)
    return found


def questions() -> list[str]:
    """Those that the guide to the metrics holds."""
    blocks = re.findall(r"```promql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [question for block in blocks for question in block.split("\n\n")]


def prospects(stage: Stage) -> dict[tuple[str, str], Answer]:
    """The other panels, where they show what nobody would believe of this evening."""
    found = {}
    for title, ref, expr in expressions():
        shown = stage.prometheus.query(filled(expr))
        low, high = BELIEVED.get((title, ref), (0.0, 0.0))
        expected = OTHERS.get((title, ref))
        if (expected is not None and shown != expected) or (
            (title, ref) in BELIEVED and [n for n in shown.values() if low <= n <= high] == []
        ):
            found[title, ref] = shown
    return found


def starts(stage: Stage) -> float:
    expr = next(expr for title, _, expr in expressions() if title == "Starts in this range")
    return stage.prometheus.query(filled(expr))[()]


def test_every_panel_is_looked_at() -> None:
    """No panel without an expectation."""
    asked = {(title, ref) for title, ref, _ in expressions()}
    stands = ("Where they stand", "A")
    assert asked == EXPECTED.keys() | OTHERS.keys() | BELIEVED.keys() | ONLY_THEN | {stands}
