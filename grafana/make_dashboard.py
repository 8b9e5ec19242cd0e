"""Write the dashboard: python -m grafana.make_dashboard [FILE]. A test says when the file is not what this makes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from grafana.decisions import DECISIONS
from grafana.events import EVENTS
from grafana.itself import ITSELF, SIGHT
from grafana.now import NOW
from grafana.paging import PAGING
from grafana.shape import SOURCE, Row, panel
from grafana.speed import SPEED

FILE = Path(__file__).parent / "dashboards" / "hotfix-watcher.json"
COLUMNS = 24
ROWS = (NOW, SPEED, EVENTS, DECISIONS, PAGING, SIGHT, ITSELF)
"""In the order in which they are read."""


def dashboard(rows: Iterable[Row] = ROWS) -> dict[str, Any]:
    """The whole of it, as Grafana reads it."""
    return {
        "uid": "hotfix-watcher",
        "title": "Hotfix Watcher",
        "description": "Incidents, how fast they end, who is paged, what cannot be seen, and the watcher itself.",
        "tags": ["hotfix-watcher", "incidents"],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-30d", "to": "now"},
        "timezone": "browser",
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "panels": _placed(rows),
    }


def _placed(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Side by side while there is room, then below."""
    found: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        place = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
        found.append(
            {
                "id": len(found) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": place,
                "panels": [],
            }
        )
        x, y, height = 0, y + 1, 0
        for one in row.panels:
            if x + one.width > COLUMNS:
                x, y, height = 0, y + height, 0
            found.append(panel(len(found) + 1, one, x, y))
            x, height = x + one.width, max(height, one.height)
        y += height
    return found


def _variables() -> list[dict[str, Any]]:
    windows = ("7d", "30d", "90d", "365d")
    chosen = [{"text": name, "value": name, "selected": name == "90d"} for name in windows]
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
        _labels("job", "label_values(watcher_build_info, job)"),
        _labels("instance", 'label_values(watcher_build_info{job=~"$job"}, instance)'),
        {
            "name": "window",
            "label": "Window",
            "description": "Incidents resolved within it are in the exact figures.",
            "type": "custom",
            "query": ",".join(windows),
            "options": chosen,
            "current": {"text": "90d", "value": "90d"},
        },
    ]


def _labels(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.title(),
        "type": "query",
        "query": query,
        "datasource": SOURCE,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def text() -> str:
    """The file's text."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    (Path(sys.argv[1]) if sys.argv[1:] else FILE).write_text(text(), encoding="utf-8")
