"""What people and deployments do in an order that nobody planned: nothing is called fixed, verified or late that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.incident.test_protocol import API, SHOP, clean, clock, incident, kinds, updates
from tests.support import T0, Dialogue, change, minutes
from watcher.incident import checklist
from watcher.incident import command as ask
from watcher.incident.command import Refused
from watcher.incident.event import Mitigated
from watcher.incident.findings import Decided, FactStated
from watcher.incident.responding import (
    CheckpointMet,
    Deployed,
    LifeSeen,
    VerificationFailed,
    VerificationPassed,
)
from watcher.view import moment


def deployed(talk: Dialogue) -> Deployed:
    assert talk.state is not None
    assert talk.state.response.deployed is not None
    return talk.state.response.deployed


def out(version: str, at: str, previous: str = "2.41.1", system: str | None = None) -> ask.SeeChange:
    """A deploy that is told of at this moment."""
    return ask.SeeChange(
        change=change(version, before=-minutes(at), previous=previous).model_copy(update={"system": system})
    )


def ticked(talk: Dialogue, item: str) -> bool:
    assert talk.state is not None
    return next(line.done for line in checklist.lines(talk.state) if line.item.name == item)


def verified(version: str = "2.41.0") -> Dialogue:
    """Out at six, holds at half past eleven."""
    talk = incident().accepts().at("6:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.hears(ask.Deploy(by="ann", version=version))
    clean(talk.at("6:30")).at("12:00").accepts()
    return talk


def test_a_rollback_to_a_release_of_the_same_day_is_seen() -> None:
    """It is known already as what ran before: that it went out again is news all the same."""
    earlier = change("2.41.0", before=timedelta(hours=6), previous="2.40.9")
    talk = Dialogue(API, changes=(change(), earlier)).accepts()
    talk.at("10:00").hears(out("2.41.0", "10:00"))
    assert (deployed(talk).path, deployed(talk).behind) == ("rollback", "2.41.1")
    talk.hears(out("2.41.0", "10:00"))
    assert kinds(talk, Deployed) == ["Deployed"]


def test_a_deploy_that_two_tell_of_is_one() -> None:
    """Another teller's clock is some minutes behind: nothing else went out in between."""
    talk = incident().at("10:00").hears(out("2.41.0", "9:00"))
    talk.at("12:00").hears(out("2.41.0", "11:00"))
    assert kinds(talk, Deployed) == ["Deployed"]


