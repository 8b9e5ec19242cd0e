"""The two hours as a dialogue: what is met, missed, told and announced, minute by minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support import T0, Dialogue, change, minutes, policy, sign
from watcher.incident import command as ask
from watcher.incident import protocol
from watcher.incident.command import Refused
from watcher.incident.event import Closed, Mitigated, PageRequested, Recovered, Reopened, Resolved
from watcher.incident.findings import ImpactMeasured
from watcher.incident.responding import (
    Announced,
    CheckpointMet,
    CheckpointMissed,
    Deployed,
    DeployProposed,
    FixApproved,
    LifeSeen,
    Ticked,
    VerificationFailed,
    VerificationPassed,
)

API = sign("api", source="health:api", title="api: 503", category="outage", rule="outage.endpoint")
SHOP = sign("1", release="shop@2.41.1", last_at=T0)
TOLD = policy(updates_every=timedelta(minutes=30))
HALF = timedelta(seconds=30)


def incident(*signs: object, **policy_: object) -> Dialogue:
    """An incident after a deploy, with stakeholders, that ann has since the first minute."""
    settled = TOLD.model_copy(update=policy_)
    talk = Dialogue(*(signs or (API,)), changes=(change(),), policy_=settled)  # type: ignore[arg-type]
    return talk.accepts().at("1:00").hears(ask.Acknowledge(by="ann", via="link"))


def clean(talk: Dialogue) -> Dialogue:
    """Everything that fails is seen clean."""
    assert talk.state is not None
    return talk.hears(ask.Observe(clean=tuple(talk.state.watched)))


def kinds(talk: Dialogue, *wanted: type) -> list[str]:
    return [type(e).__name__ for e in talk.log if isinstance(e, wanted)]


def clock(talk: Dialogue) -> dict[str, str]:
    """Each checkpoint of the whole clock by how it stands."""
    assert talk.state is not None
    return {c.name: c.standing for c in protocol.checkpoints(talk.state)}


def updates(talk: Dialogue) -> list[PageRequested]:
    return [p for p in talk.pages if p.purpose == "update"]


def test_a_rollback_from_the_page_to_the_all_clear() -> None:
    """Every checkpoint of its path is met in time; those of the hotfix do not apply."""
    talk = incident()
    talk.accepts().at("2:00").hears(ask.State(by="ann", facts={"affected": 40}))
    talk.at("3:00").hears(ask.Decide(by="ann", choice="rollback"))
    talk.at("12:00").hears(ask.Deploy(by="ann"))
    assert talk.state is not None
    assert talk.state.response.deployed is not None
    assert (talk.state.response.deployed.version, talk.state.response.behind) == ("2.41.0", "2.41.1")
    clean(talk.at("12:30")).at("17:30")
    assert talk.state.status == "watching"
    assert kinds(talk, VerificationPassed, Mitigated) == ["VerificationPassed", "Mitigated"]
    assert updates(talk)[-1].about == "fixed"
    talk.accepts()
    assert [p.title for p in updates(talk)][-1] == "INC-7 shop: fixed"
    talk.at("190:00")
    assert talk.state.status == "resolved"
    standing = clock(talk)
    assert {n for n, s in standing.items() if s == "met"} == {
        "received",
        "assessed",
        "decided",
        "stakeholders",
        "rolled-back",
        "deployed-verified",
        "announced",
        "complete",
    }
    assert {standing["fix-approved"], standing["smoke-tested"]} == {"not-applicable"}
    closed = next(e for e in talk.log if isinstance(e, Closed))
    assert closed.deployment_caused is True
    assert updates(talk)[-1].about == "all-clear"


def test_a_hotfix_ticks_its_own_path() -> None:
    """Approved, deployed, verified, smoke-tested: and nothing is asked of a rollback."""
    talk = incident()
    talk.accepts().at("4:00").hears(ask.State(by="ann", facts={"affected": 40, "root-cause": "a typo"}))
    talk.at("9:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("50:00").hears(ask.TickItem(by="cara", item="fix-approved")).expect(FixApproved, Ticked)
    talk.at("60:00").hears(ask.Deploy(by="ann", version="2.41.2")).expect(Deployed)
    clean(talk.at("61:00")).at("66:00")
    talk.hears(ask.TickItem(by="ann", item="smoke-test")).expect(Ticked)
    talk.accepts().at("121:00")
    standing = clock(talk)
    assert standing["rolled-back"] == "not-applicable"
    assert {standing[n] for n in ("fix-approved", "deployed-verified", "smoke-tested", "announced")} == {
        "met"
    }
    assert talk.state is not None
    assert talk.state.response.behind is None


def test_a_checkpoint_that_passes_unmet_is_missed_once_and_met_late() -> None:
    """It is a fact of its own; what comes after it says how late it was."""
    talk = incident().at("20:00")
    assert [e.checkpoint for e in talk.log if isinstance(e, CheckpointMissed)] == [
        "assessed",
        "decided",
        "stakeholders",
    ]
    talk.hears(ask.Decide(by="ann", choice="rollback"))
    late = [e for e in talk.log if isinstance(e, CheckpointMet) and e.checkpoint == "decided"]
    assert [e.late for e in late] == [timedelta(minutes=10)]
    talk.hears(ask.Decide(by="ann", choice="hotfix"))
    assert len([e for e in talk.log if isinstance(e, CheckpointMet) and e.checkpoint == "decided"]) == 1


def test_after_a_restart_what_passed_is_missed_once() -> None:
    """One turn catches up, with the moments at which each was due."""
    talk = incident()
    talk.now = T0 + minutes("64:00")
    talk.hears(ask.Tick())
    missed = {e.checkpoint: e.due - T0 for e in talk.log if isinstance(e, CheckpointMissed)}
    assert missed == {
        "assessed": minutes("5:00"),
        "decided": minutes("10:00"),
        "stakeholders": minutes("15:00"),
    }


def test_whoever_has_it_is_reminded_before_a_checkpoint_lapses() -> None:
    """Once, and at most one message in ten minutes: the next checkpoints stand in the same one."""
    talk = incident().at("16:00")
    reminders = [e for e in talk.log if isinstance(e, PageRequested) and e.purpose == "checkpoint"]
    assert [(e.about, e.at - T0) for e in reminders] == [
        ("assessed", minutes("3:00")),
        ("stakeholders", minutes("13:00")),
    ]
    assert any("decide" in line for line in reminders[0].lines)
    assert {e.to for e in reminders} == {("ann",)}


def test_what_ends_before_a_step_was_due_needs_that_step_no_more() -> None:
    """A recovery at minute six misses no decision; when it is back the step is due anew."""
    talk = clean(incident().at("1:30")).at("11:00")
    assert clock(talk)["decided"] == "not-applicable"
    talk.at("40:00").hears(ask.Observe(failing=(API,))).at("45:00")
    assert clock(talk)["decided"] == "open"
    talk.at("51:00")
    assert clock(talk)["decided"] == "missed"


def test_stakeholders_hear_at_once_and_every_half_hour_until_mitigated() -> None:
    """Each message names the next; nobody outside is told more than that."""
    talk = incident().accepts().at("95:00")
    assert [(p.about, p.at - T0) for p in updates(talk)] == [
        ("detected", minutes("1:00")),
        ("progress", minutes("31:00")),
        ("progress", minutes("61:00")),
        ("progress", minutes("91:00")),
    ]
    assert all(p.kind == "publish" and p.to == ("stakeholders",) for p in updates(talk))
    assert "Next update: 03:31 UTC" in updates(talk)[0].lines
    assert not any("503" in line for p in updates(talk) for line in (p.title, *p.lines))
    assert talk.state is not None
    assert "stakeholders" not in talk.state.outbox.reached


def test_what_a_person_says_leaves_at_once() -> None:
    """And the next message is due half an hour later."""
    talk = incident().at("10:00").hears(ask.Update(by="ann", text="The sign-in key was rotated."))
    assert "The sign-in key was rotated." in updates(talk)[-1].lines
    assert len(updates(talk.at("39:00"))) == 2
    assert updates(talk.at("41:00"))[-1].at - T0 == minutes("40:00")
    assert "The sign-in key was rotated." not in updates(talk)[-1].lines


def test_nobody_outside_hears_of_a_security_incident_until_it_is_released() -> None:
    """Then the messages begin."""
    talk = incident(secret=True).at("20:00")
    assert updates(talk) == []
    assert clock(talk)["stakeholders"] == "not-applicable"
    with pytest.raises(Refused, match="release"):
        talk.hears(ask.Update(by="ann", text="it leaks"))
    talk.hears(ask.Release(by="cara"))
    assert [p.about for p in updates(talk)] == ["detected"]


def test_nothing_is_announced_before_it_is_verified() -> None:
    """Neither by itself nor by a person."""
    talk = incident().at("12:00").hears(ask.Deploy(by="ann"))
    with pytest.raises(Refused, match="before it is verified"):
        talk.hears(ask.TickItem(by="ann", item="announced"))
    clean(talk).at("17:00")
    assert [p.about for p in updates(talk)] == ["detected", "fixed"]
    talk.accepts()
    assert kinds(talk, Announced) == ["Announced"]


def test_a_probe_that_fails_on_after_a_deploy_fails_the_verification() -> None:
    """Not while it settles; then at once, with what fails and the way back."""
    talk = incident().at("9:00").hears(ask.Decide(by="ann", choice="hotfix"))
    talk.at("20:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    talk.at("21:00").hears(ask.Observe(failing=(API,))).expect()
    talk.at("22:10").hears(ask.Observe(failing=(API,))).expect(VerificationFailed, PageRequested)
    assert talk.state is not None
    assert talk.state.status == "fixing"
    assert "does not hold" in talk.pages[-1].title
    assert any("roll back" in line for line in talk.pages[-1].lines)
    assert not kinds(talk, Mitigated)


def test_events_from_before_the_deploy_and_of_the_old_release_say_nothing_of_it() -> None:
    """A counter of the last minutes still shows them; what is deployed is innocent."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    before = SHOP.model_copy(update={"last_at": T0 + minutes("9:59")})
    old = SHOP.model_copy(update={"last_at": T0 + minutes("12:30")})
    talk.at("12:40").hears(ask.Observe(failing=(before,)))
    talk.hears(ask.Observe(failing=(old,)))
    assert not kinds(talk, VerificationFailed)
    new = SHOP.model_copy(update={"last_at": T0 + minutes("12:30"), "release": "shop@2.41.2"})
    talk.hears(ask.Observe(failing=(new,)))
    assert kinds(talk, VerificationFailed) == ["VerificationFailed"]


