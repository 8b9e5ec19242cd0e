"""The lower half of the dashboard: decisions, paging, sight, and the watcher itself."""

from __future__ import annotations

from grafana.panels import ADVISED, FOLLOWED, TROUBLE, WINDOW, grown
from grafana.shape import GREEN, ORANGE, RED, Panel, Query, Row, metric

DELIVERY = metric("page_delivery_seconds_bucket")
DELIVERED = metric("page_delivery_seconds_count")


def delivery(quantile: float) -> str:
    """No delivery, no time: the condition keeps NaN away."""
    asked = f"histogram_quantile({quantile}, sum by (le) (increase({DELIVERY}[$__range])))"
    return f"{asked} and on () (sum(increase({DELIVERED}[$__range])) > 0)"


def ago(title: str, name: str, about: str, none: str, never: str = "never") -> Panel:
    """When something last happened; 0 is never."""
    return Panel(
        title=title,
        kind="stat",
        about=about,
        queries=(Query(expr=f"max({metric(name)}) * 1000"),),
        unit="dateTimeFromNow",
        words={"0": (never, RED)},
        none=none,
    )


DECISIONS = Row(
    title="Decisions and checkpoints",
    panels=(
        Panel(
            title="Recommended, and decided: incidents resolved within $window",
            kind="table",
            about="Rows: the last recommendation; columns: the last decision.",
            queries=(
                Query(
                    expr=f"sum by (recommendation, decision) ({metric('incidents_advised_exact', WINDOW)})"
                ),
            ),
            width=8,
            height=6,
            pivot=("recommendation", "decision"),
        ),
        Panel(
            title="Followed, of what was recommended",
            kind="gauge",
            about="Of the decisions where rollback or hotfix was recommended, those that were that. It says nothing of who was right.",
            queries=(Query(expr=f"({FOLLOWED}) / ({ADVISED} > 0)"),),
            unit="percentunit",
            none="no decision",
            height=6,
        ),
        Panel(
            title="Decisions in this range",
            kind="table",
            about="Each decision, by whether it is what was recommended at that moment (none: nothing was).",
            queries=(Query(expr=grown("decisions_total", "choice", "followed")),),
            width=6,
            height=6,
            pivot=("choice", "followed"),
        ),
        Panel(
            title="Recommendations in this range",
            kind="bargauge",
            about="Given, each change of one included; and what people said afterwards.",
            queries=(
                Query(expr=grown("recommendations_total", "recommendation"), legend="{{recommendation}}"),
                Query(expr=grown("recommendations_judged_total", "verdict"), legend="judged {{verdict}}"),
            ),
            width=6,
            height=6,
        ),
        Panel(
            title="Checkpoints in this range",
            kind="table",
            about="Of the two hours: met in time, or missed. One that does not apply is neither.",
            queries=(Query(expr=grown("checkpoints_total", "checkpoint", "outcome")),),
            width=8,
            height=8,
            pivot=("checkpoint", "outcome"),
        ),
        Panel(
            title="Rungs in this range",
            kind="bargauge",
            about="Rungs reached above the first of their ladder.",
            queries=(Query(expr=grown("escalations_total", "rung"), legend="{{rung}}"),),
            width=8,
            height=8,
            steps=((None, GREEN), (1.0, ORANGE)),
        ),
        Panel(
            title="Rungs that reached nobody",
            kind="stat",
            about="Nobody was meant, or every target failed for good. In this range.",
            queries=(Query(expr=grown("rungs_reached_nobody_total")),),
            words={"0": ("none", GREEN)},
            steps=TROUBLE,
            width=8,
            height=8,
        ),
    ),
)

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

SIGHT = Row(
    title="Seeing",
    panels=(
        Panel(
            title="Blind",
            kind="timeseries",
            about="1 while a source cannot see.",
            queries=(
                Query(
                    expr=f"max by (source) ({metric('source_blind')})", legend="{{source}}", over_time=True
                ),
            ),
            none="no source",
            width=8,
            height=6,
        ),
        Panel(
            title="Since the last look",
            kind="timeseries",
            about="Time since each source was last seen, since the process started.",
            queries=(
                Query(
                    expr=f"time() - (max by (source) ({metric('poll_last_success_timestamp_seconds')}) > 0)",
                    legend="{{source}}",
                    over_time=True,
                ),
            ),
            unit="s",
            none="no look yet",
            width=8,
            height=6,
        ),
        Panel(
            title="Looks in this range",
            kind="table",
            about="By source and by what came of them, as told: what goes on is told every ten seconds at most.",
            queries=(Query(expr=f"{grown('polls_total', 'source', 'outcome')} > 0"),),
            none="no look",
            width=8,
            height=6,
            pivot=("source", "outcome"),
        ),
    ),
)

ITSELF = Row(
    title="The watcher itself",
    panels=(
        Panel(
            title="Answers",
            kind="stat",
            about="Whether Prometheus reaches it.",
            queries=(Query(expr='min(up{job=~"$job",instance=~"$instance"})'),),
            words={"1": ("yes", GREEN), "0": ("no", RED)},
            none="no watcher",
        ),
        Panel(
            title="Version",
            kind="stat",
            about="Which version runs.",
            queries=(Query(expr=f"count by (version) ({metric('build_info')})", legend="{{version}}"),),
            none="no watcher",
            text="name",
        ),
        Panel(
            title="Configuration",
            kind="stat",
            about="Whether the last reading of it governs, or the one before.",
            queries=(Query(expr=f"min({metric('config_last_reload_successful')})"),),
            words={"1": ("governs", GREEN), "0": ("refused", RED)},
            none="no watcher",
        ),
        ago(
            "Last heartbeat",
            "heartbeat_last_success_timestamp_seconds",
            "When the dead-man service last took a ping. Without it nobody hears that the watcher is dead.",
            "none is configured",
            "not since the start",
        ),
        ago(
            "Last drill",
            "last_drill_timestamp_seconds",
            "When a person last acknowledged a drill.",
            "no watcher",
        ),
        ago(
            "Last canary",
            "last_canary_timestamp_seconds",
            "When a canary last arrived wherever it was sent.",
            "none is configured",
        ),
        Panel(
            title="Memory",
            kind="timeseries",
            about="What the process holds.",
            queries=(
                Query(
                    expr=f"max by (instance) ({metric('process_resident_memory_bytes')})",
                    legend="{{instance}}",
                    over_time=True,
                ),
            ),
            unit="bytes",
            none="no watcher",
            width=10,
            height=6,
        ),
        Panel(
            title="Open files",
            kind="timeseries",
            about="Descriptors of the process.",
            queries=(
                Query(
                    expr=f"max by (instance) ({metric('process_open_fds')})",
                    legend="{{instance}}",
                    over_time=True,
                ),
            ),
            none="no watcher",
            width=10,
            height=6,
        ),
        Panel(
            title="Starts in this range",
            kind="stat",
            about="Restarts while it was scraped. A restart loses nothing; many mean that something is wrong.",
            queries=(Query(expr=f"sum(changes({metric('process_start_time_seconds')}[$__range]))"),),
            words={"0": ("none", GREEN)},
            none="no watcher",
            height=6,
        ),
    ),
)
