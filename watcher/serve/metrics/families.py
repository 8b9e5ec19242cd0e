"""The metric families: names, help, labels, and every label value from 0. Pure.

No label holds an incident's id; drills are not counted; false alarms have their own outcome and no response times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import get_args

from prometheus_client.metrics_core import Metric

from rules.signal import CATEGORIES
from watcher.incident.responding import PATHS, CheckpointName
from watcher.incident.state import FINAL, Status
from watcher.observation import BLIND_REASONS
from watcher.serve.metrics import exact
from watcher.serve.metrics.figures import Figures
from watcher.serve.metrics.ledger import Ledger
from watcher.serve.metrics.shapes import counter, every, gauge, gauges, histogram
from watcher.serve.metrics.tallies import LAST_ACCEPTED, Key

OPEN = tuple(status for status in get_args(Status) if status not in FINAL)
OUTCOMES = ("resolved", "false_alarm")
CAUSED = ("true", "false", "unknown")
FOLLOWED = ("true", "false", "none")
JUDGEMENTS = ("right", "wrong")
RECEIPTS = ("accepted", "refused", "unknown")
SUSPICIONS = ("suspected", "confirmed", "dismissed")
CHECKPOINTS: tuple[str, ...] = get_args(CheckpointName)
REACHED = ("met", "missed")
POLLS = ("seen", *BLIND_REASONS)

TIMES = {
    "detect": "From the estimated start of the harm to the first signal.",
    "page": "From the first signal to a target first taking a page that wakes.",
    "acknowledge": "From the first signal to the first acknowledgement by a person.",
    "decide": "From the first signal to a person's first decision.",
    "restore": "From the first signal to the mitigation that held, or the closing without one (MTTR).",
    "resolve": "From the first signal to the closing of the incident.",
}


def collect(figures: Figures, now: datetime) -> Iterator[Metric]:
    """All families, as they stand at this moment."""
    yield from _incidents(figures.ledger)
    yield from _times(figures.ledger)
    yield from exact.collect(figures.ledger, now)
    yield from _tallied(figures)
    yield from _pages(figures)
    yield from _sources(figures)
    words = "Whether the last reading of the configuration governs."
    yield gauge("config_last_reload_successful", words, float(figures.reloaded))
    yield from _care(figures)
    yield gauges("build_info", "Which version runs.", ("version",), {(figures.version,): 1})


def _incidents(ledger: Ledger) -> Iterator[Metric]:
    opened = {(category,): n for category, n in ledger.opened.items()}
    yield counter("incidents_opened", "Incidents opened.", ("category",), opened, product(CATEGORIES))
    words = "Incidents closed, false alarms as their own outcome."
    labels = ("category", "outcome", "deployment_caused")
    yield counter("incidents_closed", words, labels, ledger.closed, product(CATEGORIES, OUTCOMES, CAUSED))
    words = "Incidents that came back while they were watched."
    yield counter("reopened", words, (), {(): ledger.reopened}, ())
    counts = ledger.open_now()
    found = {labels: counts[labels[0], labels[1]] for labels in every(product(CATEGORIES, OPEN), counts)}
    yield gauges("incidents_open", "Incidents open now.", ("category", "status"), found)
    start = ledger.oldest_start()
    words = "When the harm of the oldest open incident began; 0 while none is open."
    yield gauge("oldest_open_incident_start_timestamp_seconds", words, start.timestamp() if start else 0)


def _times(ledger: Ledger) -> Iterator[Metric]:
    for measure, distribution in ledger.times.items():
        words = f"{TIMES[measure]} Observed once, when the incident is resolved."
        yield histogram(f"incident_time_to_{measure}_seconds", words, distribution)


def _tallied(figures: Figures) -> Iterator[Metric]:
    counts = figures.counts
    for name, label, words, values in (
        (
            "recommendations",
            "recommendation",
            "Recommendations given, each change of one included.",
            exact.RECOMMENDATIONS,
        ),
        (
            "recommendations_judged",
            "verdict",
            "What people said afterwards of a recommendation.",
            JUDGEMENTS,
        ),
        ("escalations", "rung", "Rungs reached above the first of their ladder.", figures.rungs),
        ("suspicions", "outcome", "Suspicions raised (suspected), and what people said of them.", SUSPICIONS),
    ):
        yield counter(name, words, (label,), _of(counts, f"{name}_total"), product(values))
    words = "Decisions, by whether they are what was recommended (none: nothing was)."
    labels = ("choice", "followed")
    yield counter("decisions", words, labels, _of(counts, "decisions_total"), product(PATHS, FOLLOWED))
    words = "Checkpoints of the two hours: met in time, or missed (a late one was missed). One that does not apply is neither."
    found = _of(counts, "checkpoints_total")
    yield counter("checkpoints", words, ("checkpoint", "outcome"), found, product(CHECKPOINTS, REACHED))
    words = "Rungs that reached nobody: nobody was meant, or every target failed for good."
    nobody = {(): counts.get(("rungs_reached_nobody_total",), 0)}
    yield counter("rungs_reached_nobody", words, (), nobody, ())


def _pages(figures: Figures) -> Iterator[Metric]:
    yield counter(
        "pages",
        "Attempts to deliver a page, by what came of them.",
        ("target", "outcome"),
        _of(figures.counts, "pages_total"),
        product(figures.targets, RECEIPTS),
    )
    words = "When a target last took a page; 0 for never."
    accepted = _of(figures.counts, LAST_ACCEPTED)
    yield gauges(
        LAST_ACCEPTED, words, ("target",), {(name,): accepted.get((name,), 0) for name in figures.targets}
    )
    words = "Time that one attempt to deliver a page took, since this process started."
    yield histogram("page_delivery_seconds", words, figures.delivery)
    words = "Deliveries that are owed, due or waiting; quiet hours hold back what does not ring."
    yield gauge("pages_pending", words, sum(figures.pending.values()))
    words = "Those of them that ring: nothing but a failing target holds them back."
    yield gauge("wakes_pending", words, sum(figures.wakes_pending.values()))


def _sources(figures: Figures) -> Iterator[Metric]:
    yield counter(
        "polls",
        "What sources told of their looks, since this process started; what goes on is told every ten seconds at most.",
        ("source", "outcome"),
        figures.polls,
        product(figures.sources, POLLS),
    )
    words = "When a source was last seen; 0 for not since this process started."
    last = {(name,): figures.last_success.get(name, 0) for name in figures.sources}
    yield gauges("poll_last_success_timestamp_seconds", words, ("source",), last)
    words = "How often a source looks; 0 for one that listens."
    every = {(name,): figures.every.get(name, 0) for name in figures.sources}
    yield gauges("poll_interval_seconds", words, ("source",), every)
    blind = {(name,): float(name in figures.blind) for name in figures.sources}
    yield gauges("source_blind", "Whether a source cannot see.", ("source",), blind)


def _care(figures: Figures) -> Iterator[Metric]:
    """What the watcher says of itself."""
    yield gauge("audit_ok", "Whether the watcher keeps its own promises.", float(figures.audit_ok))
    if figures.heartbeat is not None:
        words = "When the dead-man service last took a ping; 0 for not since this process started."
        yield gauge("heartbeat_last_success_timestamp_seconds", words, figures.heartbeat_at)
        yield gauge("heartbeat_interval_seconds", "How often it is pinged.", figures.heartbeat)
    if figures.canary:
        words = "When a canary was last taken by all that it was sent to; 0 for never."
        yield gauge("last_canary_timestamp_seconds", words, figures.canary_at)
    words = "When a person last acknowledged a drill; 0 for never."
    yield gauge("last_drill_timestamp_seconds", words, figures.drilled_at)


def _of(counts: Mapping[Key, float], name: str) -> dict[Key, float]:
    """The counts of one family, by their label values."""
    return {key[1:]: value for key, value in counts.items() if key[0] == name}
