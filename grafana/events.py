"""The dashboard's panels of what happened."""

from __future__ import annotations

from grafana.queries import grown
from grafana.shape import GREEN, Panel, Query, Row, metric

EVENTS = Row(
    title="What happened",
    panels=(
        Panel(
            title="Incidents by week",
            kind="barchart",
            about="Opened in the week that began on that Monday (UTC), without those that were false alarms.",
            queries=(Query(expr=f"sum by (week, category) ({metric('incidents_weekly_exact')})"),),
            width=12,
            height=8,
            pivot=("week", "category"),
        ),
        Panel(
            title="Time to restore, all incidents",
            kind="bargauge",
            about="How many took how long, ever; each bar is what lies above the one before it.",
            queries=(
                Query(
                    expr=f"sum by (le) ({metric('incident_time_to_restore_seconds_bucket')})",
                    legend="{{le}}",
                    buckets=True,
                ),
            ),
            width=6,
            height=8,
        ),
        Panel(
            title="Closed in this range",
            kind="table",
            about="By what they were, and by whether a deployment caused them. False alarms are apart; drills are none.",
            queries=(Query(expr=grown("incidents_closed_total", "outcome", "deployment_caused")),),
            width=6,
            height=8,
            pivot=("deployment_caused", "outcome"),
        ),
        Panel(
            title="Open over time",
            kind="timeseries",
            about="Open incidents by category.",
            queries=(
                Query(
                    expr=f"sum by (category) ({metric('incidents_open')})",
                    legend="{{category}}",
                    over_time=True,
                ),
            ),
            width=12,
            height=6,
            none="no watcher",
        ),
        Panel(
            title="Opened in this range",
            kind="bargauge",
            about="By category, false alarms included.",
            queries=(Query(expr=grown("incidents_opened_total", "category"), legend="{{category}}"),),
            width=5,
            height=6,
        ),
        Panel(
            title="Came back",
            kind="stat",
            about="Incidents that came back while they were watched, in this range.",
            queries=(Query(expr=grown("reopened_total")),),
            words={"0": ("none", GREEN)},
            width=3,
            height=6,
        ),
        Panel(
            title="Suspicions in this range",
            kind="bargauge",
            about="Raised, and what people said of them.",
            queries=(Query(expr=grown("suspicions_total", "outcome"), legend="{{outcome}}"),),
            height=6,
        ),
    ),
)
