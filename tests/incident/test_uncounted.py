"""What nobody counts is asked for in plain words."""

from __future__ import annotations

from tests.support import T0
from watcher.incident.findings import ImpactMeasured
from watcher.incident.knowledge import Knowledge, evolve


def test_why_nobody_counts_is_no_name_for_what_is_counted() -> None:
    """A measurement without a number leaves the share unknown, of users: its own words are a reason, no measure."""
    known = evolve(Knowledge(), ImpactMeasured(at=T0, measure="unknown: nothing here counts users"))
    assert (known.share.measure, known.share.over_half) == ("users", None)
