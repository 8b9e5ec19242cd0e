"""Old events go, what was measured stays, and nothing that is open loses a word. Kept alike in memory and on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support import T0
from watcher.incident.event import Noted
from watcher.log import Append, Log
from watcher.log.memory import MemoryLog
from watcher.log.sqlite import SqliteLog

DAY = timedelta(days=1)
LATE = T0 + 99 * DAY


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    made = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "watcher.db")
    yield made
    made.close()


def entry(stream: str, at: datetime, *, base: int = 0, **more: object) -> Append:
    events = (Noted(at=at, by="ann", text="a"), Noted(at=at + timedelta(hours=1), by="ann", text="b"))
    return Append(stream=stream, kind=stream.partition("/")[0], expected_version=base, events=events, **more)


def filled(log: Log) -> None:
    log.append([entry("incident/1", T0, open=False, columns={"category": "outage", "detected_at": T0})], {})
    log.append([entry("incident/2", T0)], {})
    log.append([entry("suspicion/1", T0, open=False), entry("daemon", T0)], {})
    log.append([entry("incident/3", T0 + 9 * DAY, open=False)], {("links", "key"): "k"})


def test_only_closed_streams_expire_and_by_their_last_word(log: Log) -> None:
    """An open stream never does, however old; a closed one only when its newest event is older."""
    filled(log)
    assert log.expired(T0 + DAY) == ["incident/1", "suspicion/1"]
    assert log.expired(T0 + timedelta(minutes=59)) == []
    assert log.expired(T0 + 99 * DAY) == ["incident/1", "suspicion/1", "incident/3"]


def test_what_is_forgotten_leaves_its_milestones_and_its_number(log: Log) -> None:
    """Response times, counts, and the number of the next incident are as before; a second time nothing is left to do."""
    filled(log)
    before = [dict(row) for row in log.milestones("incident")]
    assert log.forget("incident/1", LATE) == 2
    assert log.read("incident/1") == []
    assert [dict(row) for row in log.milestones("incident")] == before
    assert (log.count("incident"), log.highest("incident")) == (3, 3)
    assert log.remembered("links") == {"key": "k"}
    assert log.expired(T0 + DAY) == ["suspicion/1"]
    assert log.forget("incident/1", LATE) == 0


@pytest.mark.parametrize("stream", ["incident/2", "daemon", "incident/99"])
def test_an_open_stream_or_none_is_never_forgotten(log: Log, stream: str) -> None:
    """Even when it is asked for by name: it may have been opened anew since somebody looked."""
    filled(log)
    before = log.read(stream)
    assert log.forget(stream, LATE) == 0
    assert log.read(stream) == before


def test_the_order_of_what_comes_later_is_kept(log: Log) -> None:
    """A new event never takes the place of one that is gone."""
    filled(log)
    log.forget("incident/1", LATE)
    log.forget("incident/3", LATE)
    rows = log.append([entry("incident/2", T0 + 10 * DAY, base=2)], {})
    assert [row.seq for row in rows] > [row.seq for row in log.read("daemon")]
    assert [row.version for row in log.read("incident/2")] == [1, 2, 3, 4]


def test_forgetting_beside_the_writer_mixes_no_transactions(tmp_path: Path) -> None:
    """Retention deletes on the writer's connection from another thread: both do all that they were asked, each whole."""
    log = SqliteLog(tmp_path / "watcher.db")
    old = range(1, 41)
    log.append([entry(f"incident/{n}", T0, open=False) for n in old], {})
    gone: list[int] = []
    forgetting = threading.Thread(target=lambda: gone.extend(log.forget(f"incident/{n}", LATE) for n in old))
    forgetting.start()
    for n in range(40):
        log.append([entry("incident/99", T0 + DAY, base=2 * n)], {("a", "n"): n})
    forgetting.join()
    assert gone == [2] * 40
    assert len(log.read("incident/99")) == 80
    assert log.remembered("a") == {"n": 39}
    assert log.expired(T0 + 99 * DAY) == []
    log.close()


def test_what_was_spoken_of_again_since_somebody_looked_is_not_forgotten(log: Log) -> None:
    """A receipt that came late, a note: its last event is young again."""
    filled(log)
    assert "incident/1" in log.expired(T0 + DAY)
    log.append([entry("incident/1", T0 + 50 * DAY, base=2, open=False)], {})
    assert log.forget("incident/1", T0 + DAY) == 0
    assert [row.version for row in log.read("incident/1")] == [1, 2, 3, 4]
