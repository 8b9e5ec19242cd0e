"""The daemon's own stream: canaries, test pages, complaints, drills, each by the clock and over restarts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notifiers.page import Receipt
from tests.support import ACCEPTED, T0
from watcher.incident import command as ask
from watcher.incident import life
from watcher.incident.event import Event, PageAbandoned, PageRequested
from watcher.incident.record import Delivery
from watcher.incident.surroundings import DaemonStarted
from watcher.incident.tending import (
    AnswerProof,
    FailAudit,
    NoteDrill,
    NoteWeakness,
    PassAudit,
    PlanCare,
    ProvePage,
)

DAY = timedelta(days=1)
REFUSED = Receipt(outcome="refused", reason="auth")
PLAN = PlanCare(service="shop", canary="chat", in_turn=("ann-phone", "bob-phone"), every=DAY)


class Life:
    """Commands in, facts out, time as an argument; pages go to the target that they name, or to ann's phone."""

    def __init__(self) -> None:
        self.now = T0
        self.log: list[Event] = []
        self.state = life.Daemon()
        self._keep([DaemonStarted(at=T0, version="1")])

    def hears(self, command: object) -> list[Event]:
        said = self._keep(life.decide(self.state, command, self.now))
        due = life.deadline(self.state)
        return said + (self.ticks() if due is not None and due <= self.now else [])

    def ticks(self) -> list[Event]:
        return self._keep(life.decide(self.state, ask.Tick(), self.now))

    def after(self, **span: float) -> list[Event]:
        """Let time pass as the engine does: at each deadline, and every half minute while something is overdue."""
        until, said = self.now + timedelta(**span), []
        while (due := life.deadline(self.state)) is not None:
            at = due if due > self.now else self.now + timedelta(seconds=30)
            if at > until:
                break
            self.now = at
            said += self.ticks()
        self.now = until
        return said

    def answers(self, receipt: Receipt = ACCEPTED, *targets: str) -> list[Event]:
        """What the targets of the newest page say."""
        page = max(self.state.outbox.pages)
        attempts = self.state.outbox.pages[page].attempts
        return [
            event
            for target in targets or tuple(attempts)
            for event in self.hears(
                ask.Record(page=page, target=target, attempt=attempts[target].tries + 1, receipt=receipt)
            )
        ]

    @property
    def pages(self) -> list[PageRequested]:
        return [event for event in self.log if isinstance(event, PageRequested)]

    def again(self) -> life.Daemon:
        """The state as a restart reads it."""
        state = life.Daemon()
        for event in self.log:
            state = life.evolve(state, event)
        return state

    def _keep(self, events: list[Event]) -> list[Event]:
        kept = [_addressed(event) for event in events]
        for event in kept:
            self.log.append(event)
            self.state = life.evolve(self.state, event)
        return kept


def _addressed(event: Event) -> Event:
    if not isinstance(event, PageRequested):
        return event
    names = [who.removeprefix("@") if who.startswith("@") else "ann-phone" for who in event.to]
    found = tuple(Delivery(target=n, fallback="chat-2" if n == "ann-phone" else None) for n in names)
    return event.model_copy(update={"deliveries": found})


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_the_first_canary_goes_out_at_once_and_the_next_after_its_time() -> None:
    """Whoever configures a canary sees one; from then on one a day, to the quiet target and one that wakes, in turn."""
    one = Life()
    assert kinds(one.hears(PLAN)) == ["CarePlanned", "PageRequested"]
    one.answers()
    assert one.after(hours=23.9) == []
    one.after(hours=0.2)
    one.answers()
    one.after(days=1)
    assert [(p.kind, p.purpose, p.to) for p in one.pages] == [
        ("tell", "canary", ("@chat", "@ann-phone")),
        ("tell", "canary", ("@chat", "@bob-phone")),
        ("tell", "canary", ("@chat", "@ann-phone")),
    ]


