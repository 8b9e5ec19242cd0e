"""A suspicion is told, reminded, becomes a page, and ends by a person's word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support import ACCEPTED, T0, minutes, sign
from watcher.incident import command as ask
from watcher.incident import suspicion as core
from watcher.incident.event import Event, PageRequested
from watcher.incident.record import Delivery
from watcher.incident.surroundings import Suspected


class Talk:
    """A dialogue with one suspicion."""

    def __init__(self, category: str = "payments") -> None:
        suspected = Suspected(at=T0, sign=sign(category=category), environment="production", service="shop")
        self.now, self.log = T0, core.suspect(3, suspected, T0)
        self.state = core.begin(3, suspected)
        self._keep(self.log[1:])

    def _keep(self, events: list[Event]) -> list[str]:
        for event in events:
            phone = (Delivery(target="ann-phone", contact="ann", wakes=True),)
            stamped = (
                event.model_copy(update={"deliveries": phone}) if isinstance(event, PageRequested) else event
            )
            self.state = core.evolve(self.state, stamped)
            self.last = stamped
            if isinstance(event, PageRequested):
                record = ask.Record(page=self.state.version, target="ann-phone", attempt=1, receipt=ACCEPTED)
                for receipt in core.decide(self.state, record, event.at):
                    self.state = core.evolve(self.state, receipt)
        return [f"{e.kind}" if isinstance(e, PageRequested) else type(e).__name__ for e in events]

    def says(self, command: object) -> list[str]:
        return self._keep(core.decide(self.state, command, self.now))

    def until(self, moment: str) -> list[tuple[str, str]]:
        """What time brings until then: (moment, what)."""
        end, said = T0 + minutes(moment), []
        while (due := core.deadline(self.state)) is not None and due <= end:
            self.now = due
            said += [(clock(due), what) for what in self.says(ask.Tick())]
        self.now = end
        return said


def clock(at: datetime) -> str:
    return str((at - T0) // timedelta(minutes=1))


def test_unanswered_it_is_reminded_and_then_rings() -> None:
    """Told at once, reminded at five minutes, a page at ten, and again every three."""
    talk = Talk()
    assert isinstance(talk.log[1], PageRequested)
    assert (talk.log[1].kind, talk.log[1].to) == ("tell", ("on-call",))
    assert talk.until("17") == [("5", "tell"), ("10", "wake"), ("13", "wake"), ("16", "wake")]
    talk.until("22")
    assert talk.last.to == ("on-call", "backup")


def test_an_answer_ends_it() -> None:
    """And whoever heard of it hears that; a second answer is refused with the reason."""
    talk = Talk()
    talk.until("11")
    assert talk.says(ask.Dismiss(by="ann", text="a test user")) == ["Dismissed", "tell"]
    assert talk.until("60") == []
    with pytest.raises(ask.Refused, match="SUS-3 was already dismissed"):
        talk.says(ask.Confirm(by="bob"))
    assert Talk().says(ask.Confirm(by="ann")) == ["Confirmed", "tell"]


def test_an_acknowledgement_holds_it_for_half_an_hour() -> None:
    """Somebody looks; without an answer it rings again."""
    talk = Talk()
    talk.until("2")
    assert talk.says(ask.Acknowledge(by="ann", via="link")) == ["Acknowledged"]
    assert talk.until("31") == []
    assert talk.until("33") == [("32", "wake")]


def test_security_is_told_to_few() -> None:
    """On-call and CTO, also later."""
    talk = Talk("security")
    talk.until("30")
    assert talk.last.to == ("on-call", "cto")
