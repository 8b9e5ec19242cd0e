"""The past of a log, newest first, by what is asked of it: alike in memory and on disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import T0
from watcher.log import Append, Log, Past
from watcher.log.memory import MemoryLog
from watcher.log.sqlite import SqliteLog

DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    made = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "watcher.db")
    for number in range(1, 7):
        columns = {
            "category": "outage" if number % 2 else "payments",
            "outcome": None if number == 6 else "resolved",
            "opened_at": T0 + number * DAY,
        }
        item = Append(
            stream=f"incident/{number}", kind="incident", expected_version=0, events=(), columns=columns
        )
        made.append([item], {})
    made.append([Append(stream="suspicion/1", kind="suspicion", expected_version=0, events=())], {})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("past", "numbers"),
    [
        (Past(limit=10), [6, 5, 4, 3, 2, 1]),
        (Past(limit=2), [6, 5]),
        (Past(limit=10, before="incident/3"), [2, 1]),
        (Past(limit=10, before="incident/99"), []),
        (Past(limit=10, category="outage"), [5, 3, 1]),
        (Past(limit=10, outcome="open"), [6]),
        (Past(limit=10, outcome="resolved", category="payments"), [4, 2]),
        (Past(limit=10, since=T0 + 2 * DAY, until=T0 + 4 * DAY), [3, 2]),
    ],
)
def test_the_past_is_what_was_asked_for_newest_first(log: Log, past: Past, numbers: list[int]) -> None:
    """Each filter alone and together; a stream that there is not has nothing before it."""
    found = [row["name"] for row in log.history("incident", past)]
    assert found == [f"incident/{number}" for number in numbers]
