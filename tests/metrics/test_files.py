"""The files that go to Prometheus and Grafana: whole, current, and understood by the real tools."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.make_dashboard import FILE, dashboard, text
from tests.metrics.prometheus import PROMTOOL, expressions, needs_prometheus
from tests.theatre import governing
from watcher.clock import Clock
from watcher.serve.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "prometheus"
SHARED = Path(os.environ.get("WATCHER_SHARED", ROOT.parent / "shared"))
CHECKER = SHARED / "tools" / "check-dashboard.py"

EVERYTHING = """\
version: 1
service: {name: shop}
health: {endpoints: [{name: api, url: "http://app.example/", system: api, critical: true}]}
contacts: {ann: {targets: [phone]}}
targets: {phone: {apprise: "memory://127.0.0.1", wakes: true}}
on_call: {default: ann}
heartbeat: {url: "http://127.0.0.1:1/ping"}
canary: {target: phone, every: 24h}
"""


def exposition() -> str:
    metrics = Metrics(Clock(), version="1.2.3")
    metrics.govern(governing(EVERYTHING).config)
    metrics.begin([], {})
    return metrics.exposition().decode()


def promtool(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None, "promtool is not installed"
    return subprocess.run(
        [PROMTOOL, *words], input=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_dashboard_is_what_its_panels_make() -> None:
    """After a change: python -m grafana.make_dashboard."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_no_question_names_a_metric_that_is_not_there() -> None:
    """Neither the dashboard nor an alert asks for what is never shown."""
    shown = {re.split(r"[{ ]", line, maxsplit=1)[0] for line in exposition().splitlines() if line[0] != "#"}
    asked = " ".join([*(expr for _, _, expr in expressions()), (RULES / "alerts.yaml").read_text()])
    assert set(re.findall(r"\bwatcher_\w+", asked)) <= shown


@needs_prometheus
def test_prometheus_takes_the_metrics_the_rules_and_the_scrape() -> None:
    """By its own tool, warnings included."""
    metrics = promtool("check", "metrics", given=exposition())
    assert (metrics.returncode, metrics.stderr) == (0, "")
    rules = promtool("check", "rules", "--lint-fatal", str(RULES / "alerts.yaml"))
    assert rules.returncode == 0, rules.stderr
    assert promtool("check", "config", str(RULES / "prometheus.yaml")).returncode == 0


@needs_prometheus
def test_every_alert_fires_when_it_should_and_is_tested_for_it() -> None:
    """Each has a case in which it fires, and the case of a good night in which it does not."""
    found = promtool("test", "rules", str(RULES / "alerts_test.yaml"))
    assert found.returncode == 0, found.stdout + found.stderr
    cases = yaml.safe_load((RULES / "alerts_test.yaml").read_text())["tests"]
    asked = [one for case in cases for one in case["alert_rule_test"]]
    names = {rule["alert"] for rule in alerts()}
    assert {one["alertname"] for one in asked if one["exp_alerts"]} == names
    assert {one["alertname"] for one in cases[0]["alert_rule_test"]} == names


@needs_prometheus
@pytest.mark.parametrize("number", range(12))
def test_an_alert_that_never_fires_fails_its_test(tmp_path: Path, number: int) -> None:
    """The cases are able to fail."""
    rules = yaml.safe_load((RULES / "alerts.yaml").read_text())
    rules["groups"][0]["rules"][number]["expr"] = "vector(0) > 1"
    (tmp_path / "alerts.yaml").write_text(json.dumps(rules))
    (tmp_path / "alerts_test.yaml").write_text((RULES / "alerts_test.yaml").read_text())
    assert promtool("test", "rules", str(tmp_path / "alerts_test.yaml")).returncode != 0


def alerts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((RULES / "alerts.yaml").read_text())["groups"][0]["rules"]
    return found


def test_every_alert_says_what_to_do() -> None:
    """Its name stands in the guide, with a heading of its own."""
    guide = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in alerts() if f"\n## {rule['alert']}\n" not in guide] == []


def test_every_metric_stands_in_the_guide() -> None:
    """And nothing stands there that is not shown."""
    guide = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    families = set(re.findall(r"^# TYPE watcher_(\w+) ", exposition(), re.MULTILINE))
    assert set(re.findall(r"^\| `watcher_(\w+)(?:\{[^`]*\})?` \|", guide, re.MULTILINE)) == families


def test_grafana_finds_the_dashboard_where_the_provider_looks() -> None:
    """The provisioning files are what the guide says to copy, and the data source has no address but loopback."""
    provider = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/hotfix-watcher.yaml").read_text())
    assert provider["providers"][0]["options"]["path"] in (ROOT / "docs" / "grafana.md").read_text(
        encoding="utf-8"
    )
    source = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yaml").read_text())
    assert source["datasources"][0]["url"] == "http://127.0.0.1:9090"


def test_every_file_that_the_guides_name_is_there() -> None:
    """Nobody copies what is not."""
    for name in ("grafana.md", "metrics.md", "alerts.md"):
        named = re.findall(
            r"\b(?:grafana|prometheus)/[\w/.-]+\.(?:yaml|json|py)", (ROOT / "docs" / name).read_text()
        )
        assert [path for path in named if not (ROOT / path).exists() and f"/etc/{path}" not in path] == []


def test_every_panel_has_a_description_a_place_and_words_for_nothing() -> None:
    """And no two overlap."""
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["noValue"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.skipif(not CHECKER.exists(), reason="the checker is not here")
def test_the_checker_of_dashboards_finds_nothing() -> None:
    """The linter's rules, without the schemas and without a Prometheus."""
    words = [sys.executable, str(CHECKER), str(FILE)]
    found = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout
