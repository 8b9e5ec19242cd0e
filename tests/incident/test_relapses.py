"""What a mitigation ends, what a reopening begins anew, and how long the ladder waits for what is being seen clean."""

from __future__ import annotations

from datetime import timedelta

from notifiers.page import Receipt
from tests.support import T0, Dialogue, minutes, policy, sign
from watcher.incident import command as ask
from watcher.incident import outbox as box
from watcher.incident import recovery
from watcher.incident.event import (
    Escalated,
    Mitigated,
    PageRequested,
    Recovered,
    Reopened,
    SignalsJoined,
    WatchLost,
)
from watcher.incident.milestones import columns
from watcher.incident.record import Rung

FIRST = Rung(after=timedelta(0), page=("on-call",), repeat=timedelta(minutes=3))
DEAD = Receipt(outcome="refused", reason="auth")
OFFLINE = ask.LoseWatch(because="offline")
CLEAN = ask.Observe(clean=("sentry:shop 1",))
FAILS = ask.Observe(failing=(sign("1"),))


def refuse(talk: Dialogue) -> Dialogue:
    """Every page that is owed fails for good, wherever it goes; the newest first."""
    assert talk.state is not None
    owed = {due.page: due.request.deliveries for due in box.due(talk.state.outbox, talk.now)}
    for page in sorted(owed, reverse=True):
        for target in (*(delivery.target for delivery in owed[page]), "chat-2"):
            talk.hears(ask.Record(page=page, target=target, attempt=1, receipt=DEAD))
    return talk


def test_the_clean_time_that_is_waited_for_is_that_of_the_last_signal() -> None:
    """Of two signals the one that was clean later decides when all of them have held."""
    talk = Dialogue(sign("1"), sign("2")).hears(CLEAN).at("2")
    assert recovery.deadline(talk.state) is None
    talk.hears(ask.Observe(clean=("sentry:shop 2",)))
    assert recovery.deadline(talk.state) == T0 + minutes("7")


def test_nobody_climbs_while_the_last_of_two_signals_is_being_seen_clean() -> None:
    """After our own downtime the rungs above wait until every signal has held its five minutes, not the first of them."""
    talk = Dialogue(sign("1"), sign("2")).accepts()
    talk.now = T0 + minutes("60")
    talk.hears(ask.LoseWatch(because="down")).accepts().hears(CLEAN)
    talk.at("61").hears(ask.Observe(clean=("sentry:shop 2",)))
    talk.at("65:59")
    assert {p.to for p in talk.pages if p.kind == "wake"} == {("on-call",)}
    talk.at("66").expect(Recovered, Mitigated, PageRequested)


def test_a_reopened_incident_is_not_mitigated() -> None:
    """The mitigation that did not hold counts nowhere: neither in the incident nor in its milestones."""
    talk = Dialogue().accepts().hears(ask.Acknowledge(by="ann", via="cli"))
    talk.hears(CLEAN).at("5")
    before = columns(talk.state, {}, tuple(talk.log))
    assert before["mitigated_at"] == talk.state.mitigated_at == T0 + minutes("5")
    talk.at("60").hears(FAILS).expect(Reopened, SignalsJoined, PageRequested)
    after = columns(talk.state, before, tuple(talk.said))
    assert (talk.state.mitigated_at, after["mitigated_at"], after["reopenings"]) == (None, None, 1)
    talk.accepts().hears(ask.Acknowledge(by="ann", via="cli")).hears(CLEAN).at("65")
    again = columns(talk.state, after, tuple(talk.said))
    assert again["mitigated_at"] == talk.state.mitigated_at == T0 + minutes("65")


def test_a_doubt_from_before_the_mitigation_does_not_hold_the_ladder_of_a_reopening() -> None:
    """Our network was away once; what fails now was seen, and the backup hears of it in time."""
    quick = policy(unacknowledged=(FIRST, Rung(after=timedelta(minutes=2), page=("backup",))))
    talk = Dialogue(policy_=quick).accepts().hears(OFFLINE).expect(WatchLost)
    talk.hears(CLEAN).at("5")
    assert (talk.state.status, talk.state.lost) == ("watching", None)
    talk.at("6").hears(FAILS).expect(Reopened, SignalsJoined, PageRequested)
    talk.accepts().at("7:59").expect()
    talk.at("8").expect(Escalated, PageRequested)
    assert talk.pages[-1].to == ("backup",)


def test_a_rung_that_was_hurried_stays_hurried_when_one_below_fails_again() -> None:
    """Held back while our network was away, the third rung is due at the first look, not at its hour."""
    three = policy(
        unacknowledged=(
            FIRST,
            Rung(after=timedelta(minutes=10), page=("backup",)),
            Rung(after=timedelta(minutes=50), page=("cto",)),
        ),
        unmitigated=(),
    )
    talk = refuse(Dialogue(policy_=three))
    assert talk.pages[-1].to == ("backup",)
    refuse(talk.hears(OFFLINE))  # the backup as well: the third rung is due, and held
    refuse(talk.at("3"))  # and both of them again, the first one last
    assert {p.to for p in talk.pages} == {("on-call",), ("backup",)}
    talk.at("4").hears(ask.RegainWatch()).hears(FAILS)
    assert talk.pages[-1].to == ("cto",)
