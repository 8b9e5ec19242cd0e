"""Draw what every panel of the dashboard gets from a real Prometheus, to be looked at: one page, no Grafana.

    python -m bench.panels FILE.html [--incidents 220] [--days 180]

Starts a daemon on an invented log, scrapes it, lets an evening's work happen, kills the daemon once, and asks every panel's
questions. What Grafana would do with colours and places is not shown: only what it would have to draw.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from grafana.make_dashboard import dashboard
from tests.metrics.prometheus import Answer, Labels, filled
from tests.metrics.stage import Stage, staged
from tests.metrics.test_dashboard import work

STYLE = """
body{font:13px sans-serif;background:#f4f5f5;margin:12px} h2{font-size:15px;margin:14px 0 6px}
.g{display:grid;grid-template-columns:repeat(24,1fr);gap:6px} .p{background:#fff;border:1px solid #ddd;padding:6px;
overflow:hidden} h3{font-size:12px;margin:0 0 4px} .v{font-size:20px} small{color:#777} table{border-collapse:collapse}
td,th{padding:1px 6px;text-align:right;font-size:11px} th:first-child,td:first-child{text-align:left} svg{display:block}
.b{background:#5794f2;height:9px}
"""
COLOURS = ("#5794f2", "#ff9830", "#73bf69", "#f2495c", "#b877d9", "#8ab8ff")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def shown(value: float, unit: str, words: dict[str, Any]) -> str:
    """A value as its unit and its names have it."""
    named = words.get(f"{value:g}")
    if named:
        return escape(named["text"])
    if unit == "s":
        return next(
            (f"{value / n:.1f} {w}" for n, w in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if value >= n),
            f"{value:.2g} s",
        )
    if unit == "percentunit":
        return f"{value:.1%}"
    if unit == "bytes":
        return f"{value / 2**20:.0f} MiB"
    return "a moment" if unit == "dateTimeFromNow" else f"{value:g}"


def legend(target: dict[str, Any], labels: Labels) -> str:
    found = target["legendFormat"]
    for name, value in labels:
        found = found.replace("{{" + name + "}}", value)
    return "" if found == "__auto" else str(found)


def pivoted(
    answer: Answer, row: str, column: str
) -> tuple[list[str], list[str], dict[tuple[str, str], float]]:
    cells = {(dict(k)[row], dict(k)[column]): v for k, v in answer.items()}
    return sorted({r for r, _ in cells}), sorted({c for _, c in cells}), cells


def table(answer: Answer, row: str, column: str, fields: dict[str, Any]) -> str:
    rows, columns, cells = pivoted(answer, row, column)
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join(
        f"<tr><td>{escape(r)}</td>"
        + "".join(
            f"<td>{shown(cells[r, c], fields['unit'], {}) if (r, c) in cells else ''}</td>" for c in columns
        )
        + "</tr>"
        for r in rows
    )
    return f"<table><tr><th>{escape(row)}</th>{head}</tr>{body}</table>"


def bars(values: Iterable[tuple[str, float]], fields: dict[str, Any]) -> str:
    found = list(values)
    most = max((v for _, v in found), default=1) or 1
    return (
        "<table>"
        + "".join(
            f"<tr><td>{escape(n)}</td><td><div class=b style='width:{max(v, 0) / most * 110:.0f}px'></div></td>"
            f"<td>{shown(v, fields['unit'], fields.get('mappings', [{}])[0].get('options', {}))}</td></tr>"
            for n, v in found
        )
        + "</table>"
    )


def weeks(answer: Answer) -> str:
    rows, columns, cells = pivoted(answer, "week", "category")
    most = max(sum(cells.get((r, c), 0) for c in columns) for r in rows) or 1
    parts = []
    for x, r in enumerate(rows):
        y = 150.0
        for colour, c in zip(COLOURS, columns, strict=False):
            height = cells.get((r, c), 0) / most * 140
            y -= height
            parts.append(f"<rect x={x * 22} y={y:.1f} width=18 height={height:.1f} fill='{colour}'/>")
        parts.append(f"<text x={x * 22} y=164 font-size=7 transform='rotate(40 {x * 22} 160)'>{r}</text>")
    return (
        f"<svg viewBox='0 0 600 200' width=100%>{''.join(parts)}</svg><small>most in a week: {most:g}</small>"
    )


def curves(stage: Stage, panel: dict[str, Any], seconds: float) -> str:
    lines = [
        (legend(target, labels), points)
        for target in panel["targets"]
        for labels, points in stage.prometheus.series(filled(target["expr"]), seconds, 0.5)
    ]
    values = [v for _, points in lines for _, v in points]
    if not values:
        return escape(panel["fieldConfig"]["defaults"]["noValue"])
    low, high = min(values), max(values)
    first, last = min(p[0][0] for _, p in lines), max(p[-1][0] for _, p in lines)
    parts = []
    for colour, (_, points) in zip(COLOURS * 9, lines, strict=False):
        at = " ".join(
            f"{(x - first) / ((last - first) or 1) * 380:.1f},{110 - (y - low) / ((high - low) or 1) * 100:.1f}"
            for x, y in points
        )
        parts.append(f"<polyline points='{at}' fill=none stroke='{colour}'/>")
    unit = panel["fieldConfig"]["defaults"]["unit"]
    names = ", ".join(sorted({name for name, _ in lines}))
    ends = f"{shown(low, unit, {})} .. {shown(high, unit, {})}"
    return (
        f"<svg viewBox='0 0 380 115' width=100%>{''.join(parts)}</svg><small>{escape(names)}: {ends}</small>"
    )


def drawn(stage: Stage, panel: dict[str, Any], seconds: float) -> str:
    """The inside of one panel."""
    fields = panel["fieldConfig"]["defaults"]
    if panel["type"] == "timeseries":
        return curves(stage, panel, seconds)
    answers = [(t, stage.prometheus.query(filled(t["expr"]))) for t in panel["targets"]]
    if not any(answer for _, answer in answers):
        return f"<span class=v>{escape(fields['noValue'])}</span>"
    if panel["type"] == "barchart":
        return weeks(answers[0][1])
    if "transformations" in panel:
        options = panel["transformations"][0]["options"]
        return table(answers[0][1], options["rowField"], options["columnField"], fields)
    named = [(legend(t, k), v) for t, answer in answers for k, v in answer.items()]
    if panel["type"] == "bargauge":
        return bars(single(answers[0][1]) if answers[0][0]["format"] == "heatmap" else named, fields)
    words = fields.get("mappings", [{}])[0].get("options", {})
    return "".join(
        f"<div><small>{escape(name)}</small> <span class=v>{shown(value, fields['unit'], words)}</span></div>"
        for name, value in named
    )


def single(buckets: Answer) -> Iterator[tuple[str, float]]:
    """Each bucket without those below it, as Grafana does it."""
    before = 0.0
    for bound, value in sorted((float(dict(k)["le"]), v) for k, v in buckets.items()):
        yield f"<= {bound:g} s", value - before
        before = value


def page(stage: Stage, seconds: float) -> str:
    parts = []
    for panel in dashboard()["panels"]:
        if panel["type"] == "row":
            parts.append(f"</div><h2>{escape(panel['title'])}</h2><div class=g>")
            continue
        wide = panel["gridPos"]["w"]
        inside = drawn(stage, panel, seconds)
        parts.append(
            f"<div class=p style='grid-column:span {wide}'><h3>{escape(panel['title'])}</h3>{inside}</div>"
        )
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><div>{''.join(parts)}</div>"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--incidents", type=int, default=220)
    parser.add_argument("--days", type=int, default=180)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        staged(Path(folder), options.incidents, options.days) as stage,
    ):
        stage.scraped_times(40)
        work(stage)
        stage.crash()
        work(stage)
        stage.scraped_times(80)
        options.file.write_text(page(stage, 40), encoding="utf-8")
        print(f"{options.file}: open it in a browser")


if __name__ == "__main__":
    main()
