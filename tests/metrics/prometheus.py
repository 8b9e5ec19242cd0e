"""A real Prometheus on loopback, and the dashboard's questions put to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from grafana.make_dashboard import dashboard
from tests.crash.stage import free_port
from tests.whole.stage import ask, holds

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")

needs_prometheus = pytest.mark.skipif(
    (PROMETHEUS is None or PROMTOOL is None) and os.environ.get("CI") != "true",
    reason="prometheus is not installed",
)

SCRAPE = "250ms"
Labels = tuple[tuple[str, str], ...]
Answer = dict[Labels, float]
"""Values by their labels, sorted; without the name."""


class Prometheus:
    """One server that scrapes one address, with our alerting rules loaded."""

    def __init__(self, folder: Path, target: int, rules: Path | None = None) -> None:
        self.port = free_port()
        self._folder = folder
        config = {
            "global": {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": "1s"},
            "rule_files": [str(rules)] if rules else [],
            "scrape_configs": [
                {"job_name": "watcher", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
            ],
        }
        self._config = folder / "prometheus.json"  # YAML reads JSON
        self._config.write_text(json.dumps(config), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        assert PROMETHEUS is not None, "prometheus is not installed"
        words = [
            PROMETHEUS,
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=error",
        ]
        self._process = subprocess.Popen(words, cwd=self._folder)
        assert holds(lambda: ask(f"{self.address}/-/ready")[0] == 200, 20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **parameters: Any) -> Any:
        status, body = ask(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        assert status == 200, body
        return json.loads(body)["data"]

    def query(self, expr: str, at: float | None = None) -> Answer:
        """What it answers to one question, at a moment (now)."""
        moment = {} if at is None else {"time": at}
        found = self.get("query", query=expr, **moment)
        if found["resultType"] == "scalar":
            return {(): float(found["result"][1])}
        return {
            tuple(sorted((k, v) for k, v in one["metric"].items() if k != "__name__")): float(one["value"][1])
            for one in found["result"]
        }

    def series(
        self, expr: str, seconds: float, step: float = 1
    ) -> list[tuple[Labels, list[tuple[float, float]]]]:
        """The same over the last seconds: the curves."""
        now = time.time()
        found = self.get("query_range", query=expr, start=now - seconds, end=now, step=step)["result"]
        return [
            (tuple(sorted(one["metric"].items())), [(at, float(value)) for at, value in one["values"]])
            for one in found
        ]

    def unhealthy(self) -> list[str]:
        """Alerting rules that could not be evaluated."""
        groups = self.get("rules")["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]

    def firing(self) -> set[str]:
        found = self.get("alerts")["alerts"]
        return {one["labels"]["alertname"] for one in found if one["state"] == "firing"}


def expressions() -> Iterator[tuple[str, str, str]]:
    """(title, refId, question) of every target of every panel."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["refId"], target["expr"]


def filled(expr: str, window: str = "90d", span: str = "10m") -> str:
    """The question as Grafana would ask it with these choices."""
    values: Mapping[str, str] = {"job": ".+", "instance": ".+", "window": window, "__range": span}
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], expr)