def test_what_ends_by_itself_after_a_failed_verification_is_not_said_to_be_fixed() -> None:
    """The harm ended, as far as anybody sees; that the failed hotfix ended it nobody knows."""
    talk = incident(SHOP).accepts().at("9:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("20:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    failing = SHOP.model_copy(update={"release": "shop@2.41.2", "last_at": T0 + minutes("22:20")})
    talk.at("22:30").hears(ask.Observe(failing=(failing,)))
    clean(talk.at("23:00")).at("28:00")
    assert kinds(talk, VerificationFailed, VerificationPassed, Mitigated) == [
        "VerificationFailed",
        "Mitigated",
    ]
    last = updates(talk)[-1]
    assert "recovered" in last.title
    assert "Fix: it recovered; that 2.41.2 mended it is not verified" in last.lines
    assert not any(line.startswith("Deployed") for line in last.lines)


def test_words_while_it_is_watched_say_that_it_works() -> None:
    """Not that it is being investigated, nor that it was just detected."""
    talk = verified().at("20:00").hears(ask.Update(by="ann", text="we keep an eye on it"))
    last = updates(talk)[-1]
    assert "works again" in last.title
    assert "we keep an eye on it" in last.lines
    assert not any("investigated" in line or line.startswith("Aim") for line in last.lines)


def test_a_closing_that_nobody_saw_work_again_is_no_all_clear() -> None:
    """Closed by a person while it failed on: that, and nothing more, is said."""
    talk = incident().accepts().at("6:00").hears(ask.Resolve(by="ann", text="enough"))
    last = updates(talk)[-1]
    assert "closed" in last.title
    assert not any("lasted" in line for line in last.lines)


def test_a_newer_message_takes_the_place_of_one_that_still_waits() -> None:
    """No "being investigated" arrives behind "fixed"."""
    talk = incident()
    assert talk.state is not None
    first = next(v for v, p in talk.state.outbox.pages.items() if p.request.purpose == "update")
    talk.at("2:00").hears(ask.Update(by="ann", text="looking"))
    assert talk.state is not None
    pages = [p for p in talk.state.outbox.pages.values() if p.request.purpose == "update"]
    assert [p.withdrawn for p in pages] == [True] * (len(pages) - 1) + [False]
    assert talk.state.outbox.pages[first].withdrawn


def test_verified_is_not_ticked_of_what_failed_or_came_back() -> None:
    """The refusal says what to do; the tick of one deployment is none of the next one."""
    talk = incident().at("20:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    talk.at("22:30").hears(ask.Observe(failing=(API,)))
    with pytest.raises(Refused, match="does not hold; when something else is out: watcher deployed"):
        talk.hears(ask.TickItem(by="ann", item="verified"))
    again = verified()
    again.at("40:00").hears(ask.Observe(failing=(API,)))
    with pytest.raises(Refused, match="did not hold: it came back"):
        again.hears(ask.TickItem(by="ann", item="verified"))
    assert not ticked(again, "verified")


def test_a_smoke_test_is_of_what_is_deployed() -> None:
    """Not before anything is, and anew for each."""
    talk = incident().at("2:00").hears(ask.Decide(by="ann", choice="hotfix"))
    with pytest.raises(Refused, match="nothing is deployed yet"):
        talk.hears(ask.TickItem(by="ann", item="smoke-test"))
    talk.hears(ask.Deploy(by="ann", version="2.41.2")).hears(ask.TickItem(by="ann", item="smoke-test"))
    assert ticked(talk, "smoke-test")
    talk.at("9:00").hears(ask.Deploy(by="ann", version="2.41.3"))
    assert not ticked(talk, "smoke-test")


def test_a_post_mortem_is_not_written_before_the_end() -> None:
    """The tick would silence its reminders."""
    with pytest.raises(Refused, match="comes when it is closed"):
        incident().hears(ask.TickItem(by="ann", item="postmortem"))


def test_complete_is_met_at_its_moment_and_not_before() -> None:
    """What was complete at minute twelve and is down at minute 120 is not complete; with the closing it is."""
    talk = verified()
    assert clock(talk)["complete"] == "met"
    assert not [e for e in talk.log if isinstance(e, CheckpointMet) and e.checkpoint == "complete"]
    relapsed = verified().at("40:00").hears(ask.Observe(failing=(API,))).at("121:00")
    assert clock(relapsed)["complete"] == "missed"
    talk.hears(ask.Resolve(by="ann", text="rolled back"))
    (met,) = [e for e in talk.log if isinstance(e, CheckpointMet) and e.checkpoint == "complete"]
    assert met.late == timedelta(0)
    whole = verified().at("121:00")
    assert [e.at - T0 for e in whole.log if isinstance(e, CheckpointMet) and e.checkpoint == "complete"] == [
        timedelta(hours=2)
    ]


def test_late_is_counted_from_the_moment_that_was_missed() -> None:
    """Another path has another moment; what was missed stays missed, and is never early."""
    talk = incident().at("4:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.at("50:00").hears(ask.Decide(by="ann", choice="hotfix"))
    clean(talk.at("60:00").hears(ask.Deploy(by="ann", version="2.41.2")).at("60:30")).at("66:00")
    (met,) = [e for e in talk.log if isinstance(e, CheckpointMet) and e.checkpoint == "deployed-verified"]
    assert met.late == minutes("20:30")


def test_the_life_of_what_broke_it_is_no_life_of_what_was_deployed() -> None:
    """Nobody named the version: then only a release that was not known before is taken for it."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann"))
    talk.at("11:00").hears(ask.SeeLife(version="shop@2.41.1", what="an event of 2.41.1"))
    assert kinds(talk, LifeSeen) == []
    talk.hears(ask.SeeLife(version="billing@2.41.5", what="an event of 2.41.5"))
    assert kinds(talk, LifeSeen) == ["LifeSeen"]


def test_a_package_is_part_of_a_name_where_both_have_one() -> None:
    """2.41.0 of billing is not 2.41.0 of shop."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="shop@2.41.0"))
    talk.at("11:00").hears(ask.SeeLife(version="billing@2.41.0", what="an event of 2.41.0"))
    assert kinds(talk, LifeSeen) == []
    talk.hears(ask.SeeLife(version="2.41.0", what="api answers as 2.41.0"))
    assert kinds(talk, LifeSeen) == ["LifeSeen"]


def test_what_fails_after_it_settled_fails_however_late_it_is_heard_of() -> None:
    """A look every five minutes sees an event two minutes later; it is no less of what runs now."""
    talk = incident(SHOP).at("12:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    for look, last in (("15:00", "13:00"), ("20:00", "18:00")):
        seen = SHOP.model_copy(update={"release": "shop@2.41.2", "last_at": T0 + minutes(last)})
        talk.at(look).hears(ask.Observe(failing=(seen,)))
    assert kinds(talk, VerificationFailed, VerificationPassed) == ["VerificationFailed"]


def test_another_service_s_deploy_is_not_taken_for_the_decided_rollback() -> None:
    """What was decided comes before what was seen going out, and the same number elsewhere is no way back."""
    talk = incident().at("3:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.at("10:00").hears(out("9.1.0", "10:00", previous="9.0.0", system="billing"))
    talk.at("12:00").hears(ask.Deploy(by="ann"))
    assert (deployed(talk).version, deployed(talk).path) == ("2.41.0", "rollback")
    other = incident().at("10:00").hears(out("2.41.0", "10:00", previous="2.40.0", system="billing"))
    assert kinds(other, Deployed) == []


def test_late_news_of_an_older_deploy_takes_nothing_back() -> None:
    """What is out is out."""
    talk = incident().at("20:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    talk.at("22:00").hears(out("hotfix-v2.41.2", "8:00"))
    assert deployed(talk).version == "2.41.0"


def test_a_proposal_is_confirmed_as_of_when_it_went_out() -> None:
    """One tap a quarter of an hour later."""
    talk = incident().at("10:00").hears(out("2.41.7", "10:00")).at("25:00").hears(ask.Deploy(by="ann"))
    assert (deployed(talk).version, deployed(talk).deployed_at) == ("2.41.7", T0 + minutes("10:00"))


def test_deployed_said_again_begins_nothing_anew() -> None:
    """Two people say it, or a person says what the watcher saw; with a moment it is a correction."""
    talk = verified()
    talk.at("30:00").hears(ask.Deploy(by="bob", version="2.41.0"))
    assert talk.state is not None
    assert (kinds(talk, Deployed), talk.state.response.passed is not None) == (["Deployed"], True)
    talk.hears(ask.Deploy(by="bob", version="2.41.0", deployed_at=T0 + minutes("7:00")))
    assert len(kinds(talk, Deployed)) == 2


def test_what_went_out_before_it_came_back_does_not_mend_that() -> None:
    """The relapse is the harm now."""
    talk = verified().at("40:00").hears(ask.Observe(failing=(API,)))
    with pytest.raises(Refused, match="the harm came back then"):
        talk.at("41:00").hears(ask.Deploy(by="ann", version="2.41.2", deployed_at=T0 + minutes("7:00")))


def test_a_statement_changes_the_reasons_at_once() -> None:
    """The evidence of a decision is what was known then, not what was known first."""
    talk = incident().at("2:00").hears(ask.State(by="ann", facts={"root-cause": "a typo in a migration"}))
    assert kinds(talk, FactStated) == ["FactStated"]
    assert talk.state is not None
    assert talk.state.recommended is not None
    said = (*talk.state.recommended.because, *talk.state.recommended.against)
    assert not any("cause is unknown" in line for line in said)


def test_a_rollback_decided_after_it_was_done_followed_the_advice() -> None:
    """What was recommended until then stands beside it."""
    talk = incident().at("10:00").hears(out("2.41.0", "10:00"))
    talk.at("11:00").hears(ask.Decide(by="ann", choice="rollback"))
    (decided,) = [e for e in talk.log if isinstance(e, Decided)]
    assert decided.followed is True


def test_who_declares_it_herself_was_received_by_having_it() -> None:
    """Nobody else was paged, and nothing was late."""
    talk = Dialogue(API).at("0:20").hears(ask.Acknowledge(by="ann", via="cli")).at("2:00")
    assert clock(talk)["received"] == "met"


def test_a_security_incident_may_be_spoken_of_after_its_end() -> None:
    """Its post-mortem has readers."""
    talk = incident(secret=True).at("6:00").hears(ask.Resolve(by="ann", text="rotated"))
    talk.hears(ask.Release(by="ann"))
    assert updates(talk) == []


def test_a_verification_after_the_harm_ended_by_itself_is_not_late() -> None:
    """Nobody was asked for it in time: it is met, and nothing was missed."""
    talk = incident().accepts()
    clean(talk.at("2:00")).at("7:30")
    talk.at("50:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.hears(ask.Deploy(by="ann", version="2.41.0")).at("58:00")
    assert talk.state is not None
    assert talk.state.response.passed is not None
    assert clock(talk)["deployed-verified"] == "met"


def test_the_fix_forward_is_meant_once_the_rollback_is_out() -> None:
    """Rolled back and behind; a newer release goes out, and whoever says "deployed" means that one: the form offers it."""
    talk = verified()
    talk.at("30:00").hears(out("2.41.2", "30:00", previous="2.41.0"))
    assert talk.state is not None
    assert moment.meant(talk.state) == "2.41.2"
    talk.hears(ask.Deploy(by="ann"))
    assert deployed(talk).version == "2.41.2"


def test_that_it_works_is_said_until_somebody_took_it() -> None:
    """Words while it is watched take the place of "fixed" that still waits, and say it themselves."""
    talk = incident().accepts().at("6:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    clean(talk.at("6:30")).at("12:00")
    talk.hears(ask.Update(by="ann", text="sorry for the trouble"))
    assert [p.about for p in updates(talk)][-2:] == ["fixed", "fixed"]
    assert "sorry for the trouble" in updates(talk)[-1].lines
    talk.accepts().at("13:00").hears(ask.Update(by="ann", text="still well"))
    assert updates(talk)[-1].about == "progress"
