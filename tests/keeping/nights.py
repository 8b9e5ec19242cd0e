"""A log with a past: an incident that is over, one that is open, a suspicion's worth of streams, and a forgotten one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.support import T0, Dialogue, sign
from watcher.incident import command as ask
from watcher.incident.milestones import columns
from watcher.incident.surroundings import DaemonStarted
from watcher.log import Append
from watcher.log.sqlite import SqliteLog


def whole(talk: Dialogue, stream: str, *, open_: bool) -> Append:
    """A dialogue as one append, with its milestones."""
    events = tuple(talk.log)
    return Append(
        stream=stream,
        kind="incident",
        expected_version=0,
        events=events,
        open=open_,
        columns=columns(talk.state, {}, events),
    )


def ended() -> Dialogue:
    """Opened, paged, taken, and called over by a person."""
    talk = Dialogue(sign()).accepts().at("4").hears(ask.Acknowledge(by="ann", via="link"))
    return talk.at("20").hears(ask.Resolve(by="ann"))


def fill(log: SqliteLog, *, closed: int = 2) -> None:
    """`closed` incidents that are over, of which the first is forgotten; one that is open; the daemon's own stream."""
    started = (DaemonStarted(at=T0, version="0.1.0"),)
    log.append([Append(stream="daemon", kind="daemon", expected_version=0, events=started)], {})
    for number in range(1, closed + 1):
        log.append([whole(ended(), f"incident/{number}", open_=False)], {})
    log.append([whole(Dialogue(sign()), f"incident/{closed + 1}", open_=True)], {("links", "key"): "k" * 64})
    log.forget("incident/1", datetime.max.replace(tzinfo=UTC))


def filled(path: Path, *, closed: int = 2) -> Path:
    """The same on disk, at rest."""
    log = SqliteLog(path)
    fill(log, closed=closed)
    log.close()
    return path