def test_the_canary_keeps_its_hour_over_a_restart() -> None:
    """The schedule is in the log: a restart sends none, and forgets none."""
    one = Life()
    one.hears(PLAN)
    one.answers()
    one.after(hours=12)
    one.hears(DaemonStarted(at=one.now, version="2", down_since=one.now))
    assert one.hears(PLAN) == []
    assert one.again() == one.state
    assert life.deadline(one.again()) == T0 + DAY


def test_a_canary_that_failed_is_tried_again_within_the_hour_at_the_same_target() -> None:
    """A mended target is known soon; the one that failed has not had its turn."""
    one = Life()
    one.hears(PLAN)
    one.answers(ACCEPTED, "chat")
    one.answers(REFUSED, "ann-phone")
    assert one.state.canary_at is None
    one.after(hours=1)
    assert one.pages[-1].to == ("@chat", "@ann-phone")
    one.answers()
    assert one.state.canary_at == one.now


def test_a_canary_that_is_still_tried_is_given_up_for_the_next() -> None:
    """Never two of them in one lane."""
    one = Life()
    one.hears(PLAN)
    one.answers(ACCEPTED, "chat")
    one.answers(Receipt(outcome="refused", reason="unreachable"), "ann-phone")
    given_up = [e.target for e in one.after(days=1, minutes=1) if isinstance(e, PageAbandoned)]
    assert given_up == ["ann-phone", "chat-2"]
    assert [v for v, owed in one.state.outbox.pages.items() if owed.attempts["chat"].accepted] == [3]


def test_no_canary_without_a_plan_and_none_after_it_is_taken_back() -> None:
    """What the configuration no longer names is not sent."""
    one = Life()
    one.hears(PlanCare(service="shop"))
    assert one.after(days=30) == []
    one.hears(PLAN)
    one.answers()
    one.hears(PlanCare(service="shop"))
    assert one.after(days=30) == []


def test_a_test_page_is_a_page_that_wakes_and_a_person_answers_it() -> None:
    """The first answer counts; once it is answered nothing more is sent."""
    one = Life()
    assert kinds(one.hears(ProvePage(to="ann", by="bob"))) == ["PageRequested"]
    page = max(one.state.outbox.pages)
    assert (one.pages[-1].kind, one.pages[-1].to) == ("wake", ("ann",))
    with pytest.raises(ask.Refused, match="still under way"):
        one.hears(ProvePage(to="ann", by="bob"))
    assert kinds(one.hears(AnswerProof(page=page, by="ann", via="link"))) == ["PageProven"]
    assert one.hears(AnswerProof(page=page, by="bob", via="api")) == []
    assert one.state.proven[page].by == "ann"
    assert one.state.outbox.pages[page].withdrawn
    assert one.after(hours=1) == []


def test_a_test_page_that_nobody_takes_is_given_up_with_those_that_stand_in() -> None:
    """It must not ring in the night after the day on which somebody asked for it."""
    one = Life()
    one.hears(ProvePage(to="ann", by="bob"))
    one.answers(Receipt(outcome="refused", reason="unreachable"))
    said = one.after(minutes=16)
    assert [(e.target, e.reason) for e in said if isinstance(e, PageAbandoned)] == [
        ("ann-phone", "timeout"),
        ("chat-2", "timeout"),
    ]
    assert life.deadline(one.state) is None


def test_an_answer_to_what_was_no_test_page_is_refused() -> None:
    """A number in a link proves nothing."""
    one = Life()
    one.hears(PLAN)
    for page in (1, 3, 99):
        with pytest.raises(ask.Refused, match="no test page TEST-"):
            one.hears(AnswerProof(page=page, by="ann", via="link"))


