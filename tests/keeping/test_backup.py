"""A backup is whole or it is none; the writer never waits for it; the former ones stay until it is proven."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import statistics
import threading
import time
from pathlib import Path

import pytest

from tests.cli.answering import ask
from tests.keeping.nights import fill, filled
from tests.network.test_small_disk import small_disk
from tests.support import T0
from watcher.incident.event import Noted
from watcher.keeping.backup import BackupFailed, back_up
from watcher.keeping.proof import prove
from watcher.log import Append, LogBroken, LogNewer
from watcher.log.sqlite import SqliteLog


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_made_while_the_daemon_writes_is_one_moment_of_the_log_and_keeps_it_waiting_for_nothing(
    tmp_path: Path,
) -> None:
    """Appends go on through the copy, none fails, and what is copied folds; it can be opened as the log itself."""
    log = SqliteLog(tmp_path / "watcher.db")
    fill(log, closed=200)
    took: list[float] = []
    writing, stop = threading.Event(), threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            note = Noted(at=T0, by="ann", text=str(n))
            began = time.monotonic()
            log.append([Append(stream="silences", kind="silences", expected_version=n, events=(note,))], {})
            took.append(time.monotonic() - began)
            n += 1
            writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(10)
    try:
        made = back_up(tmp_path / "watcher.db", tmp_path / "backups" / "watcher.db", keep=3)
    finally:
        stop.set()
        writer.join()
    log.close()
    assert made.contents.incidents == 201
    assert made.contents.forgotten == 1
    assert len(took) > 20
    assert statistics.quantiles(took, n=100)[98] < 1
    copy = SqliteLog(made.path)
    assert 0 < len(copy.read("silences")) <= len(took)
    assert copy.remembered("links") == {"key": "k" * 64}
    copy.close()


def test_older_backups_are_kept_by_number_and_the_oldest_falls_off(tmp_path: Path) -> None:
    """The newest has the name; three of four stay; each is whole, one file, and for its user alone."""
    log, to = tmp_path / "watcher.db", tmp_path / "backups" / "watcher.db"
    for closed in (1, 2, 3, 4):
        log.unlink(missing_ok=True)
        filled(log, closed=closed)
        back_up(log, to, keep=3)
    assert names(to.parent) == ["watcher.db", "watcher.db.1", "watcher.db.2"]
    assert [prove(to.parent / name).incidents for name in names(to.parent)] == [5, 4, 3]
    assert {(to.parent / name).stat().st_mode & 0o777 for name in names(to.parent)} == {0o600}
    back_up(log, tmp_path / "alone.db", keep=1)
    back_up(log, tmp_path / "alone.db", keep=1)
    assert not (tmp_path / "alone.db.1").exists()


def test_two_backups_into_one_folder_do_not_meet(tmp_path: Path) -> None:
    """The second is refused while the first works, whatever its name; the first is not disturbed."""
    log, folder = filled(tmp_path / "watcher.db"), tmp_path / "backups"
    folder.mkdir()
    place = os.open(folder, os.O_RDONLY)
    fcntl.flock(place, fcntl.LOCK_EX)
    (folder / "watcher.db.partial").write_text("half of the first")
    answer = ask("backup", "--log", str(log), "--to", str(folder / "watcher.db"))
    assert (answer.exit_code, "another backup" in answer.stderr) == (3, True), answer.stderr
    assert (folder / "watcher.db.partial").read_text() == "half of the first"
    os.close(place)
    assert ask("backup", "--log", str(log), "--to", str(folder / "watcher.db")).exit_code == 0
    assert names(folder) == ["watcher.db"]  # also what a killed one had left


def broken(path: Path, sql: str) -> Path:
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()
    return path


BROKEN = {
    "lacks events: it has": "DELETE FROM events WHERE stream = 'incident/2' AND version = 2",
    "incident/3 lacks events: it has 0 of": "DELETE FROM events WHERE stream = 'incident/3'",
    "cannot be read": "UPDATE events SET body = '{\"at\": 1}' WHERE stream = 'incident/2' AND version = 2",
    "belong to no stream": "DELETE FROM streams WHERE name = 'incident/2'",
    "does not know": "UPDATE streams SET kind = 'x', name = 'x/1' WHERE name = 'incident/1'",
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_copy_that_does_not_fold_never_takes_a_good_ones_place(tmp_path: Path, reason: str) -> None:
    """Exit 1 with what is wrong; yesterday's backup has the name still, and nothing else lies about."""
    log = filled(tmp_path / "watcher.db")
    to = tmp_path / "backups" / "watcher.db"
    assert ask("backup", "--log", str(log), "--to", str(to)).exit_code == 0
    before = to.read_bytes()
    broken(log, BROKEN[reason])
    answer = ask("backup", "--log", str(log), "--to", str(to))
    assert answer.exit_code == 1, answer.output
    assert reason in answer.stderr
    assert (names(to.parent), to.read_bytes()) == (["watcher.db"], before)


