"""The dashboard's panels of the response times."""

from __future__ import annotations

from grafana.queries import PAST, WINDOW, exact
from grafana.shape import GREEN, HOURS, ORANGE, RED, Panel, Query, Row, Steps, metric

ALL, EACH = 'category="all"', 'category!="all"'
SHARE = ((None, RED), (0.8, ORANGE), (0.95, GREEN))
STATS = ("median", "p90", "max")
N, TIMES = 'stat="n"', 'stat!="n"'
ASKED = 'milestone=~"detect|acknowledge|restore"'
RESTORE = 'milestone="restore"'
RESTORED = exact(RESTORE, 'stat="n"', ALL, WINDOW)
RESTORED_EACH = exact(RESTORE, 'stat="n"', EACH, WINDOW)
IN_TIME = metric("incidents_in_time_exact", ALL, WINDOW)
IN_TIME_EACH = metric("incidents_in_time_exact", EACH, WINDOW)


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
