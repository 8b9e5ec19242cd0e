"""What a panel is, and how Grafana wants it written. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["stat", "table", "bargauge", "gauge", "timeseries", "barchart"]
Steps = tuple[tuple[float | None, str], ...]
"""Colours, each from a value on."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, ORANGE, RED = "green", "orange", "red"
HOURS: Steps = ((None, GREEN), (7200.0, RED))
TROUBLE: Steps = ((None, GREEN), (1.0, RED))


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question to Prometheus. `over_time` asks for the range that is shown, else for this moment."""

    expr: str
    legend: str = ""
    over_time: bool = False
    buckets: bool = False


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel. `none` is what it says where nothing was; `words` are values that have a name; `steps` colour it."""

    title: str
    kind: Kind
    about: str
    queries: tuple[Query, ...]
    unit: str = "none"
    width: int = 4
    height: int = 4
    none: str = "no incident"
    words: dict[str, tuple[str, str]] = field(default_factory=dict)  # value: text, colour
    steps: Steps = ((None, "text"),)
    pivot: tuple[str, str] | None = None  # of a table: the label of its rows, and of its columns
    order: tuple[str, ...] = ()  # of its columns; the others follow
    text: Literal["auto", "name", "value_and_name"] = "auto"  # of a stat: what it shows


@dataclass(frozen=True, kw_only=True)
class Row:
    """A heading, and the panels below it."""

    title: str
    panels: tuple[Panel, ...]


def metric(name: str, *labels: str) -> str:
    """A selector that keeps to the chosen job and instance."""
    chosen = ",".join(('job=~"$job"', 'instance=~"$instance"', *labels))
    return f"watcher_{name}{{{chosen}}}"


def panel(number: int, one: Panel, x: int, y: int) -> dict[str, Any]:
    """As Grafana reads it."""
    found: dict[str, Any] = {
        "id": number,
        "type": one.kind,
        "title": one.title,
        "description": one.about,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": one.width, "h": one.height},
        "targets": [_target(n, query, one) for n, query in enumerate(one.queries)],
        "fieldConfig": _fields(one),
        "options": {**_OPTIONS[one.kind], **({"textMode": one.text} if one.kind == "stat" else {})},
    }
    if one.pivot is not None:
        row, column = one.pivot
        pivoted = {"rowField": row, "columnField": column, "valueField": "Value", "emptyValue": "null"}
        first = {name: n for n, name in enumerate((f"{row}\\{column}", *one.order))}
        ordered = [{"id": "organize", "options": {"indexByName": first}}] if one.order else []
        found["transformations"] = [{"id": "groupingToMatrix", "options": pivoted}, *ordered]
    return found


def _target(number: int, query: Query, one: Panel) -> dict[str, Any]:
    form = "table" if one.kind in ("table", "barchart") else "heatmap" if query.buckets else "time_series"
    return {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": not query.over_time,
        "range": query.over_time,
        "format": form,
    }


def _fields(one: Panel) -> dict[str, Any]:
    steps = [{"value": value, "color": colour} for value, colour in one.steps]
    defaults: dict[str, Any] = {
        "unit": one.unit,
        "noValue": one.none,
        "thresholds": {"mode": "absolute", "steps": steps},
        "color": {"mode": "palette-classic" if one.kind in ("timeseries", "barchart") else "thresholds"},
        "custom": _CUSTOM.get(one.kind, {}),
    }
    if one.words:
        named = {value: {"text": text, "color": colour} for value, (text, colour) in one.words.items()}
        defaults["mappings"] = [{"type": "value", "options": named}]
    return {"defaults": defaults, "overrides": []}


_LAST: dict[str, Any] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND: dict[str, Any] = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_TOOLTIP: dict[str, Any] = {"mode": "multi", "sort": "desc"}
_OPTIONS: dict[Kind, dict[str, Any]] = {
    "stat": {
        "reduceOptions": _LAST,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
    "bargauge": {
        "reduceOptions": _LAST,
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
    },
    "gauge": {"reduceOptions": _LAST, "showThresholdLabels": False, "showThresholdMarkers": True},
    "timeseries": {"legend": _LEGEND, "tooltip": _TOOLTIP},
    "barchart": {
        "legend": _LEGEND,
        "tooltip": _TOOLTIP,
        "stacking": "normal",
        "orientation": "auto",
        "showValue": "never",
        "xTickLabelRotation": -45,
    },
}
_CUSTOM: dict[Kind, dict[str, Any]] = {
    "timeseries": {
        "lineInterpolation": "stepAfter",
        "fillOpacity": 10,
        "showPoints": "never",
        "spanNulls": False,
    },
    "table": {"align": "auto"},
    "barchart": {"fillOpacity": 80},
}