def test_what_fails_in_a_release_that_nobody_knew_before_comes_back() -> None:
    """The fix held, and the next release breaks it again: it rings, though it is not the release that was watched."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    talk.hears(ask.SeeLife(version="2.41.2", what="an event of 2.41.2"))
    clean(talk).at("20:00")
    assert talk.state is not None
    assert talk.state.status == "watching"
    old = SHOP.model_copy(update={"last_at": T0 + minutes("30:00")})
    new = SHOP.model_copy(
        update={"last_at": T0 + minutes("30:00"), "release": "shop@2.41.3", "seen_at": T0 + minutes("30:00")}
    )
    talk.at("30:05").hears(ask.Observe(failing=(old,))).expect()
    talk.hears(ask.Observe(failing=(new,)))
    assert (talk.state.status, talk.pages[-2].purpose) == ("investigating", "reopened")
    assert talk.state.watched[new.ref].clean_from is None
    talk.at("30:35").hears(ask.Observe(failing=(new,)))
    assert talk.state.watched[new.ref].clean_from is None


def test_quiet_without_traffic_is_not_verified() -> None:
    """No probe covers it and nobody is seen using it: it is said, the ladders rest, and a person ticks it."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    clean(talk).at("70:00")
    assert talk.state is not None
    assert (talk.state.status, kinds(talk, Recovered, Mitigated)) == ("verifying", ["Recovered"])
    said = [p for p in talk.pages if p.purpose == "unverified"]
    assert "no traffic seen on 2.41.0" in said[0].title
    assert said[0].at - T0 == minutes("15:00")
    assert not [p for p in talk.pages if p.kind == "wake" and p.at - T0 > minutes("15:00")]
    talk.hears(ask.TickItem(by="ann", item="verified"))
    assert talk.state.status == "watching"


