"""Who has it, for how long, and what happens when nobody can be reached or nobody was watching."""

from __future__ import annotations

from notifiers.page import Receipt
from tests.support import Dialogue, change, policy, sign
from watcher.incident import command as ask
from watcher.incident.event import (
    AcknowledgementExpired,
    Escalated,
    EscalationAsked,
    Mitigated,
    PageAbandoned,
    PageFailed,
    PageRequested,
    ReachedNobody,
    Recommended,
    Recovered,
    SignalsCleared,
    SignalsJoined,
    StillFailing,
    Taken,
    WatchLost,
    WatchRegained,
)

DEAD = Receipt(outcome="refused", reason="auth")
ANN = ask.Acknowledge(by="ann", via="link")


def test_silence_after_an_acknowledgement_is_asked_after_and_then_paged() -> None:
    """25 minutes: still on it? 30: whoever has it is paged, and again; 40: the level that was reached."""
    talk = Dialogue(policy_=policy(unmitigated=())).accepts().at("10").accepts()
    talk.hears(ANN).at("34:59").expect()
    talk.at("35").expect(PageRequested)
    asked = talk.pages[-1]
    assert (asked.kind, asked.purpose, asked.to) == ("tell", "still-on-it", ("ann",))
    talk.accepts().at("39:59").expect()
    talk.at("40").expect(AcknowledgementExpired, PageRequested)
    assert (talk.pages[-1].kind, talk.pages[-1].to) == ("wake", ("ann",))
    talk.accepts().at("43").expect(PageRequested)
    assert talk.pages[-1].loudest
    talk.accepts().at("46").accepts().at("49").accepts()
    talk.at("50").expect(Escalated, PageRequested)
    assert talk.pages[-1].to == ("backup",)


def test_any_action_of_a_person_keeps_the_acknowledgement() -> None:
    """A note at 20 minutes moves the expiry to 50."""
    talk = Dialogue(policy_=policy(unmitigated=())).accepts().hears(ANN).at("20")
    talk.hears(ask.Note(by="ann", text="found the cause")).at("44:59").expect()
    talk.at("45").expect(PageRequested)
    talk.at("50").expect(AcknowledgementExpired, PageRequested)


def test_a_new_acknowledgement_ends_the_expired_ladder() -> None:
    """Whoever answers has it again, for the whole time."""
    talk = Dialogue(policy_=policy(unmitigated=())).accepts().hears(ANN).at("30")
    talk.accepts().hears(ask.Acknowledge(by="bob", via="cli")).at("54:59").expect()
    assert talk.state.acknowledged_by == "bob"


def test_taking_over_tells_the_one_who_had_it() -> None:
    """And is an acknowledgement of its own."""
    talk = Dialogue().accepts().hears(ANN).hears(ask.Take(by="bob")).expect(Taken, PageRequested)
    assert (talk.pages[-1].kind, talk.pages[-1].to) == ("tell", ("ann",))
    assert talk.state.acknowledged_by == "bob"
    Dialogue().accepts().hears(ask.Take(by="bob")).expect(Taken)


def test_asking_for_help_fires_the_next_rung_now() -> None:
    """Whoever has it: first the backup, then the CTO, then everyone, then everyone again."""
    talk = Dialogue().accepts().hears(ANN)
    for who in ("backup", "cto", "everyone", "everyone"):
        talk.hears(ask.Escalate(by="ann")).expect(EscalationAsked, Escalated, PageRequested)
        assert talk.pages[-1].to == (who,)
        assert "ann asks for help" in talk.pages[-1].title


def test_a_rung_that_reached_nobody_makes_the_next_one_due_now() -> None:
    """Every target and fallback failed for good: said, and the backup is paged at once."""
    talk = Dialogue()
    page = max(talk.state.outbox.pages)
    for target in ("chat", "ann-phone"):
        talk.hears(ask.Record(page=page, target=target, attempt=1, receipt=DEAD)).expect(PageFailed)
    talk.hears(ask.Record(page=page, target="chat-2", attempt=1, receipt=DEAD))
    talk.expect(PageFailed, ReachedNobody, Escalated, PageRequested)
    assert talk.pages[-1].to == ("backup",)
    talk.accepts().at("3").expect(PageRequested)
    assert talk.pages[-1].to == ("on-call",)


def test_a_rung_that_was_resolved_to_nobody_is_said_as_well() -> None:
    """An empty role is no silence."""
    talk = Dialogue()
    page = max(talk.state.outbox.pages)
    talk._keep([PageAbandoned(at=talk.now, page=page, target=None, reason="no_such_target")])
    talk.at("0:01").expect(ReachedNobody, Escalated, PageRequested)


def test_a_last_rung_that_reached_nobody_is_tried_again() -> None:
    """The ladder never ends by itself."""
    talk = Dialogue().accepts().hears(ANN)
    for minute in ("20", "40", "58"):
        talk.at(minute).hears(ask.Note(by="ann", text="still here"))
    talk.at("60")
    page = max(talk.state.outbox.pages)
    for target in tuple(talk.state.outbox.pages[page].attempts):
        talk.hears(ask.Record(page=page, target=target, attempt=1, receipt=DEAD))
    talk.hears(ask.Record(page=page, target="chat-2", attempt=1, receipt=DEAD))
    talk.at("63")
    assert talk.pages[-1].to == ("everyone",)


