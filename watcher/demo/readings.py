"""What the story reads from the daemon's /metrics."""

from __future__ import annotations

import re

_TIMES = re.compile(r"^watcher_incident_time_to_(\w+)_seconds_(sum|count)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
_SEEN = re.compile(r'^watcher_poll_last_success_timestamp_seconds\{source="([^"]+)"\} (\S+)$', re.MULTILINE)


def times_of(metrics: str) -> dict[str, float]:
    """The mean of each response time that has been observed, in seconds, over all labels."""
    sums: dict[tuple[str, str], float] = {}
    for name, part, value in _TIMES.findall(metrics):
        sums[name, part] = sums.get((name, part), 0.0) + float(value)
    return {
        name: sums[name, "sum"] / number
        for (name, part), number in sums.items()
        if part == "count" and number > 0
    }


def seeing(metrics: str) -> frozenset[str]:
    """The sources that have looked and seen."""
    return frozenset(source for source, at in _SEEN.findall(metrics) if float(at) > 0)
