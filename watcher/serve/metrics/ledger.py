"""What the milestones of all incidents add up to: the same after a restart as it was before. Drills are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from rules.signal import CATEGORIES
from watcher.incident.event import Closed, Opened, Reopened
from watcher.incident.protocol import TARGET
from watcher.log import Append
from watcher.serve.metrics.windows import Closing, Windows, closing
from watcher.view.measures import BUCKETS, MEASURES, Distribution
from watcher.view.summary import is_drill

UNKNOWN = "unknown"
WEEKS = 26
"""Half a year of bars."""


class Ledger:
    """Counts each incident once when it opens and once when it closes; holds the columns of the open ones alone."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.closed: Counter[tuple[str, str, str]] = Counter()  # category, outcome, caused by a deployment
        self.reopened = 0
        self.times = {measure: Distribution(BUCKETS) for measure in MEASURES}
        self.windows = Windows()
        self._weekly: Counter[tuple[date, str]] = Counter()  # by Monday and category, without false alarms
        self._open: dict[str, Mapping[str, Any]] = {}

    def begin(self, rows: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """Everything that the log holds."""
        closed: list[Closing] = []
        for row in rows:
            if not is_drill(row):
                self._opened(row)
                self.reopened += row["reopenings"] or 0
                closed += self._stand(row["name"], row, ending=row["outcome"] is not None)
        self.windows.begin(closed, now)

    def take(self, item: Append) -> None:
        """What one turn added to one incident."""
        kinds = [type(event) for event in item.events]
        if Opened in kinds:
            self._opened(item.columns)
        self.reopened += kinds.count(Reopened)
        if item.stream in self._open or Opened in kinds:
            for one in self._stand(item.stream, item.columns, ending=Closed in kinds):
                self.windows.add(one)

    def _opened(self, columns: Mapping[str, Any]) -> None:
        self.opened[columns["category"]] += 1
        self._weekly[_monday(columns["opened_at"].date()), columns["category"]] += 1

    def _stand(self, name: str, columns: Mapping[str, Any], *, ending: bool) -> Iterator[Closing]:
        """The incident as it is now; what it leaves when it is resolved."""
        if not ending:
            self._open[name] = columns
            return
        self._open.pop(name, None)
        self.closed[columns["category"], columns["outcome"], caused(columns["deployment_caused"])] += 1
        if columns["outcome"] == "resolved":
            one = closing(columns)
            for measure in MEASURES:
                if measure in one.seconds:
                    self.times[measure].observe(one.seconds[measure])
            yield one
        else:
            self._weekly[_monday(columns["opened_at"].date()), columns["category"]] -= 1

    def open_now(self) -> Counter[tuple[str, str]]:
        """How many are open, by category and status."""
        return Counter((row["category"], row["status"]) for row in self._open.values())

    def oldest_start(self) -> datetime | None:
        """When the harm of the oldest open incident began."""
        return min((row["started_at"] for row in self._open.values() if row["started_at"]), default=None)

    def past_target(self, now: datetime) -> Counter[str]:
        """How many are open and not mitigated two hours after their first signal, by category."""
        rows = self._open.values()
        late = (r for r in rows if r["mitigated_at"] is None and now - r["detected_at"] > TARGET)
        return Counter(row["category"] for row in late)

    def weekly(self, now: datetime) -> dict[tuple[str, str], int]:
        """How many were opened in each of the last weeks and were no false alarm, by Monday and category."""
        this = _monday(now.date())
        mondays = [this - timedelta(weeks=n) for n in reversed(range(WEEKS))]
        return {
            (monday.isoformat(), category): self._weekly[monday, category]
            for monday in mondays
            for category in CATEGORIES
        }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def caused(value: object) -> str:
    """Whether a deployment caused it, as a label: true, false or unknown."""
    return UNKNOWN if value is None else str(bool(value)).lower()