def test_a_complaint_is_told_then_wakes_then_its_end_is_told_to_those_who_heard() -> None:
    """Told once, a wake after ten minutes also on the targets that stand in, again after hours, and the all-clear."""
    one = Life()
    one.hears(FailAudit(complaints=("health:api has not looked",), also=("chat-2",)))
    one.answers()
    assert one.hears(FailAudit(complaints=("health:api has not looked",))) == []
    assert one.after(minutes=9.9) == []
    one.after(minutes=0.2)
    one.answers()
    assert one.after(hours=3.9) == []
    one.after(hours=0.2)
    one.hears(PassAudit())
    assert one.hears(PassAudit()) == []
    assert [(p.kind, p.to) for p in one.pages] == [
        ("tell", ("on-call",)),
        ("wake", ("on-call", "@chat-2")),
        ("wake", ("on-call", "@chat-2")),
        ("tell", ("@ann-phone", "@chat-2")),
    ]
    assert "health:api has not looked" in one.pages[1].lines
    assert "well again after" in one.pages[-1].title
    owed = [o for v, o in one.state.outbox.pages.items() if o.request.kind == "wake" and not o.withdrawn]
    assert owed == []


def test_a_new_complaint_is_told_but_a_flood_of_them_is_not() -> None:
    """One message in ten minutes, and the wake does not move."""
    one = Life()
    for second in range(60):
        one.after(seconds=1)
        one.hears(FailAudit(complaints=("first", f"other {second}")))
    assert len(one.pages) == 1
    one.after(minutes=20)
    assert [p.kind for p in one.pages] == ["tell", "wake"]
    one.hears(FailAudit(complaints=("another",)))
    assert [p.kind for p in one.pages] == ["tell", "wake", "tell"]
    one.answers()
    one.after(minutes=9)
    (passed, *_) = one.hears(PassAudit())
    assert passed.failed_for == one.now - T0 - timedelta(seconds=1)


def test_a_complaint_outlives_a_restart() -> None:
    """The wake comes at its time, whoever restarts meanwhile."""
    one = Life()
    one.hears(FailAudit(complaints=("first",)))
    one.answers()
    one.after(minutes=5)
    assert life.deadline(one.again()) == T0 + timedelta(minutes=10)


def test_a_quarter_without_a_drill_is_told_once_a_quarter() -> None:
    """From the first day on, or from the last drill that a person answered."""
    one = Life()
    one.hears(PlanCare(service="shop"))
    assert [p.purpose for p in one.pages] == []
    one.after(days=89)
    one.hears(NoteDrill(incident=4, by="ann", took=timedelta(minutes=1)))
    assert one.hears(NoteDrill(incident=4, by="ann", took=timedelta(minutes=1))) == []
    one.after(days=89)
    assert one.pages == []
    one.after(days=2)
    one.answers()
    one.after(days=88)
    assert [p.title for p in one.pages] == ["shop: the last drill was 90 d ago"]


def test_the_weekly_note_comes_once_a_week_and_only_with_something_to_say() -> None:
    """A note that always comes is read by nobody."""
    one = Life()
    one.hears(NoteWeakness(findings=()))
    assert one.pages == []
    for _ in range(24 * 8):
        one.hears(NoteWeakness(findings=("nothing wakes ann",)))
        one.after(hours=1)
    assert [(p.kind, p.purpose) for p in one.pages] == [("tell", "care"), ("tell", "care")]


def test_the_daemons_stream_stays_small_in_memory() -> None:
    """Years of canaries and test pages: what is settled is let go, what is answered is kept by the dozen."""
    one = Life()
    one.hears(PLAN)
    one.answers()
    for _ in range(500):
        one.after(hours=1)
        if one.state.outbox.pages[max(one.state.outbox.pages)].request.purpose == "canary":
            one.answers()
        one.hears(ProvePage(to="ann", by="bob"))
        page: Any = max(one.state.outbox.pages)
        one.answers()
        one.hears(AnswerProof(page=page, by="ann", via="link"))
    assert len(one.state.outbox.pages) <= 65
    assert len(one.state.proven) == life.PROVEN_KEPT
    assert sum(1 for p in one.pages if p.purpose == "canary") == 21
