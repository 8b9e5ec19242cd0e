"""Evidence and what people know: each fact re-evaluates at once, in one append with its recommendation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support import T0, Dialogue, change, sign
from watcher.incident import advice
from watcher.incident import command as ask
from watcher.incident.event import ChangeSeen, PageRequested, Recommended
from watcher.incident.findings import (
    CauseFound,
    Decided,
    FactStated,
    ImpactMeasured,
    Judged,
    MajorityAffected,
)

ANN = ask.Acknowledge(by="ann", via="cli")


def impact(
    affected: int | None, active: int | None, measure: str = "users by release health", **more: object
) -> ask.Measure:
    return ask.Measure(
        impact=ImpactMeasured(at=T0, measure=measure, affected=affected, active=active, **more)
    )


def known_fix(talk: Dialogue) -> Dialogue:
    """A person knows the cause, and a quick fix."""
    facts = {"root-cause": "typo in the callback address", "fix-minutes": 15}
    return talk.hears(ask.State(by="ann", facts=facts))


def test_what_a_person_knows_turns_the_recommendation_in_one_append() -> None:
    """An unknown cause after a fresh deploy is a rollback; known, isolated and quick it is a hotfix, and that wakes."""
    talk = Dialogue(changes=(change(),)).accepts().hears(ANN).hears(impact(900, 9000))
    assert talk.state.recommended.choice == "rollback"
    known_fix(talk).expect(FactStated, FactStated, Recommended, PageRequested)
    assert talk.state.recommended.choice == "hotfix"
    assert (talk.pages[-1].kind, talk.pages[-1].purpose, talk.pages[-1].to) == ("wake", "turned", ("ann",))


def test_a_recommendation_that_swings_wakes_once_in_ten_minutes() -> None:
    """In between it is told."""
    talk = known_fix(Dialogue(changes=(change(),)).accepts().hears(ANN).hears(impact(900, 9000)))
    talk.hears(ask.State(by="ann", facts={"root-cause": None})).expect(FactStated, Recommended, PageRequested)
    assert (talk.pages[-1].kind, talk.state.recommended.choice) == ("tell", "rollback")


def test_over_a_half_pages_at_once_and_sets_the_acknowledgement_aside() -> None:
    """It is said once; a later measurement below does not take it back."""
    talk = known_fix(Dialogue(changes=(change(),)).accepts().hears(ANN))
    talk.hears(impact(5600, 9000)).expect(ImpactMeasured, MajorityAffected, Recommended, PageRequested)
    assert talk.state.acknowledged_by is None
    assert "62 % of users by release health (5600 of 9000)" in "\n".join(talk.pages[-1].lines)
    talk.accepts().hears(ANN).hears(impact(1000, 9000)).expect(ImpactMeasured)
    assert talk.state.recommended.choice == "rollback"
    talk.hears(impact(8000, 9000))
    assert MajorityAffected not in {type(e) for e in talk.said}


def test_a_majority_that_is_counted_after_the_harm_has_ended_wakes_nobody() -> None:
    """The answer was under way while it recovered; it is recorded, and no page leaves for it."""
    talk = Dialogue().accepts().hears(ask.Observe(clean=("sentry:shop 1",))).at("5")
    assert talk.state is not None
    assert talk.state.status == "watching"
    before = len(talk.pages)
    talk.hears(impact(600, 1000))
    assert (talk.state.known.majority is not None, len(talk.pages)) == (True, before)


def test_any_measure_that_proves_a_majority_decides() -> None:
    """A lower bound by one measure does not end the search."""
    talk = Dialogue(changes=(change(),)).accepts()
    talk.hears(impact(12, 100, lower_bound=True))
    assert ">= 12 %" in "\n".join(advice_lines(talk))
    talk.hears(impact(80, 100, "sessions failed"))
    assert talk.state.known.impact.measure == "sessions failed"


def advice_lines(talk: Dialogue) -> list[str]:
    """What the next page would say."""
    from watcher.incident import compose

    return list(compose.opened(talk.state, talk.now)[1])


def test_a_lower_bound_never_disproves() -> None:
    """Ten percent in the first minutes of an outage is unknown above."""
    talk = known_fix(Dialogue(changes=(change(),)).accepts().hears(impact(10, 100, lower_bound=True)))
    assert talk.state.recommended.choice == "undecided"


def test_a_measurement_that_hardly_moved_is_no_fact() -> None:
    """The log is no time series."""
    talk = Dialogue().accepts().hears(impact(100, 9000)).expect(ImpactMeasured, Recommended)
    talk.hears(impact(104, 9005)).expect()
    talk.hears(impact(130, 9005)).expect(ImpactMeasured, Recommended)


def test_a_deploy_told_late_joins_the_facts() -> None:
    """Once, and again only where it says more."""
    talk = Dialogue().accepts()
    assert talk.state.recommended.choice == "undecided"
    talk.hears(ask.SeeChange(change=change(previous=None))).expect(ChangeSeen, Recommended, PageRequested)
    assert talk.state.recommended.choice == "rollback"
    talk.hears(ask.SeeChange(change=change(previous=None))).expect()
    talk.hears(ask.SeeChange(change=change())).expect(ChangeSeen, Recommended)  # where to is news
    assert talk.state.recommended.headline.startswith("ROLL BACK to 2.41.0")


@pytest.mark.parametrize(
    ("releases", "only"),
    [(("2.41.1", "shop@2.41.1"), True), (("2.41.1", "2.41.0"), False), ((None,), None)],
)
def test_errors_of_one_release_alone(releases: tuple[str | None, ...], *, only: bool | None) -> None:
    """Every error that names a release names the last one, or not."""
    signs = [sign(str(n), release=release) for n, release in enumerate(releases)]
    talk = Dialogue(*signs, changes=(change(before=timedelta(hours=5)),))
    assert advice.facts(talk.state, T0).errors_only_in_this_release is only


def test_suspected_is_not_known() -> None:
    """Evidence suspects; a known cause stays known."""
    talk = Dialogue(changes=(change(),)).accepts()
    talk.hears(ask.FindCause(cause="suspected", evidence="commit 6b6b touches sign-in")).expect(
        CauseFound, Recommended
    )
    assert advice.facts(talk.state, T0).cause == "suspected"
    talk.hears(ask.FindCause(cause="suspected", evidence="commit 6b6b touches sign-in")).expect()
    talk.hears(ask.State(by="ann", facts={"root-cause": "it is 6b6b"}))
    assert advice.facts(talk.state, T0).cause == "known"


def test_a_person_decides_and_it_stands_beside_the_recommendation() -> None:
    """The recommendation of that moment; later, whether it was right."""
    talk = (
        Dialogue(changes=(change(),)).accepts().hears(ask.Decide(by="ann", choice="rollback")).expect(Decided)
    )
    assert talk.state.status == "fixing"
    assert talk.state.known.decided.followed is True
    talk.hears(ask.Decide(by="ann", choice="hotfix", text="found it"))
    assert [d.followed for d in talk.state.known.decisions] == [True, False]
    talk.hears(ask.Resolve(by="ann"))
    talk.hears(ask.JudgeAdvice(by="ann", right=False)).expect(Judged)
    with pytest.raises(ask.Refused):
        talk.hears(ask.Decide(by="ann", choice="other"))


def test_evidence_for_what_is_over_changes_nothing() -> None:
    """It may come late."""
    talk = Dialogue(changes=(change(),)).accepts().hears(ask.Resolve(by="ann"))
    for command in (
        impact(90, 100),
        ask.SeeChange(change=change("9")),
        ask.FindCause(cause="known", evidence="x"),
    ):
        talk.hears(command).expect()


def test_what_was_rolled_back_already_is_not_recommended_again() -> None:
    """A release that went backwards is seen; if it still fails, that is said."""
    talk = Dialogue(changes=(change(),)).accepts().hears(ANN).at("6")
    back = change("2.41.0", previous="2.41.1", deployed_at=T0 + timedelta(minutes=5))
    talk.hears(ask.SeeChange(change=back))
    assert talk.state.recommended.choice == "undecided"
    assert talk.state.recommended.headline.startswith("Already rolled back to 2.41.0 at 03:05 UTC")
