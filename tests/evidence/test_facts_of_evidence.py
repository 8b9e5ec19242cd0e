"""What evidence adds to an incident: all users, third parties, and when a majority rings."""

from __future__ import annotations

from datetime import timedelta

from tests.support import T0, Dialogue, change, sign
from watcher.incident import command as ask
from watcher.incident import compose
from watcher.incident.advice import facts
from watcher.incident.deploys import Deploys, ReportDeploy, decide, evolve
from watcher.incident.event import PageRequested, Recommended
from watcher.incident.findings import ImpactMeasured, MajorityAffected, ThirdPartyDown
from watcher.incident.surroundings import DeployReported

ANN = ask.Acknowledge(by="ann", via="cli")


def impact(**facts: object) -> ask.Measure:
    return ask.Measure(impact=ImpactMeasured.model_validate({"at": T0, "measure": "users", **facts}))


def who(talk: Dialogue) -> str:
    assert talk.state is not None
    return compose.who(talk.state, list(talk.state.opened.signs))


def test_everyone_is_a_majority_however_few_endpoints_say_so() -> None:
    """The floor of active users is for shares; endpoints are no users."""
    talk = Dialogue(changes=(change(),)).accepts().at("1:00")
    talk.hears(impact(affected=2, active=2, everyone=True))
    assert MajorityAffected in {type(e) for e in talk.said}
    assert who(talk).startswith("100 % of users")


def test_a_majority_seconds_after_the_first_page_is_told_in_the_follow_up() -> None:
    """Whoever is being woken at this moment is not woken a second time for the same outage."""
    talk = (
        Dialogue()
        .accepts()
        .hears(impact(affected=90, active=100))
        .expect(ImpactMeasured, MajorityAffected, Recommended)
    )
    talk.at("0:30")
    (page,) = [e for e in talk.said if isinstance(e, PageRequested)]
    assert (page.kind, page.purpose) == ("tell", "news")
    assert "more than half of the users" in page.title


def test_a_majority_rings_once_the_first_page_is_older() -> None:
    """After half a minute nobody is being woken: it pages at once."""
    talk = Dialogue().accepts().at("0:31").hears(impact(affected=90, active=100))
    assert [e.kind for e in talk.said if isinstance(e, PageRequested)] == ["wake"]


def test_a_majority_sets_an_acknowledgement_aside_however_early_it_came() -> None:
    """What was acknowledged was a smaller matter."""
    talk = Dialogue().accepts().hears(ANN).hears(impact(affected=90, active=100))
    assert [e.kind for e in talk.said if isinstance(e, PageRequested)] == ["wake"]
    assert talk.state is not None
    assert talk.state.acknowledged_by is None


def test_a_third_party_found_leaves_nothing_to_undo_until_it_is_up_again() -> None:
    """The evidence counts like a person's word, and is taken back like one."""
    talk = Dialogue(changes=(change(),)).accepts()
    assert talk.state is not None
    assert talk.state.recommended.choice == "rollback"
    down = ask.FindThirdParty(name="stripe", told_by="health:api")
    talk.hears(down).expect(ThirdPartyDown, Recommended, PageRequested)
    assert talk.state.recommended.choice == "undecided"
    talk.hears(down).expect()
    talk.hears(ask.FindThirdParty(name=None, told_by="health:api"))
    assert talk.state.recommended.choice == "rollback"


def test_a_lower_bound_says_how_old_the_incident_was() -> None:
    """A share of a window that is longer than the trouble reads as what it is."""
    talk = Dialogue().accepts().at("6:00")
    measured = impact(affected=12, active=100, lower_bound=True).impact
    talk.hears(ask.Measure(impact=measured))
    assert who(talk) == ">= 12 %, 6 min into it, of users (12 of 100)"


def test_more_affected_than_active_is_said() -> None:
    """Two counts that do not fit are an estimate, and are marked."""
    talk = Dialogue().accepts().hears(impact(affected=120, active=100, clamped=True))
    assert who(talk) == "100 % of users (120 of 100), more than are known to be active"


def test_one_version_in_two_spellings_is_one_version() -> None:
    """Sentry writes the package before it, a tag a v: the errors are still in the release that went out, and alone in it."""
    failed = sign(release="shop@2.41.1")
    talk = Dialogue(failed, changes=(change(version="v2.41.1"),))
    assert talk.state is not None
    assert facts(talk.state, T0).errors_only_in_this_release is True
    other = Dialogue(failed, changes=(change(version="v2.41.2"),))
    assert other.state is not None
    assert facts(other.state, T0).errors_only_in_this_release is False


def test_a_rollback_told_in_another_spelling_is_seen() -> None:
    """What was rolled back already is not recommended again because a source leaves out the v."""
    talk = Dialogue(changes=(change(previous="v2.41.0"),)).at("5:00")
    back = change("2.41.0", before=-timedelta(minutes=5), previous="2.41.1")
    talk.hears(ask.SeeChange(change=back))
    assert talk.state is not None
    assert talk.state.recommended.headline.startswith("Already rolled back to 2.41.0")


def test_a_version_told_again_in_another_spelling_was_not_before_itself() -> None:
    """The one before is another version, or unknown."""
    told = DeployReported(at=T0, version="v2.41.1", environment="production", deployed_at=T0, told_by="ci")
    again = ReportDeploy(
        version="2.41.1",
        previous=None,
        system=None,
        environment="production",
        deployed_at=None,
        migration=None,
        told_by="health:api",
    )
    (event,) = decide(evolve(Deploys(), told), again, T0)
    assert event.previous is None


def test_a_stated_number_is_no_part_of_requests_or_endpoints() -> None:
    """Nine hundred users of a hundred thousand requests are no share; what was measured stands, and both are said."""
    talk = Dialogue().accepts().hears(ask.State(by="ann", facts={"affected": 900}))
    assert who(talk) == "900 users, as stated by a person, of how many is unknown"
    talk.hears(impact(affected=60_000, active=100_000, measure="requests, counted as failed"))
    assert talk.state is not None
    assert (talk.state.known.share.low, talk.state.known.share.over_half) == (0.6, True)
    assert who(talk) == "60 % of requests, counted as failed; 900 by a person's word"
    talk.hears(impact(affected=100, active=9000, measure="users by release health"))
    assert who(talk) == "10 % of users, as stated by a person (900 of 9000)"


def test_endpoints_that_stand_for_everyone_are_not_shown_as_users() -> None:
    """ "1 of 1" would be read as one user."""
    talk = (
        Dialogue().accepts().hears(impact(affected=1, active=1, everyone=True, measure="users, as all fail"))
    )
    assert who(talk) == "100 % of users, as all fail"


def test_what_proved_a_majority_is_said_with_its_own_numbers() -> None:
    """A later and smaller count, of the last hour alone, neither takes it back nor lends it its numbers."""
    talk = Dialogue().accepts().hears(impact(affected=90, active=100)).hears(impact(affected=40, active=100))
    assert who(talk) == "90 % of users (90 of 100)"
