"""The exact families: what the log says of the windows that end now. Pure.

A counter shows what happened while it was scraped, and its growth is estimated; these need no history of scrapes, and
say nothing of what did not happen: no median without an incident.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import get_args

from prometheus_client.metrics_core import Metric

from rules.decision import Choice
from rules.signal import CATEGORIES
from watcher.incident.responding import PATHS
from watcher.serve.metrics.ledger import Ledger
from watcher.serve.metrics.shapes import gauges
from watcher.serve.metrics.windows import AFTER_DEPLOY, ALL, NONE, WINDOWS
from watcher.view.measures import MEASURES

MILESTONES = (*MEASURES, AFTER_DEPLOY)
GROUPS = (*CATEGORIES, ALL)
RECOMMENDATIONS: tuple[Choice, ...] = get_args(Choice)
RECOMMENDED = (*RECOMMENDATIONS, NONE)
CHOSEN = (*PATHS, NONE)


def collect(ledger: Ledger, now: datetime) -> Iterator[Metric]:
    """All of them, as they stand at this moment."""
    windows = ledger.windows.read(now)
    words = (
        "Response times of the incidents resolved within the window: median, p90 (nearest rank), max, "
        "and n, how many they are of."
    )
    found = {
        (milestone, category, name, stat): value
        for milestone, category, name in product(MILESTONES, GROUPS, WINDOWS)
        for stat, value in windows[name].stats(milestone, category).items()
    }
    labels = ("milestone", "category", "window", "stat")
    yield gauges("incident_time_exact_seconds", words, labels, found)
    words = "Of the incidents resolved within the window: restored within two hours of the first signal."
    in_time = {(group, name): float(windows[name].in_time(group)) for group, name in product(GROUPS, WINDOWS)}
    yield gauges("incidents_in_time_exact", words, ("category", "window"), in_time)
    words = "Incidents resolved within the window, by the last recommendation and the last decision."
    advised = {
        (*pair, name): float(windows[name].advised[pair])
        for pair, name in product(product(RECOMMENDED, CHOSEN), WINDOWS)
    }
    yield gauges("incidents_advised_exact", words, ("recommendation", "decision", "window"), advised)
    yield from _beside(ledger, now)


def _beside(ledger: Ledger, now: datetime) -> Iterator[Metric]:
    late = ledger.past_target(now)
    words = "Incidents open now that are not mitigated two hours after their first signal."
    yield gauges("incidents_past_target", words, ("category",), {(c,): late[c] for c in CATEGORIES})
    words = "Incidents opened in a week (its Monday, UTC), without those that were false alarms."
    yield gauges("incidents_weekly_exact", words, ("week", "category"), ledger.weekly(now))
