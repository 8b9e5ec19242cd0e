"""The shapes of metric families. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from watcher.view.measures import Distribution


def every(
    expected: Iterable[tuple[str, ...]], found: Iterable[tuple[str, ...]]
) -> dict[tuple[str, ...], None]:
    """Every expected label set, and those that were found beside them, each once, in order."""
    return dict.fromkeys([*expected, *found])


def counter(
    name: str,
    words: str,
    labels: tuple[str, ...],
    counts: Mapping[Any, float],  # by label values
    expected: Iterable[tuple[str, ...]],
) -> Metric:
    """Every expected label set from 0."""
    family = CounterMetricFamily(f"watcher_{name}", words, labels=labels)
    for values in every(expected, counts):
        family.add_metric(values, counts.get(values, 0))
    return family


def gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watcher_{name}", words, value=value)


def gauges(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    """By label values."""
    family = GaugeMetricFamily(f"watcher_{name}", words, labels=labels)
    for found, number in values.items():
        family.add_metric(found, number)
    return family


def histogram(name: str, words: str, distribution: Distribution) -> Metric:
    return HistogramMetricFamily(
        f"watcher_{name}", words, buckets=distribution.cumulative(), sum_value=distribution.sum
    )
