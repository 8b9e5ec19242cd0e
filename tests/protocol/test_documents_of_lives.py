"""What the documents make of whole lives: what ended the harm, what the fix goes on top of, and nothing asked that is known."""

from __future__ import annotations

from typing import cast

from tests.incident.test_protocol import API, SHOP, clean, incident
from tests.support import T0, Dialogue
from tests.view.test_documents import document
from watcher.incident import command as ask
from watcher.incident.event import Closed
from watcher.incident.findings import ImpactMeasured
from watcher.incident.messages import impact
from watcher.incident.state import Incident
from watcher.view.documents.markdown import PROMPT


def measured(
    talk: Dialogue, affected: int, active: int, measure: str = "users by release health"
) -> Dialogue:
    found = ImpactMeasured(
        at=T0, measure=measure, affected=affected, active=active, error_rate=0.08, lower_bound=True
    )
    return talk.hears(ask.Measure(impact=found))


def rolled_back() -> Dialogue:
    """Back to 2.41.0 at minute twelve, and verified."""
    talk = measured(incident(API, SHOP).accepts(), 24, 450).hears(ask.Review(by="ann"))
    talk.at("3:00").hears(ask.Decide(by="ann", choice="rollback"))
    return clean(talk.at("12:00").hears(ask.Deploy(by="ann"))).at("17:30").accepts()


def brought_forward() -> Dialogue:
    """And 2.41.2 holds an hour later."""
    talk = rolled_back().at("60:00").hears(ask.Deploy(by="ann", version="2.41.2"))
    return clean(talk).at("66:00")


def test_a_post_mortem_names_what_ended_the_harm_and_what_followed() -> None:
    """The rollback at minute twelve, not the release that came after it; and that taking it back shows the cause."""
    talk = brought_forward().at("300:00")
    text = document(talk)
    assert "It was rolled back to 2.41.0 at 03:12 UTC, verified at 03:17 UTC by the watcher." in text
    assert "2.41.2 followed at 04:00 UTC, and held." in text
    assert "Taking it back ended the harm: the deployment caused it." in text
    assert "| Have a test that fails as it failed | a deployment caused it, and no test is named |" in text
    assert next(e for e in talk.log if isinstance(e, Closed)).deployment_caused is True


def test_a_post_mortem_says_that_production_still_runs_behind() -> None:
    """Rolled back is not finished, also when the file is closed."""
    assert "Production still runs behind 2.41.1." in document(rolled_back().at("300:00"))


def test_what_recovered_by_itself_was_not_ended_by_a_deployment_that_failed() -> None:
    """A fix that did not hold is no fix, even where nothing fails any more later."""
    talk = incident().at("10:00").hears(ask.Deploy(by="ann", version="2.41.0"))
    talk.at("13:00").hears(ask.Observe(failing=(API,)))
    clean(talk.at("20:00")).at("300:00")
    assert "without a deployment that anybody named" in document(talk)
    assert next(e for e in talk.log if isinstance(e, Closed)).deployment_caused is None


def test_every_checkpoint_that_was_met_stands_in_the_post_mortem() -> None:
    """Also those that the quick end made needless afterwards, each with the moment at which it was due."""
    text = document(brought_forward().at("300:00"))
    assert "| decide: rollback, hotfix or other | 03:10 UTC | met |" in text
    assert "| roll back, and say so | 03:30 UTC | met |" in text


def test_a_post_mortem_tells_each_fact_once() -> None:
    """A tick that is a fact of its own does not stand there twice; what is over is told in the past."""
    talk = rolled_back().hears(ask.TickItem(by="cara", item="fix-approved", text="looks good"))
    text = document(talk.at("300:00"))
    assert text.count("looks good") == 1
    assert "was not available" in text
    assert "is not available" not in text


def test_how_many_were_met_is_said_with_the_moment_of_the_count() -> None:
    """A count from the first minutes is a lower bound; its age in seconds helps nobody afterwards."""
    text = document(rolled_back().at("300:00"))
    assert "at least 5 % of users by release health (24 of 450, as counted at 03:01 UTC)" in text
    assert " old, of" not in text


def test_an_error_rate_that_somebody_read_is_not_asked_for() -> None:
    """What a person typed is in the log."""
    talk = incident().hears(ask.TickItem(by="ann", item="error-rate", text="38 % of sign-ins"))
    assert "Error rate: 38 % of sign-ins (read by ann)" in document(talk)
    asked = [line for line in document(talk, "hotfix-pr").splitlines() if line.startswith(PROMPT)]
    assert not [line for line in asked if "error rate" in line]


def test_a_hotfix_after_a_rollback_goes_on_top_of_what_was_taken_back() -> None:
    """It says what runs meanwhile, goes back to that, and takes nothing seen of the rollback for its own."""
    text = document(rolled_back(), "hotfix-pr")
    assert "from the commit of the release that was taken back (2.41.1)" in text
    assert "Production runs 2.41.0 meanwhile, behind 2.41.1" in text
    assert "Or deploy 2.41.0 again" in text
    for item in ("The fix, or the rollback, is out", "What broke works again", "The fix was announced"):
        assert f"- [ ] {item}" in text


def test_a_hotfix_whose_fault_still_runs_goes_back_to_the_release_before() -> None:
    """Deploying the broken release again would repair nothing."""
    text = document(incident(SHOP).hears(ask.Decide(by="ann", choice="hotfix")), "hotfix-pr")
    assert "Or deploy 2.41.0 again" in text
    assert "from the commit of the running release (2.41.1)" in text


def test_what_was_typed_with_a_tick_answers_its_question() -> None:
    """How it was reproduced, which test, what was changed: the request asks only for what nobody said."""
    talk = incident(SHOP).hears(ask.Decide(by="ann", choice="hotfix"))
    for item, words in (
        ("reproduced", "sign in with an empty key"),
        ("regression-test", "test_empty_key"),
        ("minimal-fix", "read the key from the settings"),
        ("fix-approved", "good"),
    ):
        talk.hears(ask.TickItem(by="ann", item=item, text=words))
    text = document(talk, "hotfix-pr")
    for known in ("test_empty_key".replace("_", r"\_"), "read the key from the settings"):
        assert known in text
    assert "- [x] A senior has approved it (ann)" in text
    assert not [line for line in text.splitlines() if line.startswith(PROMPT) and "reproduced" in line]


def test_stakeholders_are_told_no_share_of_next_to_nothing_and_no_way_of_counting() -> None:
    """In the first second no share was counted yet; later it is one of users, and how it was counted is ours."""
    talk = measured(incident(), 2, 450)
    assert impact(cast("Incident", talk.state)) == "how many users is not known yet"
    assert impact(cast("Incident", measured(talk, 45, 450).state)) == "at least 10 % of users"
    visits = measured(incident(), 45, 450, "sessions, counted as failed")
    assert impact(cast("Incident", visits.state)) == "at least 10 % of visits"
