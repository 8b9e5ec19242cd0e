"""The metrics. The ledger adds up milestones, the tallies count what milestones do not hold, the families name it all."""

from __future__ import annotations

from watcher.serve.metrics.metrics import Metrics

__all__ = ["Metrics"]
