"""The metric families: names, help, labels, and every label value from 0. Pure.

No label holds an incident's id; drills are not counted; false alarms have their own outcome and no response times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, get_args

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from rules.signal import CATEGORIES
from watcher.incident.state import FINAL, Status
from watcher.observation import BLIND_REASONS
from watcher.serve.metrics.figures import Figures
from watcher.serve.metrics.ledger import Ledger
from watcher.serve.metrics.tallies import LAST_ACCEPTED, Key
from watcher.view.measures import Distribution

OPEN = tuple(status for status in get_args(Status) if status not in FINAL)
OUTCOMES = ("resolved", "false_alarm")
CAUSED = ("true", "false", "unknown")
CHOICES = ("rollback", "hotfix", "undecided")
DECISIONS = ("rollback", "hotfix", "other")
FOLLOWED = ("true", "false", "none")
JUDGEMENTS = ("right", "wrong")
RECEIPTS = ("accepted", "refused", "unknown")
SUSPICIONS = ("suspected", "confirmed", "dismissed")
POLLS = ("seen", *BLIND_REASONS)

TIMES = {
    "detect": "From the estimated start of the harm to the first signal.",
    "page": "From the first signal to a target first taking a page that wakes.",
    "acknowledge": "From the first signal to the first acknowledgement by a person.",
    "restore": "From the first signal to the mitigation that held, or the closing without one (MTTR).",
    "resolve": "From the first signal to the closing of the incident.",
}


def collect(figures: Figures) -> Iterator[Metric]:
    """All families."""
    yield from _incidents(figures.ledger)
    yield from _times(figures.ledger)
    yield from _tallied(figures)
    yield from _pages(figures)
    yield from _sources(figures)
    yield _gauge(
        "config_last_reload_successful",
        "Whether the last reading of the configuration governs.",
        float(figures.reloaded),
    )
    yield from _care(figures)
    build = GaugeMetricFamily("watcher_build_info", "Which version runs.", labels=("version",))
    build.add_metric((figures.version,), 1)
    yield build


def _incidents(ledger: Ledger) -> Iterator[Metric]:
    opened = {(category,): n for category, n in ledger.opened.items()}
    yield _counter("incidents_opened", "Incidents opened.", ("category",), opened, product(CATEGORIES))
    yield _counter(
        "incidents_closed",
        "Incidents closed, false alarms as their own outcome.",
        ("category", "outcome", "deployment_caused"),
        ledger.closed,
        product(CATEGORIES, OUTCOMES, CAUSED),
    )
    yield _counter(
        "reopened", "Incidents that came back while they were watched.", (), {(): ledger.reopened}, ()
    )
    open_now = GaugeMetricFamily(
        "watcher_incidents_open", "Incidents open now.", labels=("category", "status")
    )
    counts = ledger.open_now()
    for labels in _all(product(CATEGORIES, OPEN), counts):
        open_now.add_metric(labels, counts[labels[0], labels[1]])
    yield open_now
    start = ledger.oldest_start()
    words = "When the harm of the oldest open incident began; 0 while none is open."
    yield _gauge("oldest_open_incident_start_timestamp_seconds", words, start.timestamp() if start else 0)


def _times(ledger: Ledger) -> Iterator[Metric]:
    for measure, distribution in ledger.times.items():
        words = f"{TIMES[measure]} Observed once, when the incident is resolved."
        yield _histogram(f"incident_time_to_{measure}_seconds", words, distribution)


def _tallied(figures: Figures) -> Iterator[Metric]:
    counts = figures.counts
    for name, label, words, values in (
        ("recommendations", "recommendation", "Recommendations given, each change of one included.", CHOICES),
        (
            "recommendations_judged",
            "verdict",
            "What people said afterwards of a recommendation.",
            JUDGEMENTS,
        ),
        ("escalations", "rung", "Rungs reached above the first of their ladder.", figures.rungs),
        ("suspicions", "outcome", "Suspicions raised (suspected), and what people said of them.", SUSPICIONS),
    ):
        yield _counter(name, words, (label,), _of(counts, f"{name}_total"), product(values))
    words = "Decisions, by whether they are what was recommended (none: nothing was)."
    labels = ("choice", "followed")
    yield _counter("decisions", words, labels, _of(counts, "decisions_total"), product(DECISIONS, FOLLOWED))
    words = "Rungs that reached nobody: nobody was meant, or every target failed for good."
    nobody = {(): counts.get(("rungs_reached_nobody_total",), 0)}
    yield _counter("rungs_reached_nobody", words, (), nobody, ())


def _pages(figures: Figures) -> Iterator[Metric]:
    yield _counter(
        "pages",
        "Attempts to deliver a page, by what came of them.",
        ("target", "outcome"),
        _of(figures.counts, "pages_total"),
        product(figures.targets, RECEIPTS),
    )
    words = "When a target last took a page; 0 for never."
    accepted = _of(figures.counts, LAST_ACCEPTED)
    yield _gauges(
        LAST_ACCEPTED, words, "target", {name: accepted.get((name,), 0) for name in figures.targets}
    )
    words = "Time that one attempt to deliver a page took, since this process started."
    yield _histogram("page_delivery_seconds", words, figures.delivery)
    yield _gauge("pages_pending", "Deliveries that are owed, due or waiting.", sum(figures.pending.values()))


def _sources(figures: Figures) -> Iterator[Metric]:
    yield _counter(
        "polls",
        "Looks at a source by what came of them, since this process started.",
        ("source", "outcome"),
        figures.polls,
        product(figures.sources, POLLS),
    )
    words = "When a source was last seen; 0 for not since this process started."
    last = {name: figures.last_success.get(name, 0) for name in figures.sources}
    yield _gauges("poll_last_success_timestamp_seconds", words, "source", last)
    blind = {name: float(name in figures.blind) for name in figures.sources}
    yield _gauges("source_blind", "Whether a source cannot see.", "source", blind)


def _care(figures: Figures) -> Iterator[Metric]:
    """What the watcher says of itself."""
    yield _gauge("audit_ok", "Whether the watcher keeps its own promises.", float(figures.audit_ok))
    words = "When the dead-man service last took a ping; 0 for not since this process started."
    yield _gauge("heartbeat_last_success_timestamp_seconds", words, figures.heartbeat_at)
    words = "When a canary was last taken by all that it was sent to; 0 for never."
    yield _gauge("last_canary_timestamp_seconds", words, figures.canary_at)
    words = "When a person last acknowledged a drill; 0 for never."
    yield _gauge("last_drill_timestamp_seconds", words, figures.drilled_at)


def _of(counts: Mapping[Key, float], name: str) -> dict[Key, float]:
    """The counts of one family, by their label values."""
    return {key[1:]: value for key, value in counts.items() if key[0] == name}


def _all(
    expected: Iterable[tuple[str, ...]], found: Iterable[tuple[str, ...]]
) -> dict[tuple[str, ...], None]:
    """Every expected label set, and those that were found beside them, each once, in order."""
    return dict.fromkeys([*expected, *found])


def _counter(
    name: str,
    words: str,
    labels: tuple[str, ...],
    counts: Mapping[Any, float],  # by label values
    expected: Iterable[tuple[str, ...]],
) -> Metric:
    family = CounterMetricFamily(f"watcher_{name}", words, labels=labels)
    for values in _all(expected, counts):
        family.add_metric(values, counts.get(values, 0))
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watcher_{name}", words, value=value)


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"watcher_{name}", words, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _histogram(name: str, words: str, distribution: Distribution) -> Metric:
    return HistogramMetricFamily(
        f"watcher_{name}", words, buckets=distribution.cumulative(), sum_value=distribution.sum
    )