def test_after_our_own_downtime_nobody_climbs_before_a_fresh_look() -> None:
    """The on-call at once; the backup only when the look says that it fails on."""
    talk = Dialogue().accepts()
    talk.now = talk.now.replace(hour=4)
    talk.hears(ask.LoseWatch(because="down")).expect(WatchLost, PageRequested)
    assert talk.pages[-1].to == ("on-call",)
    talk.accepts().hears(ask.Observe(failing=(sign(),))).expect(
        StillFailing, Escalated, PageRequested, *two()
    )
    assert [p.to for p in talk.pages[-3:]] == [("backup",), ("cto",), ("everyone",)]


def two() -> list[type]:
    """Two more rungs."""
    return [Escalated, PageRequested] * 2


def test_a_look_that_is_clean_lets_recovery_decide() -> None:
    """What had recovered while we were away wakes nobody new."""
    talk = Dialogue().accepts()
    talk.now = talk.now.replace(hour=4)
    talk.hears(ask.LoseWatch(because="down")).accepts()
    talk.hears(ask.Observe(clean=("sentry:shop 1",))).expect(SignalsCleared)
    talk.at("64:59")
    assert {p.to for p in talk.pages if p.kind == "wake"} == {("on-call",)}
    talk.at("65").expect(Recovered, Mitigated, PageRequested)
    assert {p.to for p in talk.pages if p.kind == "wake"} == {("on-call",)}


def test_a_look_that_never_comes_does_not_hold_the_ladder() -> None:
    """A minute and a half after the start the rungs that are due fire all the same."""
    talk = Dialogue().accepts()
    talk.now = talk.now.replace(hour=4)
    talk.hears(ask.LoseWatch(because="down")).accepts()
    talk.at("61:29")
    assert talk.pages[-1].to == ("on-call",)
    talk.at("61:30")
    assert talk.pages[-1].to == ("everyone",)


def test_a_restart_long_after_our_network_went_away_waits_for_a_look_as_well() -> None:
    """Both went at once, and only we are known to be back: the on-call now, the others after a look or the time for one."""
    talk = Dialogue().accepts().at("5").accepts().hears(ask.LoseWatch(because="offline"))
    talk.now = talk.now.replace(hour=4)
    talk.hears(ask.LoseWatch(because="down")).accepts()
    talk.at("61:29")
    assert {p.to for p in talk.pages if p.kind == "wake"} == {("on-call",)}
    talk.hears(ask.RegainWatch()).hears(ask.Observe(clean=("sentry:shop 1",)))
    talk.at("66:29")
    assert talk.state.status == "watching"
    assert {p.to for p in talk.pages if p.kind == "wake"} == {("on-call",)}


def test_nobody_climbs_while_our_own_network_is_away() -> None:
    """Nor before the first look after it is back; but not for ever, should it be something else."""
    talk = Dialogue().accepts().at("5").accepts()
    talk.hears(ask.LoseWatch(because="offline")).expect(WatchLost)
    talk.at("14").hears(ask.RegainWatch()).expect(WatchRegained)
    talk.hears(ask.Observe(failing=(sign(),)))
    assert talk.pages[-1].to == ("backup",)
    other = Dialogue().accepts().hears(ask.LoseWatch(because="offline")).at("14:59")
    assert ("backup",) not in {p.to for p in other.pages}
    other.at("15")
    assert other.pages[-1].to == ("backup",)


def test_what_joins_within_half_a_minute_is_one_message() -> None:
    """It does not ring, names the counts, and goes to those who were paged; then at most every ten minutes."""
    talk = Dialogue().accepts().hears(ANN)
    for key in ("2", "3", "4"):
        talk.hears(ask.Observe(failing=(sign("1"), sign(key, system=f"system-{key}")))).expect(
            SignalsJoined, Recommended
        )
    talk.at("0:30").expect(PageRequested)
    assert (talk.pages[-1].kind, talk.pages[-1].purpose) == ("tell", "news")
    assert "4 signals fail in 4 systems" in talk.pages[-1].title
    talk.accepts().hears(ask.Observe(failing=(sign("5"),))).expect(SignalsJoined)
    talk.at("10:29").expect()
    talk.at("10:30").expect(PageRequested)


def test_a_recommendation_that_turns_is_said() -> None:
    """A second system makes the indicated rollback certain or takes it away: never silently."""
    talk = Dialogue(changes=(change(migration=True),)).accepts().hears(ANN)
    before = talk.state.recommended.choice
    talk.hears(ask.Observe(failing=(sign("2", system="billing"),)))
    if talk.state.recommended.choice != before:
        assert Recommended in {type(e) for e in talk.said}
        assert talk.pages[-1].purpose == "turned"
