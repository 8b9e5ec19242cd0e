"""An export is the log in lines that any program reads: everything, in order, while the daemon runs or is dead."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.answering import ask
from tests.keeping.nights import fill, filled
from tests.support import T0
from watcher.incident.event import Noted
from watcher.keeping import export
from watcher.log import Append
from watcher.log.sqlite import SqliteLog


def lines(*arguments: str) -> list[dict[str, Any]]:
    answer = ask("export", *arguments)
    assert answer.exit_code == 0, answer.output + answer.stderr
    return [json.loads(line) for line in answer.output.splitlines()]


def test_every_event_is_a_line_in_order_with_its_body_as_it_was_written(tmp_path: Path) -> None:
    """Also while a writer holds the log; drills are marked, and the key that signs links is no event."""
    log = SqliteLog(tmp_path / "watcher.db")
    fill(log)
    note = Noted(at=T0 + timedelta(days=3), by="ann", text="\x1b[31mred\u202e")
    log.append(
        [Append(stream="incident/9", kind="incident", expected_version=0, events=(note,), drill=True)], {}
    )
    found = lines("--log", str(tmp_path / "watcher.db"))
    assert [line["seq"] for line in found] == sorted(line["seq"] for line in found)
    assert len(found) == sum(
        len(log.read(name)) for name in ("daemon", "incident/2", "incident/3", "incident/9")
    )
    last = found[-1]
    assert (last["id"], last["event"], last["version"], last["drill"]) == ("INC-9", "Noted", 1, True)
    assert last["body"]["text"] == note.text
    raw = ask("export", "--log", str(tmp_path / "watcher.db")).output
    assert "k" * 64 not in raw
    assert raw.isascii()
    assert "\x1b" not in raw
    log.close()


def test_more_events_than_one_reading_takes_come_once_each(tmp_path: Path) -> None:
    """The pieces join without a gap or a repeat."""
    log = SqliteLog(tmp_path / "watcher.db")
    notes = tuple(Noted(at=T0, by="ann", text=str(n)) for n in range(2 * export.PIECE + 1))
    log.append([Append(stream="incident/1", kind="incident", expected_version=0, events=notes)], {})
    log.close()
    texts = [event["body"]["text"] for event in export.events(tmp_path / "watcher.db", None)]
    assert texts == [str(n) for n in range(2 * export.PIECE + 1)]


def test_since_is_a_day_a_moment_or_a_while_ago(tmp_path: Path) -> None:
    """What happened before is left out; a word that means no time is refused before anything is printed."""
    log = str(filled(tmp_path / "watcher.db"))
    later = T0 + timedelta(minutes=4)
    every, some = lines("--log", log), lines("--log", log, "--since", later.isoformat())
    assert 0 < len(some) < len(every)
    assert some == [line for line in every if line["at"] >= later.isoformat()]
    assert lines("--log", log, "--since", "2101-01-01") == []
    assert lines("--log", log, "--since", "99999d") == every
    refused = ask("export", "--log", log, "--since", "yesterday")
    assert (refused.exit_code, refused.output) == (2, refused.stderr)


def test_an_incident_is_a_line_with_its_response_times_also_when_its_events_are_gone(tmp_path: Path) -> None:
    """The seconds are those of the metrics; what is open has none."""
    found = lines("--log", str(filled(tmp_path / "watcher.db")), "--incidents")
    assert [(line["id"], line["open"], line["outcome"]) for line in found] == [
        ("INC-1", False, "resolved"),
        ("INC-2", False, "resolved"),
        ("INC-3", True, None),
    ]
    assert found[0]["seconds"] == found[1]["seconds"]
    assert found[0]["seconds"]["acknowledge"] == 240
    assert found[0]["seconds"]["resolve"] == 1200
    assert found[2]["seconds"] == {}
    assert {line["detected_at"] for line in found} == {T0.isoformat()}


@pytest.mark.parametrize("more", [(), ("--incidents",)])
def test_a_log_that_cannot_be_read_is_said(tmp_path: Path, more: tuple[str, ...]) -> None:
    """Exit 3, in words."""
    (tmp_path / "watcher.db").write_bytes(b"no database" * 500)
    answer = ask("export", "--log", str(tmp_path / "watcher.db"), *more)
    assert answer.exit_code == 3
    assert "cannot be read" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_file_takes_its_name_once_it_is_whole(tmp_path: Path) -> None:
    """The same lines as on the screen, how many is said, for its user alone; a later one that breaks leaves it as it was."""
    log, to = filled(tmp_path / "watcher.db"), tmp_path / "out.jsonl"
    said = ask("export", "--log", str(log), "--incidents", "--to", str(to))
    assert (said.exit_code, said.output) == (0, f"{to}: 3 lines\n"), said.stderr
    assert [json.loads(line) for line in to.read_text().splitlines()] == lines(
        "--log", str(log), "--incidents"
    )
    assert to.stat().st_mode & 0o777 == 0o600
    before = to.read_bytes()
    with sqlite3.connect(log) as db:
        db.execute("UPDATE events SET body = 'no json' WHERE seq = (SELECT max(seq) FROM events)")
    db.close()
    assert ask("export", "--log", str(log), "--to", str(to)).exit_code == 3
    assert to.read_bytes() == before
    assert not (tmp_path / "out.jsonl.partial").exists()
    assert "is the log itself" in ask("export", "--log", str(log), "--to", str(log)).stderr
