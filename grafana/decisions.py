"""The dashboard's panels of advice, decisions and checkpoints."""

from __future__ import annotations

from grafana.queries import WINDOW, grown
from grafana.shape import GREEN, ORANGE, TROUBLE, Panel, Query, Row, metric


def advised(recommendation: str, decision: str) -> str:
    return f"sum({metric('incidents_advised_exact', WINDOW, recommendation, decision)})"


FOLLOWED = " + ".join(
    advised(f'recommendation="{choice}"', f'decision="{choice}"') for choice in ("rollback", "hotfix")
)
ADVISED = advised('recommendation=~"rollback|hotfix"', 'decision!="none"')

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
