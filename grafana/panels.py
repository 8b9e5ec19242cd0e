"""The dashboard's panels, in the order in which they are read.

What has a window comes from the exact figures of the log: whole from the first scrape on, also of the time before
Prometheus was there. What counts over the range that is shown is what grew while it was scraped; the counters begin at 0
and outlive restarts, so nothing rare is lost, and rounding takes away what Prometheus adds at the edges of a range.
"""

from __future__ import annotations

from grafana.shape import GREEN, ORANGE, RED, Panel, Query, Row, Steps, metric

ALL, EACH, WINDOW = 'category="all"', 'category!="all"', 'window=~"$window"'
HOURS = ((None, GREEN), (7200.0, RED))
SHARE = ((None, RED), (0.8, ORANGE), (0.95, GREEN))
TROUBLE = ((None, GREEN), (1.0, RED))
STATS = ("median", "p90", "max")
N, TIMES = 'stat="n"', 'stat!="n"'


def exact(*labels: str) -> str:
    return metric("incident_time_exact_seconds", *labels)


def grown(name: str, *by: str, labels: tuple[str, ...] = ()) -> str:
    """How much a counter grew over the range that is shown, whole."""
    kept = f"sum by ({', '.join(by)}) " if by else "sum"
    return f"round({kept}(increase({metric(name, *labels)}[$__range])))"


def at_a_glance(
    title: str, milestone: str, about: str, steps: Steps = ((None, "text"),)
) -> tuple[Panel, Panel]:
    """Median, p90 and max; and of how many."""
    label = f'milestone="{milestone}"'
    asked = [
        Query(expr="max(" + exact(label, ALL, WINDOW, f'stat="{stat}"') + ")", legend=stat) for stat in STATS
    ]
    times = Panel(
        title=title,
        kind="stat",
        about=f"{about} Median, p90 (nearest rank) and max of the incidents resolved within the window.",
        queries=tuple(asked),
        unit="s",
        steps=steps,
    )
    many = Panel(
        title=f"n ({milestone.rpartition('_')[2]})",
        kind="stat",
        about=f"{title}: of how many incidents.",
        queries=(Query(expr=f"max({exact(label, ALL, WINDOW, N)})"),),
        words={"0": ("no incident", "text")},
        width=2,
        none="no watcher",
    )
    return times, many


def by_category(title: str, milestone: str) -> Panel:
    found = exact(f'milestone="{milestone}"', EACH, WINDOW, TIMES)
    return Panel(
        title=title,
        kind="table",
        about="By category, for incidents resolved within the window. A category that is missing had no incident.",
        queries=(Query(expr=f"max by (category, stat) ({found})"),),
        unit="s",
        width=6,
        height=7,
        pivot=("category", "stat"),
        order=STATS,
    )


ASKED = 'milestone=~"detect|acknowledge|restore"'
RESTORE = 'milestone="restore"'
PAST = metric("incidents_past_target")
RESTORED = exact(RESTORE, 'stat="n"', ALL, WINDOW)
RESTORED_EACH = exact(RESTORE, 'stat="n"', EACH, WINDOW)
IN_TIME = metric("incidents_in_time_exact", ALL, WINDOW)
IN_TIME_EACH = metric("incidents_in_time_exact", EACH, WINDOW)
OLDEST = metric("oldest_open_incident_start_timestamp_seconds")


def advised(recommendation: str, decision: str) -> str:
    return f"sum({metric('incidents_advised_exact', WINDOW, recommendation, decision)})"


FOLLOWED = " + ".join(
    advised(f'recommendation="{choice}"', f'decision="{choice}"') for choice in ("rollback", "hotfix")
)
ADVISED = advised('recommendation=~"rollback|hotfix"', 'decision!="none"')

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

SPEED = Row(
    title="How fast: incidents resolved within $window",
    panels=(
        *at_a_glance("Time to restore (MTTR)", "restore", "First signal to the mitigation that held.", HOURS),
        *at_a_glance("Time to acknowledge (MTTA)", "acknowledge", "First signal to the first person."),
        *at_a_glance("Time to detect (MTTD)", "detect", "Estimated start of the harm to the first signal."),
        *at_a_glance(
            "Restored after a deployment",
            "restore_after_deploy",
            "Time to restore where a deployment was the cause: DORA's failed deployment recovery time, not the MTTR.",
            HOURS,
        ),
        by_category("MTTR by category", "restore"),
        by_category("MTTA by category", "acknowledge"),
        by_category("MTTD by category", "detect"),
        Panel(
            title="n by category",
            kind="table",
            about="Of how many incidents each of these times is.",
            queries=(Query(expr=f"max by (category, milestone) ({exact(ASKED, EACH, WINDOW, N)})"),),
            width=6,
            height=7,
            pivot=("category", "milestone"),
        ),
        Panel(
            title="Every milestone",
            kind="table",
            about="All categories. Page, decide and resolve run from the first signal as well.",
            queries=(Query(expr=f"max by (milestone, stat) ({exact(ALL, WINDOW, TIMES)})"),),
            unit="s",
            width=6,
            height=8,
            pivot=("milestone", "stat"),
            order=STATS,
        ),
        Panel(
            title="MTTR by window",
            kind="table",
            about="Whether it gets better: the same for each window.",
            queries=(Query(expr=f"max by (window, stat) ({exact(RESTORE, ALL, TIMES)})"),),
            unit="s",
            width=5,
            height=8,
            pivot=("window", "stat"),
            order=STATS,
        ),
        Panel(
            title="n by milestone and window",
            kind="table",
            about="Of how many incidents each of these times is.",
            queries=(Query(expr=f"max by (milestone, window) ({exact(ALL, N)})"),),
            width=5,
            height=8,
            pivot=("milestone", "window"),
            order=("7d", "30d", "90d", "365d"),
        ),
        Panel(
            title="Within two hours, at most",
            kind="gauge",
            about="Restored within two hours of the first signal. What is open past them counts as missed; what is open "
            "and younger is not counted yet, so the share is at most this.",
            queries=(Query(expr=f"sum({IN_TIME}) / (sum({RESTORED}) + sum({PAST}) > 0)"),),
            unit="percentunit",
            steps=SHARE,
            height=8,
        ),
        Panel(
            title="by category",
            kind="bargauge",
            about="The same by category. One that is missing had no incident.",
            queries=(
                Query(
                    expr=f"sum by (category) ({IN_TIME_EACH}) / "
                    f"(sum by (category) ({RESTORED_EACH}) + sum by (category) ({PAST}) > 0)",
                    legend="{{category}}",
                ),
            ),
            unit="percentunit",
            steps=SHARE,
            height=8,
        ),
    ),
)
