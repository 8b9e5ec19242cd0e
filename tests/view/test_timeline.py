"""The timeline: every kind of fact has words, and they are safe to show."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support import T0, sign
from watcher.incident import event as fact
from watcher.incident.catalogue import EVENTS
from watcher.incident.event import PageAccepted, PageFailed, PageRequested
from watcher.incident.record import Delivery
from watcher.incident.surroundings import SourceBlinded, Suspected
from watcher.log import Row
from watcher.view import timeline

PAGE = PageRequested(
    at=T0,
    kind="wake",
    purpose="rung",
    to=("on-call",),
    title="INC-7 shop: P0 outage",
    lines=(),
    deliveries=(
        Delivery(target="ann-phone", contact="ann", wakes=True, fallback="ann-mail"),
        Delivery(target="chat"),
    ),
)


def told(*events: fact.Event) -> list[str]:
    rows = [Row(seq=n, stream="incident/7", version=n, event=e) for n, e in enumerate(events, 1)]
    return [str(line) for line in timeline.lines(rows)]


@pytest.mark.parametrize("name", EVENTS)
def test_every_kind_of_fact_has_words(name: str) -> None:
    """A kind that is added to the catalogue is added here as well."""
    assert EVENTS[name] in timeline._WORDS


def test_deliveries_are_told_with_their_person() -> None:
    """Who was paged on what, a fallback's included, and what became of it."""
    lost = PageFailed(
        at=T0,
        page=1,
        target="chat",
        attempt=1,
        reason="timeout",
        unknown=True,
        retry_at=T0 + timedelta(seconds=2),
    )
    assert told(
        PAGE,
        PageAccepted(at=T0, page=1, target="ann-phone", attempt=1),
        PageAccepted(at=T0, page=1, target="ann-mail", attempt=2),
        PageFailed(at=T0, page=1, target="chat", attempt=1, reason="auth", detail="401"),
        lost,
        fact.PageAbandoned(at=T0, page=1, target=None, reason="no_such_target"),
    ) == [
        "03:00:00 UTC  paging ann on ann-phone, chat: INC-7 shop: P0 outage",
        "03:00:00 UTC  paged ann on ann-phone (accepted)",
        "03:00:00 UTC  paged ann on ann-mail (accepted, attempt 2)",
        "03:00:00 UTC  could not reach chat (auth: 401), given up",
        "03:00:00 UTC  no answer from chat (timeout), again at 03:00:02",
        "03:00:00 UTC  the page reached nobody (no_such_target)",
    ]


def test_people_and_deploys_are_told_plainly() -> None:
    """One line a fact, whatever was written into it."""
    deploy = fact.ChangeSeen(
        at=T0,
        version="2.41.1",
        previous="2.41.0",
        system="web",
        deployed_at=T0 - timedelta(minutes=9),
        told_by="ci",
    )
    assert told(
        deploy,
        fact.Acknowledged(at=T0, by="ann", via="link", until=T0 + timedelta(minutes=30)),
        fact.Noted(at=T0, by="ann", text="two\nlines"),
        fact.Resolved(at=T0, by="ann"),
        fact.MarkedFalse(at=T0, by="bob", text="a test"),
    ) == [
        "03:00:00 UTC  deploy of web: 2.41.1 after 2.41.0 at 02:51 UTC (told by ci)",
        "03:00:00 UTC  ann acknowledged by link, until 03:30 UTC",
        "03:00:00 UTC  ann notes: two lines",
        "03:00:00 UTC  resolved by ann",
        "03:00:00 UTC  marked as a false alarm by bob: a test",
    ]


def test_foreign_text_cannot_steer_a_terminal_or_hide() -> None:
    """Escape sequences, line ends and reversed text in titles are gone; the length is bounded."""
    hostile = "\x1b[2Jgone\u202e\r\nfake 03:00:00 UTC  resolved by ann" + "x" * 5000
    for event in (
        Suspected(at=T0, sign=sign(title=hostile), environment="production"),
        fact.Noted(at=T0, by="ann", text=hostile),
        SourceBlinded(at=T0, reason="not_json", detail=hostile),
    ):
        (line,) = told(event)
        assert "\x1b" not in line
        assert "\n" not in line
        assert "\u202e" not in line
        assert len(line) < 600


def test_a_list_of_many_signals_is_a_count() -> None:
    """Five are named, the rest is counted."""
    (line,) = told(
        fact.SignalsJoined(at=T0, signs=tuple(sign(key=str(n), title=f"fault {n}") for n in range(9)))
    )
    assert line.endswith("failing: fault 0, fault 1, fault 2, fault 3, fault 4 and 4 more")
