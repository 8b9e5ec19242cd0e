"""The dashboard's panels of pages and their deliveries."""

from __future__ import annotations

from grafana.queries import grown
from grafana.shape import RED, Panel, Query, Row, metric

DELIVERY = metric("page_delivery_seconds_bucket")
DELIVERED = metric("page_delivery_seconds_count")


def delivery(quantile: float) -> str:
    """No delivery, no time: the condition keeps NaN away."""
    asked = f"histogram_quantile({quantile}, sum by (le) (increase({DELIVERY}[$__range])))"
    return f"{asked} and on () (sum(increase({DELIVERED}[$__range])) > 0)"


PAGING = Row(
    title="Paging",
    panels=(
        Panel(
            title="Deliveries in this range",
            kind="table",
            about="Attempts by target and by what came of them. Unknown: the answer was lost, and it may have arrived.",
            queries=(Query(expr=grown("pages_total", "target", "outcome")),),
            width=8,
            height=7,
            pivot=("target", "outcome"),
        ),
        Panel(
            title="Last taken",
            kind="bargauge",
            about="When each target last took a page or a message.",
            queries=(
                Query(
                    expr=f"max by (target) ({metric('target_last_accepted_timestamp_seconds')}) * 1000",
                    legend="{{target}}",
                ),
            ),
            unit="dateTimeFromNow",
            words={"0": ("never", RED)},
            none="no target",
            width=6,
            height=7,
        ),
        Panel(
            title="One attempt takes",
            kind="stat",
            about="Of the attempts since the process started, in this range.",
            queries=(
                Query(expr=delivery(0.5), legend="median"),
                Query(expr=delivery(0.95), legend="p95"),
            ),
            unit="s",
            none="no delivery",
            height=7,
        ),
        Panel(
            title="Deliveries owed",
            kind="timeseries",
            about="Due, or waiting to be tried again. Those that ring should fall to nothing within minutes.",
            queries=(
                Query(expr=f"sum({metric('pages_pending')})", legend="all", over_time=True),
                Query(expr=f"sum({metric('wakes_pending')})", legend="that ring", over_time=True),
            ),
            none="no watcher",
            width=6,
            height=7,
        ),
    ),
)
