"""The dashboard's first row: what is open, and what cannot be seen."""

from __future__ import annotations

from grafana.queries import PAST
from grafana.shape import GREEN, HOURS, ORANGE, RED, TROUBLE, Panel, Query, Row, metric

OLDEST = metric("oldest_open_incident_start_timestamp_seconds")

NOW = Row(
    title="Now",
    panels=(
        Panel(
            title="Open incidents",
            kind="stat",
            about="Incidents that are not closed: also those that are only watched.",
            queries=(Query(expr=f"sum({metric('incidents_open')})"),),
            words={"0": ("no incident", GREEN)},
            steps=((None, RED),),
            none="no watcher",
        ),
        Panel(
            title="Where they stand",
            kind="stat",
            about="Open incidents by status.",
            queries=(Query(expr=f"sum by (status) ({metric('incidents_open')}) > 0", legend="{{status}}"),),
            steps=((None, ORANGE),),
            none="none known",
            text="value_and_name",
        ),
        Panel(
            title="The oldest lasts at least",
            kind="stat",
            about="Since the harm of the oldest open incident began. At least: it is not over.",
            queries=(Query(expr=f"time() - min({OLDEST} > 0)"),),
            unit="s",
            steps=HOURS,
            none="none known",
        ),
        Panel(
            title="Past the two hours",
            kind="stat",
            about="Open incidents that are not mitigated two hours after their first signal.",
            queries=(Query(expr=f"sum({PAST})"),),
            words={"0": ("no incident", GREEN)},
            steps=TROUBLE,
            none="no watcher",
        ),
        Panel(
            title="Sources that cannot see",
            kind="stat",
            about="Blind is neither healthy nor down.",
            queries=(Query(expr=f"sum({metric('source_blind')})"),),
            words={"0": ("all see", GREEN)},
            steps=TROUBLE,
            none="no watcher",
        ),
        Panel(
            title="The watcher's own promises",
            kind="stat",
            about="Its audit of itself: every incident has a next step, every page an end, every source looks.",
            queries=(Query(expr=f"min({metric('audit_ok')})"),),
            words={"1": ("kept", GREEN), "0": ("broken", RED)},
            none="no watcher",
        ),
    ),
)
