"""What the milestones of all incidents add up to: the same after a restart as it was before. Drills are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from watcher.incident.event import (
    Closed,
    Opened,
    Reopened,
)
from watcher.log import Append
from watcher.view.measures import BUCKETS, MEASURES, Distribution, times

UNKNOWN = "unknown"


class Ledger:
    """Counts each incident once when it opens and once when it closes; holds the columns of the open ones alone."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.closed: Counter[tuple[str, str, str]] = Counter()  # category, outcome, caused by a deployment
        self.reopened = 0
        self.times = {measure: Distribution(BUCKETS) for measure in MEASURES}
        self._open: dict[str, Mapping[str, Any]] = {}

    def begin(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Everything that the log holds."""
        for row in rows:
            if not is_drill(row):
                self.opened[row["category"]] += 1
                self.reopened += row["reopenings"] or 0
                self._stand(row["name"], row, ending=row["outcome"] is not None)

    def take(self, item: Append) -> None:
        """What one turn added to one incident."""
        kinds = [type(event) for event in item.events]
        self.opened[item.columns["category"]] += kinds.count(Opened)
        self.reopened += kinds.count(Reopened)
        if item.stream in self._open or Opened in kinds:
            self._stand(item.stream, item.columns, ending=Closed in kinds)

    def _stand(self, name: str, columns: Mapping[str, Any], *, ending: bool) -> None:
        if not ending:
            self._open[name] = columns
            return
        self._open.pop(name, None)
        self.closed[columns["category"], columns["outcome"], caused(columns["deployment_caused"])] += 1
        if columns["outcome"] == "resolved":
            for measure, time in times(columns).items():
                self.times[measure].observe(time.total_seconds())

    def open_now(self) -> Counter[tuple[str, str]]:
        """How many are open, by category and status."""
        return Counter((row["category"], row["status"]) for row in self._open.values())

    def oldest_start(self) -> datetime | None:
        """When the harm of the oldest open incident began."""
        return min((row["started_at"] for row in self._open.values() if row["started_at"]), default=None)


def is_drill(row: Mapping[str, Any]) -> bool:
    """A row says so in one of two ways: as it is stored, or as it was appended."""
    return bool(row.get("drill")) or row.get("class") == "drill"


def caused(value: object) -> str:
    """Whether a deployment caused it, as a label: true, false or unknown."""
    return UNKNOWN if value is None else str(bool(value)).lower()
