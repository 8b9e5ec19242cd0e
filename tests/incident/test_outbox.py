"""The outbox: due until accepted, failed for good or withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.page import PERMANENT, REASONS, Receipt
from tests.support import T0
from watcher.incident import outbox as box
from watcher.incident.command import Record
from watcher.incident.event import PageAccepted, PageRequested
from watcher.incident.outbox import Outbox
from watcher.incident.receipts import record, retry_delay
from watcher.incident.record import Delivery

PHONE = Delivery(target="phone", contact="ann", wakes=True, fallback="chat")


def request(*deliveries: Delivery, kind: str = "wake") -> PageRequested:
    return PageRequested(
        at=T0,
        kind=kind,
        purpose="rung",
        to=("on-call",),
        title="t",
        lines=("l",),
        ladder="unacknowledged",
        rung=0,
        deliveries=deliveries or (PHONE,),
    )


def one(target: str, attempt: int, receipt: Receipt) -> Record:
    return Record(page=1, target=target, attempt=attempt, receipt=receipt)


def after(outbox: Outbox, target: str, attempt: int, receipt: Receipt, now: datetime = T0) -> Outbox:
    for event in record(outbox, one(target, attempt, receipt), now):
        outbox = box.evolve(outbox, event, 99)
    return outbox


def refused(reason: str, **more: object) -> Receipt:
    return Receipt(outcome="refused", reason=reason, **more)


def targets(outbox: Outbox, now: datetime) -> list[str]:
    return [d.delivery.target for d in box.due(outbox, now)]


@pytest.fixture
def owed() -> Outbox:
    return box.evolve(Outbox(), request(), 1)


def test_a_page_is_due_until_it_is_accepted(owed: Outbox) -> None:
    """And never after."""
    assert targets(owed, T0) == ["phone"]
    done = after(owed, "phone", 1, Receipt(outcome="accepted"))
    assert targets(done, T0 + timedelta(days=9)) == []
    assert done.reached == {"phone"}
    assert box.settled(done)


def test_a_passing_failure_is_tried_again_later_and_later(owed: Outbox) -> None:
    """2, 4, 8 ... seconds, at most a minute apart, without end for a page that wakes."""
    assert [retry_delay(n, None).total_seconds() for n in (1, 2, 3, 6, 50)] == [2, 4, 8, 60, 60]
    failed = after(owed, "phone", 1, refused("server_error"))
    assert targets(failed, T0 + timedelta(seconds=1)) == []
    assert box.deadline(failed) == T0 + timedelta(seconds=2)
    assert targets(failed, T0 + timedelta(seconds=2)) == ["phone"]


def test_a_service_may_ask_us_to_wait_but_not_until_morning(owed: Outbox) -> None:
    """Its delay is honoured within ten minutes."""
    asked = after(owed, "phone", 1, refused("rate_limited", retry_after=timedelta(seconds=45)))
    assert targets(asked, T0 + timedelta(seconds=44)) == ["chat"]  # the fallback does not wait that long
    assert "phone" in targets(asked, T0 + timedelta(seconds=45))
    assert retry_delay(1, timedelta(hours=8)) == timedelta(minutes=10)


def test_a_failure_for_good_brings_the_fallback_at_once(owed: Outbox) -> None:
    """A bad token does not mend by trying; the stand-in is due in the same turn."""
    dead = after(owed, "phone", 1, refused("auth"))
    assert targets(dead, T0) == ["chat"]
    assert box.due(dead, T0)[0].delivery.contact == "ann"
    done = after(dead, "chat", 1, Receipt(outcome="accepted"))
    assert box.settled(done)


def test_a_target_that_keeps_failing_is_joined_by_its_fallback(owed: Outbox) -> None:
    """After half a minute both are tried, until the first one takes it."""
    failing = after(owed, "phone", 1, refused("unreachable"))
    assert targets(failing, T0 + timedelta(seconds=29)) == ["phone"]
    assert targets(failing, T0 + timedelta(seconds=30)) == ["phone", "chat"]
    recovered = after(failing, "phone", 2, Receipt(outcome="accepted"), T0 + timedelta(seconds=5))
    assert targets(recovered, T0 + timedelta(seconds=60)) == []


def test_a_lost_answer_is_repeated_and_marked(owed: Outbox) -> None:
    """It may have arrived: the target counts as reached, and the next attempt says that it may be a repeat."""
    lost = after(owed, "phone", 1, Receipt(outcome="unknown", reason="timeout"))
    assert lost.reached == {"phone"}
    assert box.due(lost, T0 + timedelta(seconds=2))[0].repeat
    certain = after(owed, "phone", 1, refused("server_error"))
    assert not box.due(certain, T0 + timedelta(seconds=2))[0].repeat


def test_what_does_not_ring_is_given_up_after_a_day() -> None:
    """A page that wakes never is."""
    day = T0 + timedelta(hours=25)
    tell = box.evolve(Outbox(), request(Delivery(target="chat"), kind="tell"), 1)
    assert box.settled(after(tell, "chat", 9, refused("unreachable"), day))
    wake = box.evolve(Outbox(), request(Delivery(target="chat")), 1)
    assert not box.settled(after(wake, "chat", 9, refused("unreachable"), day))


def test_a_receipt_after_acceptance_changes_nothing(owed: Outbox) -> None:
    """A late answer of an attempt that timed out is no second page."""
    done = after(owed, "phone", 1, Receipt(outcome="accepted"))
    assert record(done, one("phone", 2, refused("auth")), T0) == []


def test_an_acceptance_after_a_failure_for_good_is_recorded(owed: Outbox) -> None:
    """Whoever was reached after all counts as reached, and its fallback is spared."""
    dead = after(owed, "phone", 1, refused("auth"))
    late = record(dead, one("phone", 1, Receipt(outcome="accepted")), T0)
    assert late == [PageAccepted(at=T0, page=1, target="phone", attempt=1)]
    reached = box.evolve(dead, late[0], 99)
    assert reached.reached == {"phone"}
    assert box.settled(reached)


@pytest.mark.parametrize(
    ("receipts", "still"),
    [
        pytest.param((), "phone", id="never tried"),
        pytest.param((refused("server_error"),), "phone", id="waiting for its next try"),
        pytest.param((refused("auth"),), "chat", id="its fallback owed"),
    ],
)
def test_a_page_that_is_owed_outlives_seventy_that_are_not(
    owed: Outbox, receipts: tuple[Receipt, ...], still: str
) -> None:
    """What is settled is let go, and what is owed never, however old it is."""
    for attempt, receipt in enumerate(receipts, 1):
        owed = after(owed, "phone", attempt, receipt)
    for version in range(2, 142, 2):
        owed = box.evolve(owed, request(), version)
        owed = box.evolve(owed, PageAccepted(at=T0, page=version, target="phone", attempt=1), version + 1)
    due = box.due(owed, T0 + timedelta(seconds=2))
    assert [(d.page, d.delivery.target) for d in due] == [(1, still)]
    assert len(owed.pages) <= box.SETTLED_KEPT + 1


def test_every_reason_ends_or_retries(owed: Outbox) -> None:
    """The closed set of reasons is split into what trying again mends and what it does not."""
    for reason in REASONS:
        waits = any(
            d == "phone" for d in targets(after(owed, "phone", 1, refused(reason)), T0 + timedelta(hours=1))
        )
        assert waits == (reason not in PERMANENT)


RECEIPTS = st.one_of(
    st.just(Receipt(outcome="accepted")),
    st.sampled_from(REASONS).map(refused),
    st.just(Receipt(outcome="unknown", reason="timeout")),
)


@given(st.lists(st.tuples(st.sampled_from(["phone", "chat"]), RECEIPTS, st.integers(0, 4000)), max_size=30))
def test_nothing_owed_is_ever_forgotten(steps: list[tuple[str, Receipt, int]]) -> None:
    """At any point each delivery is accepted, failed for good, or has a moment at which it is tried."""
    outbox, now = box.evolve(Outbox(), request(), 1), T0
    for target, receipt, seconds in steps:
        now += timedelta(seconds=seconds)
        outbox = after(outbox, target, 1, receipt, now)
    attempt = outbox.pages[1].attempts["phone"]
    assert attempt.ended or "phone" in targets(outbox, now + timedelta(days=1))
    if attempt.ended and not attempt.accepted and "chat" not in outbox.pages[1].attempts:
        assert "chat" in targets(outbox, now)
