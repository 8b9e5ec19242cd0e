"""The ladders of an incident, as dialogues in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifiers.page import Receipt
from tests.support import T0, Dialogue, change, minutes, sign
from watcher.incident import command as ask
from watcher.incident import decide as core
from watcher.incident import outbox as box
from watcher.incident.event import (
    Acknowledged,
    ChangeSeen,
    Closed,
    Escalated,
    MarkedFalse,
    Mitigated,
    Noted,
    Opened,
    PageAccepted,
    PageFailed,
    PageRequested,
    Recommended,
    Recovered,
    Reopened,
    Resolved,
    SignalsCleared,
    SignalsJoined,
    SignalsUnseen,
    Widened,
)


def test_the_first_page_is_one_append_with_the_opening() -> None:
    """An incident's event, its recommendation and its page commit together, and the page's first line says what to do."""
    talk = Dialogue(changes=(change(),)).expect(Opened, ChangeSeen, Recommended, PageRequested)
    page = talk.pages[0]
    assert (page.kind, page.to, page.ladder, page.rung) == ("wake", ("on-call",), "unacknowledged", 0)
    assert page.lines[0].startswith("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before")
    assert page.title.startswith("INC-7 ")


def test_the_on_call_is_paged_again_until_somebody_acknowledges() -> None:
    """Rung 0 repeats every three minutes on the loudest target, for ever, until a person acknowledges."""
    talk = Dialogue().accepts()
    talk.at("2:59").expect()
    talk.at("3").expect(PageRequested)
    assert talk.pages[-1].loudest
    assert [d.target for d in talk.pages[-1].deliveries] == ["ann-phone"]
    talk.accepts().at("6").expect(PageRequested)
    talk.accepts().hears(ask.Acknowledge(by="ann", via="link")).expect(Acknowledged)
    talk.at("29:59").expect()


def test_a_repetition_waits_while_the_page_is_still_being_tried() -> None:
    """A target that is down gets retries of the page it is owed, not a heap of repetitions for when it is back."""
    talk = Dialogue().accepts("chat")
    down = Receipt(outcome="refused", reason="unreachable")
    page = max(talk.state.outbox.pages)
    talk.hears(ask.Record(page=page, target="ann-phone", attempt=1, receipt=down)).expect(PageFailed)
    talk.now = T0 + minutes("3")
    talk.hears(ask.Tick()).expect()


def test_the_backup_is_paged_after_ten_minutes() -> None:
    """Unacknowledged for ten minutes: the next person."""
    talk = Dialogue().accepts().at("9:59")
    talk.accepts().at("10").expect(Escalated, PageRequested)
    assert talk.pages[-1].to == ("backup",)


def test_the_acknowledged_incident_still_reaches_the_cto_and_the_team() -> None:
    """The unmitigated ladder does not care for an acknowledgement: 30 minutes CTO, 60 minutes everyone."""
    talk = Dialogue().accepts().hears(ask.Acknowledge(by="ann", via="cli"))
    talk.at("20").expect()
    talk.hears(ask.Note(by="ann", text="looking at the sessions")).expect(Noted)
    talk.at("29:59").expect()
    talk.at("30").expect(Escalated, PageRequested)
    assert talk.pages[-1].to == ("cto",)
    assert "ann has it" in talk.pages[-1].lines[0]
    talk.at("40").hears(ask.Note(by="ann", text="found it")).at("60").expect(Escalated, PageRequested)
    assert talk.pages[-1].to == ("everyone",)


def test_an_acknowledgement_withdraws_what_only_looked_for_somebody() -> None:
    """Pending pages of the unacknowledged ladder are no longer due; a late receipt is recorded all the same."""
    talk = Dialogue().hears(ask.Acknowledge(by="ann", via="cli")).expect(Acknowledged)
    assert box.pending(talk.state.outbox) == 0
    talk.accepts("ann-phone").expect(PageAccepted)
    assert talk.state.outbox.reached == {"ann-phone"}


def test_a_second_acknowledgement_is_recorded() -> None:
    """Never refused; the first one ever is the one that counts, and whoever had it hears of the second."""
    talk = Dialogue().hears(ask.Acknowledge(by="ann", via="link"))
    talk.now = T0 + minutes("4")
    talk.hears(ask.Acknowledge(by="bob", via="link")).expect(Acknowledged, PageRequested)
    assert (talk.pages[-1].kind, talk.pages[-1].to) == ("tell", ("ann",))
    assert (talk.state.acknowledged_by, talk.state.acknowledged_at) == ("bob", T0)


def test_recovery_is_five_seen_minutes() -> None:
    """All signals clean for five minutes: mitigated, the ladders stop, those paged are told."""
    talk = Dialogue().accepts()
    talk.now = T0 + minutes("1")
    talk.hears(ask.Observe(clean=("sentry:shop 1",))).expect(SignalsCleared)
    talk.at("5:59")
    assert talk.state.status == "investigating"
    talk.at("6").expect(Recovered, Mitigated, PageRequested)
    assert talk.state.status == "watching"
    assert set(talk.pages[-1].to) == {"@chat", "@ann-phone"}
    talk.at("70").expect()


def test_blind_time_is_not_clean_time() -> None:
    """What cannot be seen does not count; what was seen clean before does."""
    talk = Dialogue().hears(ask.Acknowledge(by="ann", via="cli"))
    talk.hears(ask.Observe(clean=("sentry:shop 1",)))
    talk.now = T0 + minutes("3")
    talk.hears(ask.Unsee(source="sentry:shop", since=T0 + minutes("2"))).expect(SignalsUnseen)
    talk.at("20").expect()
    talk.hears(ask.Observe(clean=("sentry:shop 1",))).expect(SignalsCleared)
    talk.at("22:59").expect()
    talk.at("23").expect(Recovered, Mitigated)


def test_every_signal_must_be_clean() -> None:
    """One that still fails holds the incident open; one that fails again starts the five minutes anew."""
    talk = Dialogue(sign("1"), sign("2")).hears(ask.Acknowledge(by="ann", via="cli"))
    talk.hears(ask.Observe(clean=("sentry:shop 1",), failing=(sign("2"),))).expect(SignalsCleared)
    talk.at("20").expect()
    talk.hears(ask.Observe(clean=("sentry:shop 2",), failing=(sign("1"),))).expect(
        SignalsJoined, SignalsCleared
    )
    talk.hears(ask.Observe(clean=("sentry:shop 1", "sentry:shop 2")))
    talk.at("24:59").expect()
    talk.at("25").expect(Recovered, Mitigated)


def test_what_fails_again_while_watched_reopens_and_pages() -> None:
    """Within two hours of mitigation a failing signal reopens: a page at once, and the ladders from the start."""
    talk = Dialogue().accepts().hears(ask.Acknowledge(by="ann", via="cli"))
    talk.hears(ask.Observe(clean=("sentry:shop 1",))).at("5").expect(Recovered, Mitigated, PageRequested)
    talk.at("60").expect()
    talk.hears(ask.Observe(failing=(sign("1"),))).expect(Reopened, SignalsJoined, PageRequested)
    assert talk.pages[-1].purpose == "reopened"
    assert talk.state.acknowledged_by is None
    talk.accepts().at("63").expect(PageRequested)
    talk.accepts().at("70")
    assert Escalated in {type(e) for e in talk.said}


def test_two_clean_hours_close_the_file() -> None:
    """Then it is resolved, closed, and those paged are told."""
    talk = Dialogue().accepts()
    talk.hears(ask.Observe(clean=("sentry:shop 1",))).at("5")
    talk.at("124:59").expect()
    talk.at("125").expect(Resolved, Closed, PageRequested)
    assert talk.state.status == "resolved"


def test_resolve_tells_those_who_were_or_may_have_been_paged() -> None:
    """A delivery in flight at that moment may arrive: its target is told as well; nobody else is."""
    talk = Dialogue().accepts("chat").hears(ask.Resolve(by="ann")).expect(Resolved, Closed, PageRequested)
    assert set(talk.pages[-1].to) == {"@chat", "@ann-phone"}
    assert talk.pages[-1].kind == "tell"


def test_a_page_that_lands_after_the_end_is_followed_by_the_end() -> None:
    """A late receipt of a target that was not told brings it the resolution."""
    talk = Dialogue()
    refused = Receipt(outcome="refused", reason="server_error")
    first = max(talk.state.outbox.pages)
    for target in ("chat", "ann-phone"):
        talk.hears(ask.Record(page=first, target=target, attempt=1, receipt=refused))
    talk.hears(ask.Resolve(by="ann")).expect(Resolved, Closed)
    lost = Receipt(outcome="unknown", reason="timeout")
    talk.hears(ask.Record(page=first, target="chat", attempt=2, receipt=lost)).expect(
        PageFailed, PageRequested
    )
    assert talk.pages[-1].to == ("@chat",)


def test_a_new_category_pages_at_once_and_sets_the_acknowledgement_aside() -> None:
    """What was acknowledged was another matter."""
    talk = Dialogue().accepts().hears(ask.Acknowledge(by="ann", via="cli"))
    lost = sign("9", category="data-loss", title="12 conversations deleted")
    talk.hears(ask.Observe(failing=(sign("1"), lost))).expect(SignalsJoined, Widened, PageRequested)
    assert talk.state.acknowledged_by is None
    assert talk.state.categories == ("authentication", "data-loss")


def test_what_is_over_refuses_with_the_reason() -> None:
    """A command that comes too late says who and when, and changes nothing."""
    talk = Dialogue().hears(ask.Resolve(by="ann"))
    before = talk.state
    for command in (ask.Resolve(by="bob"), ask.Acknowledge(by="bob", via="cli"), ask.MarkFalse(by="bob")):
        with pytest.raises(ask.Refused, match="INC-7 was already resolved by ann at 03:00 UTC"):
            core.decide(talk.state, command, T0)
    assert talk.state is before


def test_a_false_alarm_is_closed_as_such() -> None:
    """Its outcome keeps it out of the response times."""
    talk = Dialogue().hears(ask.MarkFalse(by="ann")).expect(MarkedFalse, Closed, PageRequested)
    assert (talk.state.status, talk.state.closed.outcome) == ("false_alarm", "false_alarm")


def test_an_open_incident_always_has_a_next_action() -> None:
    """Until it is acknowledged there is always a moment, or a pending page."""
    talk = Dialogue()
    for minute in range(1, 400, 7):
        talk.at(str(minute))
        assert core.deadline(talk.state) or box.pending(talk.state.outbox)
        if box.pending(talk.state.outbox):
            talk.accepts()


def test_the_onset_is_never_after_the_first_signal() -> None:
    """The estimated start of the harm is the earliest that any signal names."""
    talk = Dialogue(sign("1", started_at=T0 - timedelta(minutes=4)), sign("2"))
    assert talk.state.started_at == T0 - timedelta(minutes=4)
    assert talk.state.detected_at == T0
