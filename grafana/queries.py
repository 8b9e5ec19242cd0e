"""What the panels ask of Prometheus.

What has a window comes from the exact figures of the log: whole from the first scrape on, also of the time before
Prometheus was there. What counts over the range that is shown is what grew while it was scraped; the counters begin at 0
and outlive restarts, so nothing rare is lost, and rounding takes away what Prometheus adds at the edges of a range.
"""

from __future__ import annotations

from grafana.shape import metric

WINDOW = 'window=~"$window"'
PAST = metric("incidents_past_target")


def exact(*labels: str) -> str:
    return metric("incident_time_exact_seconds", *labels)


def grown(name: str, *by: str, labels: tuple[str, ...] = ()) -> str:
    """How much a counter grew over the range that is shown, whole."""
    kept = f"sum by ({', '.join(by)}) " if by else "sum"
    return f"round({kept}(increase({metric(name, *labels)}[$__range])))"
