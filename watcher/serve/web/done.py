"""What a page says once, after an act: what it has come to, as exactly as the timeline knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from watcher.incident.checklist import BY_NAME
from watcher.incident.event import Event, PageRequested
from watcher.incident.findings import Decided
from watcher.incident.responding import Ticked
from watcher.serve.asking import File

E = TypeVar("E", bound=Event)

DONE: Mapping[str, str] = {
    "ack": "You have it. The paging of others stops; it begins again when nothing happens.",
    "look": "You are looking; that takes nothing.",
    "take": "You have it now. Whoever had it before is told.",
    "escalate": "The next in the ladder is being paged.",
    "state": "Recorded. The recommendation is weighed anew.",
    "decide": "Recorded.",
    "judge-advice": "Recorded.",
    "resolve": "It is closed. Whoever was paged is told.",
    "false-alarm": "It is closed as a false alarm. Whoever was paged is told.",
    "note": "Noted.",
    "tick": "Ticked.",
    "update": "It is on its way to the stakeholders.",
    "deployed": "Recorded. Now it is watched whether it holds.",
    "release": "Released: it may be spoken of.",
    "confirm": "It is a P0. From here on it pages like any incident.",
    "joined": "It is a P0, and part of this incident, which was open already.",
    "not-p0": "It is no P0. Those who heard of it are told.",
    "again": "That was sent twice, and was done once.",
    "name": "Remembered.",
}
"""By the act; what is not here says nothing."""


def done(act: str, found: File) -> str:
    """The words for an act that was just carried out on this stream; nothing of its own stands in the address or the cookie."""
    exact = EXACT.get(act)
    return (exact(found) if exact is not None else "") or DONE.get(act, "")


def _newest(found: File, kind: type[E]) -> E | None:
    return next((row.event for row in reversed(found.rows) if isinstance(row.event, kind)), None)


def _decided(found: File) -> str:
    made = _newest(found, Decided)
    return f"Decided: {made.choice}." if made is not None else ""


def _ticked(found: File) -> str:
    made = _newest(found, Ticked)
    item = BY_NAME.get(made.item) if made is not None else None
    return f"Ticked: {item.text}." if item is not None else ""


def _called(found: File) -> str:
    """The people whom the newest rung pages."""
    rungs = (row.event for row in reversed(found.rows) if isinstance(row.event, PageRequested))
    page = next((event for event in rungs if event.purpose == "rung"), None)
    if page is None:
        return ""
    people = tuple(dict.fromkeys(one.contact for one in page.deliveries if one.contact)) or page.to
    return f"{' and '.join(people)} {'is' if len(people) == 1 else 'are'} being paged."


EXACT: Mapping[str, Callable[[File], str]] = {"decide": _decided, "tick": _ticked, "escalate": _called}