def test_a_sign_of_life_verifies_what_is_clean() -> None:
    """Of the release that was deployed, and of no other."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    clean(talk).at("20:00")
    talk.hears(ask.SeeLife(version="shop@2.41.1", what="an event of 2.41.1")).expect()
    talk.hears(ask.SeeLife(version="shop@2.41.0", what="an event of 2.41.0"))
    assert kinds(talk, LifeSeen, VerificationPassed) == ["LifeSeen", "VerificationPassed"]


def test_blind_time_verifies_nothing() -> None:
    """An evidence source that is down is not a pass."""
    talk = incident().at("10:00").hears(ask.Deploy(by="ann"))
    clean(talk).at("12:00").hears(ask.Unsee(source="health:api", since=T0 + minutes("12:00")))
    talk.at("30:00")
    assert not kinds(talk, VerificationPassed)
    clean(talk).at("33:00")
    assert kinds(talk, VerificationPassed) == ["VerificationPassed"]


def test_a_deploy_that_was_recommended_is_taken_for_the_rollback_by_itself() -> None:
    """Any other is proposed, and a person says."""
    talk = incident(API, sign("2", title="checkout fails", category="payments", system="billing"))
    assert talk.state is not None
    assert talk.state.recommended is not None
    assert talk.state.recommended.choice == "rollback"
    other = change("2.41.3", before=-minutes("8:00"), previous="2.41.1")
    talk.at("8:00").hears(ask.SeeChange(change=other))
    assert kinds(talk, DeployProposed, Deployed) == ["DeployProposed"]
    assert "is it the fix?" in next(p for p in talk.pages if p.purpose == "deploy").title
    back = change("2.41.0", before=-minutes("9:00"), previous="2.41.1")
    talk.at("9:00").hears(ask.SeeChange(change=back))
    assert kinds(talk, DeployProposed, Deployed) == ["DeployProposed", "Deployed"]


def test_a_deploy_of_the_future_is_one_of_now() -> None:
    """Whoever tells of it has another clock; what fails until that clock comes true fails all the same."""
    talk = incident().at("8:00")
    ahead = change("hotfix-v7", deployed_at=T0 + minutes("38:00"), previous=None)
    talk.hears(ask.SeeChange(change=ahead))
    deployed = [e for e in talk.log if isinstance(e, Deployed)]
    assert deployed[0].deployed_at == T0 + minutes("8:00")


def test_two_verifications_around_a_relapse() -> None:
    """The time to restore is that of the one that held; stakeholders hear that it is back, and then that it is fixed."""
    talk = incident().at("10:00").hears(ask.Deploy(by="ann"))
    clean(talk).at("15:00").accepts()
    talk.at("40:00").hears(ask.Observe(failing=(API,)))
    assert kinds(talk, Reopened) == ["Reopened"]
    talk.hears(ask.Acknowledge(by="ann", via="link")).at("50:00").hears(
        ask.Deploy(by="ann", version="2.41.2")
    )
    clean(talk).at("55:00")
    assert talk.state is not None
    assert (talk.state.reopenings, talk.state.mitigated_at) == (1, T0 + minutes("55:00"))
    assert [p.about for p in updates(talk)] == ["detected", "fixed", "back", "fixed"]
    assert talk.state.response.behind is None


def test_rolled_back_is_not_finished_until_a_newer_release_holds() -> None:
    """It is said each hour, and ends with the release that brings production forward again."""
    talk = incident().at("9:00").hears(ask.Decide(by="ann", choice="rollback"))
    clean(talk.at("10:00").hears(ask.Deploy(by="ann"))).at("80:00")
    behind = [p for p in talk.pages if p.purpose == "behind"]
    assert [p.title for p in behind] == ["INC-7 shop: production runs 2.41.0, behind 2.41.1: api: 503"]
    talk.hears(ask.Deploy(by="ann", version="2.41.2")).at("86:00")
    assert talk.state is not None
    assert (talk.state.status, talk.state.response.behind) == ("watching", None)


def test_a_post_mortem_is_owed_until_somebody_says_that_it_is_written() -> None:
    """Reminded on the next working day at ten, and once more when it is overdue; then never again."""
    talk = incident().at("2:00").hears(ask.Resolve(by="ann"))
    talk.at(f"{60 * 24 * 14}:00")
    told = [p.at for p in talk.pages if p.purpose == "postmortem"]
    assert [f"{at:%a %d %H:%M}" for at in told] == ["Thu 26 10:00", "Mon 30 10:00"]
    talk = incident().at("2:00").hears(ask.Resolve(by="ann"))
    talk.hears(ask.TickItem(by="ann", item="postmortem")).at(f"{60 * 24 * 14}:00")
    assert not [p for p in talk.pages if p.purpose == "postmortem"]


def test_what_is_not_on_the_checklist_is_refused_with_what_is() -> None:
    """A typing error loses nothing."""
    with pytest.raises(Refused, match="smoke-test"):
        incident().hears(ask.TickItem(by="ann", item="smoketest"))


def test_measured_facts_meet_the_assessment() -> None:
    """Who is affected and the error rate by evidence; the deployments by whoever looked at the page."""
    talk = incident()
    impact = ImpactMeasured(at=T0, measure="users of release health", affected=40, active=100, error_rate=0.4)
    talk.hears(ask.Measure(impact=impact)).hears(ask.Review(by="ann"))
    assert clock(talk)["assessed"] == "met"


def test_a_person_resolves_without_any_of_it() -> None:
    """The protocol serves them; it holds nothing up."""
    talk = incident().at("2:00").hears(ask.Resolve(by="ann"))
    assert kinds(talk, Resolved, Closed) == ["Resolved", "Closed"]


def test_what_the_watcher_does_itself_is_no_word_of_whoever_has_it() -> None:
    """Their acknowledgement ends in its time: a deploy that was taken for the rollback extends nothing."""
    talk = incident(API, sign("2", title="checkout fails", category="payments", system="billing"))
    assert talk.state is not None
    until = talk.state.acknowledged_until
    talk.at("9:00").hears(ask.SeeChange(change=change("2.41.0", before=-minutes("9:00"), previous="2.41.1")))
    assert kinds(talk, Deployed) == ["Deployed"]
    assert talk.state.acknowledged_until == until


def test_what_comes_late_was_missed_also_where_no_turn_came_between() -> None:
    """We were away at its moment, and the first that we hear afterwards is the fact itself."""
    talk = incident()
    talk.now = T0 + minutes("14:00")
    talk.hears(ask.Decide(by="ann", choice="rollback"))
    said = [type(e).__name__ for e in talk.said if getattr(e, "checkpoint", "") == "decided"]
    assert said == ["CheckpointMissed", "CheckpointMet"]


def test_what_was_done_before_its_path_was_decided_is_in_time() -> None:
    """Rolled back at twelve by itself; decided only at forty: the rollback is neither missed nor late, and counts as met."""
    talk = incident(API, sign("2", title="checkout fails", category="payments", system="billing"))
    back = change("2.41.0", before=-minutes("12:00"), previous="2.41.1")
    talk.hears(ask.Decide(by="ann", choice="other")).at("12:00").hears(ask.SeeChange(change=back))
    talk.at("40:00").hears(ask.Decide(by="ann", choice="rollback"))
    met = [e for e in talk.said if isinstance(e, CheckpointMet) and e.checkpoint == "rolled-back"]
    assert [e.late for e in met] == [timedelta(0)]
    assert not [e for e in talk.log if isinstance(e, CheckpointMissed) and e.checkpoint == "rolled-back"]


def test_an_event_of_a_moment_before_the_deploy_or_the_end_is_no_news() -> None:
    """However fresh it is, and whether or not it names a release: clean counts, and nothing reopens."""
    talk = incident(SHOP).at("10:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    just_before = SHOP.model_copy(update={"last_at": T0 + minutes("9:59"), "release": None})
    talk.at("10:20").hears(ask.Observe(failing=(just_before,)))
    assert talk.state is not None
    assert talk.state.watched[SHOP.ref].clean
    talk.hears(ask.SeeLife(version="2.41.2", what="an event of 2.41.2")).at("15:20")
    assert talk.state.status == "watching"
    as_it_ended = SHOP.model_copy(update={"last_at": talk.state.mitigated_at, "release": None})
    talk.at("15:30").hears(ask.Observe(failing=(as_it_ended,)))
    assert not kinds(talk, Reopened)


def test_stakeholders_hear_after_five_minutes_also_where_nobody_has_it() -> None:
    """They wait for a person to look, and not longer."""
    talk = Dialogue(API, policy_=TOLD).at("6:00")
    assert [(p.about, p.at - T0) for p in updates(talk)] == [("detected", minutes("5:00"))]
