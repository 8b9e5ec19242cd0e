"""What the log says, asked in SQL of its events alone: no code, and no column, of the daemon's own reckoning."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from tests.metrics.prometheus import Answer

DAY = 86_400


def seconds(text: str) -> str:
    """SQL for the seconds since the epoch that a moment's text says, to the microsecond."""
    return (
        f"(unixepoch(substr({text}, 1, 19)) + "
        f"CAST('0.' || coalesce(nullif(replace(substr({text}, 21), 'Z', ''), ''), '0') AS REAL))"
    )


FACT = f"""
CREATE TEMP TABLE fact AS
SELECT seq, stream, version, type, class, body, {seconds("body ->> 'at'")} AS at FROM events;
CREATE INDEX temp.fact_by_stream ON fact (stream, type);
"""

RESOLVED = f"""
CREATE TEMP TABLE incident AS
WITH opened AS (
    SELECT stream, at, body ->> 'category' AS category,
        (SELECT min({seconds("value ->> 'seen_at'")}) FROM json_each(body -> 'signs')) AS detected,
        (SELECT min({seconds("coalesce(value ->> 'started_at', value ->> 'seen_at')")})
            FROM json_each(body -> 'signs')) AS started
    FROM fact WHERE type = 'Opened' AND class = 'real'
),
back AS (SELECT stream, max(version) AS version FROM fact WHERE type = 'Reopened' GROUP BY stream)
SELECT o.*,
    c.at AS closed, c.body ->> 'outcome' AS outcome, c.body ->> 'deployment_caused' AS caused,
    (SELECT min(at) FROM fact f WHERE f.stream = o.stream AND type = 'Acknowledged') AS acknowledged,
    (SELECT min(at) FROM fact f WHERE f.stream = o.stream AND type = 'Decided') AS decided,
    (SELECT min(f.at) FROM fact f JOIN fact p ON p.stream = f.stream AND p.version = f.body ->> 'page'
        WHERE f.stream = o.stream AND f.type = 'PageAccepted' AND p.body ->> 'kind' = 'wake') AS paged,
    (SELECT max(at) FROM fact f WHERE f.stream = o.stream AND type = 'Mitigated'
        AND version > coalesce((SELECT version FROM back WHERE stream = o.stream), 0)) AS mitigated,
    (SELECT body ->> 'choice' FROM fact f WHERE f.stream = o.stream AND type = 'Recommended'
        ORDER BY version DESC LIMIT 1) AS recommended,
    (SELECT body ->> 'choice' FROM fact f WHERE f.stream = o.stream AND type = 'Decided'
        ORDER BY version DESC LIMIT 1) AS chosen
FROM opened o LEFT JOIN fact c ON c.stream = o.stream AND c.type = 'Closed';

CREATE TEMP TABLE took AS
SELECT stream, category, closed, milestone, value AS seconds FROM (
    SELECT stream, category, closed, 'detect' AS milestone, detected - min(started, detected) AS value,
        outcome FROM incident
    UNION ALL SELECT stream, category, closed, 'page', paged - detected, outcome FROM incident WHERE paged <= closed
    UNION ALL SELECT stream, category, closed, 'acknowledge', acknowledged - detected, outcome FROM incident
    UNION ALL SELECT stream, category, closed, 'decide', decided - detected, outcome FROM incident
        WHERE decided <= closed
    UNION ALL SELECT stream, category, closed, 'restore', coalesce(mitigated, closed) - detected, outcome FROM incident
    UNION ALL SELECT stream, category, closed, 'restore_after_deploy', coalesce(mitigated, closed) - detected, outcome
        FROM incident WHERE caused = 1
    UNION ALL SELECT stream, category, closed, 'resolve', closed - detected, outcome FROM incident
) WHERE outcome = 'resolved' AND value IS NOT NULL;
INSERT INTO took SELECT stream, 'all', closed, milestone, seconds FROM took;
"""

STATS = """
WITH ranked AS (
    SELECT seconds, row_number() OVER (ORDER BY seconds) AS place, count(*) OVER () AS n
    FROM took WHERE milestone = ? AND category = ? AND closed >= ?
)
SELECT count(*), max(seconds), avg(CASE WHEN place IN ((n + 1) / 2, (n + 2) / 2) THEN seconds END),
    min(CASE WHEN place * 10 >= n * 9 THEN seconds END)
FROM ranked
"""


class Facts:
    """The log at one moment."""

    def __init__(self, db: sqlite3.Connection, now: float) -> None:
        self.db = db
        self.now = now
        self.db.executescript(FACT + RESOLVED)

    def rows(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, given).fetchall()

    def number(self, sql: str, *given: Any) -> float:
        found = self.rows(sql, *given)
        return float(found[0][0] or 0)

    @property
    def newest(self) -> int:
        return int(self.number("SELECT max(seq) FROM fact"))

    def stats(self, milestone: str, category: str, days: int) -> dict[str, float]:
        """Median, p90, max and n; of nothing only that there is nothing."""
        n, largest, median, p90 = self.rows(STATS, milestone, category, self.now - days * DAY)[0]
        return {"n": n, "max": largest, "median": median, "p90": p90} if n else {"n": 0}

    def counted(self, labels: tuple[str, ...], sql: str, *given: Any) -> Answer:
        """Rows of (count, label values ...)."""
        return {
            tuple(sorted(zip(labels, values, strict=True))): float(n) for n, *values in self.rows(sql, *given)
        }


@contextmanager
def facts(log: Path, now: float) -> Iterator[Facts]:
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as db:
        yield Facts(db, now)


def zeros(labels: tuple[str, ...], *values: Iterable[str]) -> Answer:
    """Every combination, at 0."""
    return {tuple(sorted(zip(labels, found, strict=True))): 0.0 for found in product(*values)}
