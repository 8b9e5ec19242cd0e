"""Lives of an incident as dialogues with the core: what it says when a fix fails, cannot be seen, or comes undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from tests.incident.test_protocol import API, SHOP, clean, clock, incident, kinds, updates
from tests.support import T0, Dialogue, minutes, sign
from watcher.incident import command as ask
from watcher.incident.command import Refused
from watcher.incident.event import (
    Mitigated,
    PageRequested,
    Recovered,
    Reopened,
    SignalsJoined,
    SignalsUnseen,
)
from watcher.incident.machines import fold
from watcher.incident.responding import (
    CheckpointMet,
    CheckpointMissed,
    Deployed,
    VerificationFailed,
    VerificationPassed,
)
from watcher.incident.state import Incident
from watcher.view.progress import progress

BLIND = ask.Unsee(source="sentry:shop", since=T0 + minutes("12:00"), blind=True)
AGAINST_NEXT = SHOP.model_copy(update={"release": "shop@2.41.2"})


def state_of(talk: Dialogue) -> Incident:
    assert talk.state is not None
    return talk.state


def verification(talk: Dialogue) -> str:
    return str(progress(state_of(talk))["deployment"]["verification"])


def told(talk: Dialogue, purpose: str) -> list[PageRequested]:
    return [e for e in talk.log if isinstance(e, PageRequested) and e.purpose == purpose]


# -- a fix that fails


def a_failed_fix() -> Dialogue:
    """A hotfix went out at minute 20, and does not hold."""
    talk = incident().accepts().at("9:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("20:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    return talk.at("22:30").hears(ask.Observe(failing=(API,)))


def test_a_failed_fix_is_followed_by_the_way_back() -> None:
    """The second deployment is verified for itself, and the announcement names what holds."""
    talk = a_failed_fix()
    assert (state_of(talk).status, verification(talk)) == ("fixing", "failed")
    talk.at("25:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    assert (state_of(talk).status, verification(talk)) == ("verifying", "under way")
    clean(talk.at("25:30")).at("31:00")
    assert kinds(talk, VerificationFailed, VerificationPassed) == ["VerificationFailed", "VerificationPassed"]
    assert "Fix: the last release is taken back to 2.41.0" in updates(talk)[-1].lines
    assert [p.about for p in updates(talk)] == ["detected", "fixed"]


def test_what_was_taken_back_needs_no_approval_and_no_smoke_test() -> None:
    """The steps of a fix do not apply to the release that ran before it; the hotfix's time to verify still does."""
    talk = a_failed_fix().at("25:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    standing = clock(talk)
    assert {standing["fix-approved"], standing["smoke-tested"]} == {"not-applicable"}
    assert standing["deployed-verified"] == "open"
    items = {line["item"] for line in progress(state_of(talk))["checklist"]}
    assert not {"pull-request", "smoke-test"} & items
    clean(talk).at("31:00").accepts().at("125:00")
    assert kinds(talk, CheckpointMissed) == ["CheckpointMissed"]  # who is affected, by minute five


# -- what cannot be seen


def test_a_source_that_is_down_is_not_a_pass() -> None:
    """It never verifies by itself, however long nothing fails; what shows it says that it is not seen."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    talk.hears(ask.SeeLife(version="shop@2.41.0", what="an event of 2.41.0"))
    talk.at("12:00").hears(BLIND).expect(SignalsUnseen).hears(BLIND).expect()
    talk.at("70:00")
    assert not kinds(talk, Recovered, VerificationPassed, Mitigated)
    assert verification(talk) == "not seen"
    clean(talk).at("74:59")
    assert not kinds(talk, VerificationPassed)
    talk.at("75:00")
    assert kinds(talk, VerificationPassed) == ["VerificationPassed"]


def test_a_person_ticks_what_cannot_be_seen() -> None:
    """Their word holds where no source speaks; the reason says what nobody could look at."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    with pytest.raises(Refused, match="not been seen clean"):
        talk.hears(ask.TickItem(by="ann", item="verified"))
    talk.at("12:00").hears(BLIND).hears(ask.TickItem(by="ann", item="verified"))
    passed = next(e for e in talk.log if isinstance(e, VerificationPassed))
    assert (passed.by, passed.because) == ("ann", ("not seen: sentry:shop",))
    assert state_of(talk).status == "watching"


def test_whoever_has_it_hears_that_nothing_sees_whether_the_fix_holds() -> None:
    """When it would have been verified, and each quarter of an hour; with what to do. Not while we were away ourselves."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    talk.at("12:00").hears(BLIND).at("40:00")
    said = [e for e in told(talk, "unverified") if e.about == "unseen"]
    assert [e.at - T0 for e in said] == [minutes("17:00"), minutes("32:00")]
    assert said[0].title.startswith("INC-7 shop: 2.41.0 is not verified: sentry:shop cannot see")
    assert "watcher tick INC-7 verified" in said[0].lines
    away = clean(incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0")).at("11:00"))
    away.now = T0 + minutes("60:00")
    away.hears(ask.LoseWatch(because="down", since=T0 + minutes("11:00")))
    assert not [e for e in told(away, "unverified") if e.about == "unseen"]


def test_what_is_seen_to_fail_again_is_believed_before_anybodys_word() -> None:
    """A source that comes back and sees it fail is heard at once."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    talk.at("12:00").hears(BLIND)
    fails = AGAINST_NEXT.model_copy(update={"last_at": T0 + minutes("14:00")})
    talk.at("14:10").hears(ask.Observe(failing=(fails,)))
    assert kinds(talk, SignalsJoined, VerificationFailed) == ["SignalsJoined", "VerificationFailed"]


def test_one_good_answer_leaves_nothing_out_of_sight() -> None:
    """A probe that has passed once, and must pass again, is no blind eye: no person needs to speak for it."""
    talk = incident().at("10:00").hears(ask.Deploy(by="ann"))
    talk.hears(ask.Unsee(source="health:api", since=talk.now)).expect()
    with pytest.raises(Refused, match="not been seen clean"):
        talk.hears(ask.TickItem(by="ann", item="verified"))


def test_a_failing_signal_out_of_sight_is_noted_only_after_a_deployment() -> None:
    """Before it there is nothing to tick, and the log is no diary of a flapping source."""
    incident(SHOP).at("9:00").hears(BLIND).expect()


# -- what is out already


def test_no_other_advice_is_given_while_a_deployment_is_verified() -> None:
    """What was recommended is done; whether it holds is the only question. Its failure asks anew."""
    talk = incident().at("9:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("10:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    advised = state_of(talk).recommended
    talk.hears(ask.State(by="ann", facts={"root-cause": "a typo", "isolated": True, "fix-minutes": 10}))
    assert not told(talk, "turned")
    assert state_of(talk).recommended is advised
    talk.at("13:00").hears(ask.Observe(failing=(API,)))
    assert state_of(talk).recommended is not advised
    assert not told(talk, "turned")  # the message of the failure stands for it


# -- what comes back


@pytest.mark.parametrize(
    ("again", "back"),
    [
        (API, True),
        (
            sign("chat", source="report:cli", category="outage", title="still down", rule="outage.report"),
            True,
        ),
        (SHOP.model_copy(update={"last_at": T0 + minutes("19:00"), "release": "shop@2.41.0"}), True),
        (SHOP.model_copy(update={"last_at": T0 + minutes("9:00")}), False),
        (SHOP.model_copy(update={"last_at": T0 + minutes("19:00"), "release": "shop@2.41.1"}), False),
    ],
    ids=[
        "a probe",
        "a report",
        "an event of what runs",
        "an event from before",
        "an event of the former release",
    ],
)
def test_a_probe_a_report_or_an_event_of_what_runs_reopens(again: object, *, back: bool) -> None:
    """What happened before the deployment, or in the release that is gone, does not."""
    talk = incident(API, SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    clean(talk).at("16:00")
    talk.accepts().at("20:00").hears(ask.Observe(failing=(again,)))  # type: ignore[arg-type]
    assert bool(kinds(talk, Reopened)) is back
    assert (updates(talk)[-1].about == "back") is back
    assert (state_of(talk).status == "watching") is not back


def test_what_recovers_by_itself_is_said_to_have_recovered() -> None:
    """No deployment is invented: neither by the messages nor by the clock."""
    talk = clean(incident().accepts().at("40:00")).at("45:00")
    assert kinds(talk, Recovered, Mitigated, Deployed) == ["Recovered", "Mitigated"]
    last = updates(talk)[-1]
    assert (last.title, last.lines[1]) == (
        "INC-7 shop: recovered",
        "Fix: it recovered without a deployment",
    )
    assert clock(talk.accepts())["deployed-verified"] == "not-applicable"
    talk.at("200:00")
    assert [p.about for p in updates(talk)] == ["detected", "progress", "fixed", "all-clear"]


# -- what a restart leaves


def _rollback(talk: Dialogue) -> Dialogue:
    talk.accepts().at("3:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.at("12:00").hears(ask.Deploy(by="ann"))
    return clean(talk.at("12:30")).at("17:30").accepts().at("150:00")


def _hotfix(talk: Dialogue) -> Dialogue:
    talk.accepts().at("4:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("70:00").hears(ask.TickItem(by="cara", item="fix-approved"))
    talk.at("97:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    clean(talk.at("97:30")).at("103:00").hears(ask.TickItem(by="ann", item="smoke-test"))
    return talk.accepts().at("250:00")


def _relapse(talk: Dialogue) -> Dialogue:
    talk.accepts().at("10:00").hears(ask.Deploy(by="ann"))
    clean(talk).at("15:00").accepts().at("40:00").hears(ask.Observe(failing=(API,)))
    talk.hears(ask.Acknowledge(by="ann", via="link")).at("50:00")
    talk.hears(ask.Deploy(by="ann", version="2.41.2"))
    return clean(talk).at("55:00").accepts().at("200:00")


@pytest.mark.parametrize("life", [_rollback, _hotfix, _relapse, lambda talk: talk.at("130:00")])
def test_a_restart_at_every_fact_finds_the_same_state(life: Callable[[Dialogue], Dialogue]) -> None:
    """What is read from the log is what was known: at each checkpoint, and at everything between."""
    talk = life(incident())
    assert kinds(talk, CheckpointMet, CheckpointMissed)
    for number in range(1, len(talk.log) + 1):
        restarted = cast("Incident", fold("incident/7", talk.log[:number]))
        assert restarted.version == number
    assert restarted == talk.state


@pytest.mark.parametrize("checkpoint", ["5:00", "10:00", "15:00", "30:00", "45:00", "120:00"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(minutes=4)])
def test_down_at_a_checkpoint_it_is_said_once_after_the_return(checkpoint: str, late: timedelta) -> None:
    """With the moment at which it was due; those before it were said before."""
    talk = incident().accepts().at("4:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.at("4:59").hears(ask.Note(by="ann", text="looking"))
    before = T0 + minutes(checkpoint) - timedelta(seconds=1)
    talk.at(f"{(before - T0) // timedelta(minutes=1)}:59")
    known = len(kinds(talk, CheckpointMissed))
    talk.now = T0 + minutes(checkpoint) + late
    talk.hears(ask.LoseWatch(because="down")).hears(ask.Tick()).hears(ask.Tick())
    missed = [e for e in talk.log if isinstance(e, CheckpointMissed)]
    assert len({e.checkpoint for e in missed}) == len(missed)
    fresh = [e for e in missed[known:] if e.due == T0 + minutes(checkpoint)]
    assert all(e.at == talk.now for e in fresh)
    assert bool(fresh) == (checkpoint in {"5:00", "30:00", "45:00", "120:00"})