def test_a_file_that_is_damaged_is_found_by_sqlite_s_own_check(tmp_path: Path) -> None:
    """A disk that forgot a page: `backup --check` of the same file, before and after."""
    log = filled(tmp_path / "watcher.db", closed=20)
    to = tmp_path / "copy.db"
    back_up(log, to, keep=1)
    whole = ask("backup", "--check", str(to))
    assert (whole.exit_code, "is whole: 21 incidents" in whole.output) == (0, True), whole.output
    page = to.stat().st_size // 2 // 4096 * 4096
    with to.open("r+b") as file:
        file.seek(page)
        file.write(b"\xff" * 4096)
    answer = ask("backup", "--check", str(to))
    assert answer.exit_code == 1, answer.output
    assert "not whole" in answer.stderr


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000])
def test_what_is_no_log_is_no_backup(tmp_path: Path, content: bytes) -> None:
    """Neither an empty file nor anything else: exit 1 or 3, in words, and no file is left."""
    (tmp_path / "watcher.db").write_bytes(content)
    answer = ask("backup", "--log", str(tmp_path / "watcher.db"), "--to", str(tmp_path / "out" / "copy.db"))
    assert answer.exit_code in (1, 3)
    assert "Traceback" not in answer.output + answer.stderr
    assert names(tmp_path / "out") == []


def test_the_backup_of_a_newer_log_is_refused_by_name(tmp_path: Path) -> None:
    """This version cannot prove it."""
    log = broken(filled(tmp_path / "watcher.db"), "PRAGMA user_version = 9")
    with pytest.raises(LogNewer, match=r"written by watcher 0\.1\.0"):
        back_up(log, tmp_path / "copy.db", keep=1)


def test_a_log_is_never_copied_onto_itself(tmp_path: Path) -> None:
    """Not even by another way to the same file."""
    log = filled(tmp_path / "watcher.db")
    (tmp_path / "same.db").symlink_to(log)
    before = log.read_bytes()
    with pytest.raises(BackupFailed, match="is the log itself"):
        back_up(log, tmp_path / "same.db", keep=1)
    assert log.read_bytes() == before


def test_a_full_disk_leaves_the_former_backup_as_it_was(tmp_path: Path) -> None:
    """Exit 3, the reason, no half a file."""
    log = filled(tmp_path / "watcher.db", closed=400)
    assert log.stat().st_size > 2_500_000
    with small_disk(tmp_path / "disk") as disk:
        back_up(filled(tmp_path / "small.db"), disk / "watcher.db", keep=2)
        before = (disk / "watcher.db").read_bytes()
        answer = ask("backup", "--log", str(log), "--to", str(disk / "watcher.db"))
        assert answer.exit_code == 3, answer.output
        assert "full" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert names(disk) == ["watcher.db"]
        assert (disk / "watcher.db").read_bytes() == before


@pytest.mark.skipif(os.getuid() != 0, reason="only root can read a log of another user")
def test_root_leaves_nothing_in_the_log_s_folder_that_its_user_cannot_write(tmp_path: Path) -> None:
    """A dead daemon's log, copied by root: afterwards every file there is still the daemon's own."""
    folder = tmp_path / "state"
    folder.mkdir()
    log = filled(folder / "watcher.db")
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, 61234, 61234)
    back_up(log, tmp_path / "copy.db", keep=1)
    assert {path.name: path.stat().st_uid for path in folder.iterdir() if path.stat().st_uid != 61234} == {}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make something for another user")
