"""Logs as older versions wrote them: every later one reads them whole, begins on them, and shows what they hold."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.answering import ask
from tests.theatre import Theatre
from tests.virtual import run
from watcher.keeping.proof import prove
from watcher.log.sqlite import SqliteLog

OLDER = sorted((Path(__file__).parent / "older").glob("*.sql"))


@pytest.fixture(params=OLDER, ids=lambda path: path.stem)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "watcher.db"
    with sqlite3.connect(path) as db:
        db.executescript(request.param.read_text(encoding="utf-8"))
    db.close()
    return path


def test_there_are_logs_of_older_versions() -> None:
    """scripts/golden-log adds one at each release."""
    assert len(OLDER) >= 2


def test_an_older_log_is_whole_to_this_version(older: Path) -> None:
    """Every event is read, every stream folds, and something is in it."""
    contents = prove(older)
    assert contents.incidents >= 1
    assert contents.events > contents.streams


def test_this_version_begins_on_an_older_log_and_writes_behind_it(older: Path) -> None:
    """What was open is open again, and the next turn is an append like any other."""

    async def scene() -> tuple[set[str], int, int]:
        log = SqliteLog(older)
        opened, before = set(log.open_streams()), len(log.read("daemon"))
        theatre = await Theatre(log).start()
        await theatre.pass_(minutes=30)
        live = set(theatre.engine.streams)
        await theatre.crash()
        after = len(log.read("daemon"))
        log.close()
        return opened - live, before, after

    lost, before, after = run(scene())
    assert {stream for stream in lost if stream.startswith("incident/")} == set()
    assert after > before


def test_every_incident_of_an_older_log_is_shown(older: Path) -> None:
    """By hand and without a daemon: its state in today's words, and its timeline."""
    listed = ask("incidents", "--all", "--log", str(older))
    ids = [line.split()[0] for line in listed.output.splitlines()]
    assert ids
    for id_ in ids:
        shown = ask("show", id_, "--log", str(older))
        assert (shown.exit_code, shown.output.startswith(id_)) == (0, True), shown.output
