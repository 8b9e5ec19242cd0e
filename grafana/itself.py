"""The dashboard's panels of what is seen, and of the watcher itself."""

from __future__ import annotations

from grafana.queries import grown
from grafana.shape import GREEN, RED, Panel, Query, Row, metric


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