def test_a_first_backup_by_root_is_in_the_hands_of_the_daemon_afterwards(tmp_path: Path) -> None:
    """The folder and the copy are its own, also a folder that root had made before: the timer's night can go on."""
    folder = tmp_path / "state"
    folder.mkdir()
    log = filled(folder / "watcher.db")
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, 61234, 61234)
    (folder / "backups").mkdir(mode=0o700)
    assert ask("backup", "--log", str(log)).exit_code == 0
    assert ask("export", "--log", str(log), "--to", str(folder / "backups" / "all.jsonl")).exit_code == 0
    made = [folder / "backups", *(folder / "backups").iterdir()]
    assert {(path.name, path.stat().st_uid) for path in made} == {
        (name, 61234) for name in ("backups", "watcher.db", "all.jsonl")
    }


def test_a_folder_elsewhere_is_never_made(tmp_path: Path) -> None:
    """Where its disk is not mounted the copy would lie on the one that it should survive."""
    (tmp_path / "state").mkdir()
    log = filled(tmp_path / "state" / "watcher.db")
    for command in ("backup", "export"):
        answer = ask(command, "--log", str(log), "--to", str(tmp_path / "disk" / "backups" / "copy"))
        assert (answer.exit_code, "does not exist; mount its disk" in answer.stderr) == (3, True), (
            answer.stderr
        )
    assert names(tmp_path) == ["state"]


def test_without_a_place_it_lies_beside_the_log(tmp_path: Path) -> None:
    """Found by the configuration, in a folder of its own; the second makes the first number one."""
    filled(tmp_path / "watcher.db")
    (tmp_path / "watcher.yaml").write_text("log: {path: watcher.db}\n")
    for _ in range(2):
        answer = ask("backup", "-c", str(tmp_path / "watcher.yaml"))
        assert answer.exit_code == 0, answer.output
    assert names(tmp_path / "backups") == ["watcher.db", "watcher.db.1"]
    assert "3 incidents" in answer.output
    with pytest.raises(LogBroken):
        prove(Path(__file__))


def test_a_run_that_was_ended_while_it_made_room_loses_no_night(tmp_path: Path) -> None:
    """The newest had both names when it ended; the next run does not push an older one out for it."""
    log, to = filled(tmp_path / "watcher.db"), tmp_path / "backups" / "watcher.db"
    for _ in range(3):
        back_up(log, to, keep=3)
    nights = [path.stat().st_ino for path in (to, Path(f"{to}.1"), Path(f"{to}.2"))]
    Path(f"{to}.1").replace(f"{to}.2")  # as a kill leaves it, one moment before the copy takes its name
    os.link(to, f"{to}.1")
    back_up(log, to, keep=3)
    assert [Path(f"{to}.{n}").stat().st_ino for n in (1, 2)] == nights[:2]


def test_a_disk_without_second_names_keeps_its_nights_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT, and some shares."""

    def link(_from: object, _to: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    log, to = filled(tmp_path / "watcher.db"), tmp_path / "backups" / "watcher.db"
    for _ in range(4):
        back_up(log, to, keep=3)
    assert names(to.parent) == ["watcher.db", "watcher.db.1", "watcher.db.2"]
    assert len({prove(path).events for path in to.parent.iterdir()}) == 1


def test_a_copy_beside_the_log_leaves_the_daemon_its_room(tmp_path: Path) -> None:
    """On the log's own disk a reserve stays; the reason names both sizes and the mend, and nothing is written."""
    with small_disk(tmp_path / "disk") as disk:
        log = filled(disk / "watcher.db")
        with pytest.raises(BackupFailed, match="too little room on its own disk"):
            back_up(log, disk / "backups" / "watcher.db", keep=2)
        assert names(disk / "backups") == []
        back_up(log, tmp_path / "elsewhere.db", keep=2)
