"""The promises of a log, kept alike in memory and on disk."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import T0, Dialogue, change, sign
from watcher.incident.catalogue import EVENTS
from watcher.incident.event import Noted, SignalsJoined
from watcher.incident.surroundings import DaemonStarted
from watcher.log import Append, Conflict, Log, LogBroken, LogInUse, LogNewer
from watcher.log.codec import decode, encode
from watcher.log.memory import MemoryLog
from watcher.log.sqlite import SqliteLog
from watcher.log.upcast import UPCASTERS, lift


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    made = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "watcher.db")
    yield made
    made.close()


def note(text: str = "hello") -> Noted:
    return Noted(at=T0, by="ann", text=text)


def entry(*events: Noted, stream: str = "incident/1", at: int = 0, **more: object) -> Append:
    return Append(stream=stream, kind=stream.partition("/")[0], expected_version=at, events=events, **more)


def test_what_was_appended_is_read_in_order(log: Log) -> None:
    """Versions count from 1 within a stream, seq over everything."""
    log.append([entry(note("a"), note("b")), entry(note("c"), stream="incident/2")], {})
    log.append([entry(note("d"), at=2)], {})
    assert [(r.version, r.event.text) for r in log.read("incident/1")] == [(1, "a"), (2, "b"), (3, "d")]
    assert [r.seq for r in log.read("incident/1")] == [1, 2, 4]


def test_a_conflict_leaves_nothing_behind(log: Log) -> None:
    """Everything or nothing: events, milestones and memory."""
    log.append([entry(note())], {})
    with pytest.raises(Conflict):
        log.append([entry(note(), stream="incident/2"), entry(note(), at=0)], {("a", "b"): 1})
    assert log.read("incident/2") == []
    assert log.remembered("a") == {}
    assert log.count("incident") == 1
    log.append([entry(note(), at=1)], {})  # and the log goes on


def test_memory_is_kept_by_owner_and_forgotten_on_none(log: Log) -> None:
    """What a source remembers is committed with what came of it."""
    log.append([], {("sentry:a", "cursor"): {"x": [1]}, ("sentry:b", "cursor"): 2})
    assert log.remembered("sentry:a") == {"cursor": {"x": [1]}}
    log.append([], {("sentry:a", "cursor"): None})
    assert log.remembered("sentry:a") == {}


def test_closed_streams_are_not_read_at_start(log: Log) -> None:
    """Only what is open is folded; milestones stay."""
    log.append([entry(note(), open=False, columns={"category": "outage", "detected_at": T0})], {})
    log.append([entry(note(), stream="incident/2", columns={"category": "security"})], {})
    assert log.open_streams() == ["incident/2"]
    rows = list(log.milestones("incident"))
    assert [r["category"] for r in rows] == ["outage", "security"]
    assert rows[0]["detected_at"] == T0
    assert log.last_at() == T0


def test_numbers_go_on_after_the_highest(log: Log) -> None:
    """A number that was never used leaves a gap, and no other stream gets the one behind it."""
    assert log.highest("incident") == 0
    log.append([entry(note(), stream="incident/2"), entry(note(), stream="incident/11")], {})
    log.append([entry(note(), stream="suspicion/40")], {})
    assert (log.count("incident"), log.highest("incident"), log.highest("suspicion")) == (2, 11, 40)


def test_every_event_survives_the_codec() -> None:
    """What an incident's whole life says comes back from disk as it was."""
    talk = Dialogue(sign(started_at=T0 - timedelta(minutes=3)), changes=(change(),)).accepts().at("60")
    for event in talk.log:
        assert decode(*encode(event)) == event


def test_an_unknown_or_newer_event_is_refused_by_name() -> None:
    """A daemon that is too old for the log says so instead of guessing."""
    with pytest.raises(LogNewer, match="Teleported"):
        decode("Teleported", 1, "{}")
    with pytest.raises(LogNewer, match="Noted events of schema 2"):
        decode("Noted", 2, "{}")
    with pytest.raises(LogBroken, match="Noted"):
        decode("Noted", 1, '{"at": 1')


def test_half_a_character_does_not_stop_the_writer() -> None:
    """A lone surrogate is written as a question mark."""
    event = SignalsJoined(at=T0, signs=(sign(title="a\ud800b", because=("\udfff",)),))
    found = decode(*encode(event))
    assert isinstance(found, SignalsJoined)
    assert (found.signs[0].title, found.signs[0].because) == ("a?b", ("?",))


def test_upcasters_lift_one_step_at_a_time() -> None:
    """An event of schema 1 passes through 1 to 2 and 2 to 3; a step that only added fields needs no function."""
    assert lift("Nothing", 1, 3, {"a": 1}) == {"a": 1}
    assert all(type_ in EVENTS for type_, _ in UPCASTERS)


def test_golden_events_stay_readable() -> None:
    """Bodies as older versions wrote them are read for ever."""
    golden = Path(__file__).with_name("golden.jsonl")
    lines = golden.read_text().splitlines()
    assert {json.loads(line)["type"] for line in lines} == set(EVENTS)
    for line in lines:
        row = json.loads(line)
        event = decode(row["type"], row["schema"], json.dumps(row["body"]))
        assert json.loads(event.model_dump_json(exclude_defaults=True)) == row["body"]


def test_two_daemons_on_one_log_are_refused(tmp_path: Path) -> None:
    """The second is told who holds it; the lease ends with its holder."""
    first = SqliteLog(tmp_path / "watcher.db")
    with pytest.raises(LogInUse, match=f"process {os.getpid()}"):
        SqliteLog(tmp_path / "watcher.db")
    first.close()
    SqliteLog(tmp_path / "watcher.db").close()


def test_a_killed_holder_lets_go_of_the_lease(tmp_path: Path) -> None:
    """SIGKILL leaves no lock behind and no half an append."""
    path = tmp_path / "watcher.db"
    code = (
        "import sys; from pathlib import Path; from watcher.log.sqlite import SqliteLog\n"
        "from tests.log.test_logs import entry, note\n"
        "log = SqliteLog(Path(sys.argv[1])); log.append([entry(note())], {}); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        holder.send_signal(signal.SIGKILL)
    log = SqliteLog(path)
    assert len(log.read("incident/1")) == 1
    log.close()


def test_a_reader_needs_no_lease_and_cannot_write(tmp_path: Path) -> None:
    """Pages, lists and `--log PATH` read beside the writer."""
    writer = SqliteLog(tmp_path / "watcher.db")
    writer.append([entry(note())], {})
    reader = SqliteLog(tmp_path / "watcher.db", lease=False)
    assert len(reader.read("incident/1")) == 1
    with pytest.raises(LogBroken, match="cannot be written"):
        reader.append([entry(note(), at=1)], {})
    reader.close()
    writer.close()


def test_the_log_is_for_its_user_alone(tmp_path: Path) -> None:
    """It holds the key that signs links: whatever the umask, nobody else reads it, its journal or its memory."""
    former = os.umask(0)
    try:
        log = SqliteLog(tmp_path / "watcher.db")
        log.append([entry(note())], {("links", "key"): "k"})
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir() if ".db" in file.name}
        log.close()
    finally:
        os.umask(former)
    assert {"watcher.db", "watcher.db-wal", "watcher.db-shm"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode & 0o077 and not name.endswith("lock")} == {}


@pytest.mark.parametrize("name", ["a?mode=memory&x=", "b#c.db", "d%41.db", "e f.db", "ü'\".db"])
def test_a_path_is_a_path_whatever_stands_in_it(tmp_path: Path, name: str) -> None:
    """What means something in an address means nothing in a path: the log is on the disk, under its name."""
    log = SqliteLog(tmp_path / name)
    log.append([entry(note())], {("links", "key"): "k"})
    log.close()
    assert (tmp_path / name).stat().st_size > 0
    again = SqliteLog(tmp_path / name, lease=False)
    assert again.remembered("links") == {"key": "k"}
    assert len(again.read("incident/1")) == 1
    again.close()


def test_a_log_of_a_newer_daemon_is_refused_at_start(tmp_path: Path) -> None:
    """By its format and by its events, with the reason, and the lease is given back."""
    path = tmp_path / "watcher.db"
    SqliteLog(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO events VALUES (1, 'incident/1', 1, 'Teleported', 1, '2026', 'real', '{}')")
    db.close()
    for _ in range(2):
        with pytest.raises(LogNewer, match="Teleported"):
            SqliteLog(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LogNewer, match="format 99"):
        SqliteLog(path)


def test_a_newer_log_names_the_version_that_wrote_it(tmp_path: Path) -> None:
    """Whoever went back a version reads which one to install again."""
    path = tmp_path / "watcher.db"
    log = SqliteLog(path)
    started = (DaemonStarted(at=T0, version="7.3.0"),)
    log.append([Append(stream="daemon", kind="daemon", expected_version=0, events=started)], {})
    log.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LogNewer, match=r"last written by watcher 7\.3\.0, .*install 7\.3\.0 again"):
        SqliteLog(path)


@pytest.mark.parametrize("kind", ["garbage", "folder"])
def test_what_is_no_log_is_said_so(tmp_path: Path, kind: str) -> None:
    """A path that holds something else names it and the mend."""
    path = tmp_path / "watcher.db"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LogBroken, match=r"cannot be opened.*is it a log"):
        SqliteLog(path)


def test_a_full_disk_is_an_error_with_the_reason(tmp_path: Path) -> None:
    """What cannot be written is not half written, and is said."""
    log = SqliteLog(tmp_path / "watcher.db")
    log._db.execute("PRAGMA max_page_count = 12")
    big = DaemonStarted(at=T0, version="x" * 1_000_000)
    with pytest.raises(LogBroken, match="cannot be written: database or disk is full"):
        log.append([Append(stream="daemon", kind="daemon", expected_version=0, events=(big,))], {})
    assert log.read("daemon") == []
    log.close()


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root steps down for a while; anybody else is one already."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(61234, 61234, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_log_of_another_user_is_told_from_a_bad_disk(closed: str) -> None:
    """A backup that root copied back: the words name the mend, or ask whether this user may write there."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "watcher.db"
        SqliteLog(path).close()
        path.chmod(0o400)
        Path(folder, "watcher.db.lease").chmod(0o666)
        Path(folder).chmod(0o777 if closed == "file" else 0o600)
        words = "belongs to another user: chown" if closed == "file" else "may this user write there"
        with an_ordinary_user(), pytest.raises(LogBroken, match=words):
            SqliteLog(path)
        Path(folder).chmod(0o700)
