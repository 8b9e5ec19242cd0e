"""The recommendation against an enumeration of everything that the missing facts could be, written out anew."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.facts import Deploy, Facts, Share
from rules.recommend import recommend

MINUTE = timedelta(minutes=1)
SHARES = {
    None: Share(active=9000),
    True: Share(low=0.6, high=0.6, active=9000),
    False: Share(low=0.1, high=0.1, active=9000),
}
SYSTEMS = {None: (), True: ("api", "billing"), False: ("api",)}
MINUTES = {None: None, True: 10, False: 600}
DEPLOYS = {
    "none": "none",
    "unknown": "unknown",
    "after": Deploy(version="2", before_onset=-MINUTE, migration=False),
    "young": Deploy(version="2", before_onset=9 * MINUTE, migration=False),
    "young, migration": Deploy(version="2", before_onset=9 * MINUTE, migration=True),
    "young, migration?": Deploy(version="2", before_onset=9 * MINUTE),
    "old": Deploy(version="2", before_onset=600 * MINUTE, migration=False),
}
TRI = (None, True, False)


def expected(case: dict[str, Any]) -> str:
    """The protocol's table for one complete case, read aloud from top to bottom."""
    known, over, several = case["cause"] == "known", case["over"], case["several"]
    isolated, quick, deploy = case["isolated"], case["quick"], case["deploy"]
    if case["third_party"] or deploy in {"none", "after"}:
        return "hotfix" if known and quick else "undecided"
    migration = "migration" in deploy and not deploy.endswith("?")
    gone = case["previous"] is False
    if not known or over or several:
        if migration or case["data"]:
            return "undecided"
        if gone:
            return "hotfix" if known and quick else "undecided"
        if not (over or several) and deploy == "old":
            return "rollback" if case["alone"] else "undecided"
        return "rollback"
    if isolated and quick:
        return "hotfix"
    if not quick:
        free = deploy == "young" and case["previous"] is True and not case["data"]
        return "rollback" if free else "undecided"
    return "undecided"


def could_be(case: dict[str, Any]) -> set[str]:
    """The answers of every completion of the unknown facts."""
    deploys = ("none", "young, migration?", "old?") if case["deploy"] == "unknown" else (case["deploy"],)
    answers = set()
    for over, several, quick, deploy in product(
        _all(case["over"]), _several(case), _all(case["quick"]), deploys
    ):
        isolated = not several if case["isolated"] is None else case["isolated"]
        full = case | {"over": over, "several": several, "quick": quick, "isolated": isolated}
        answers.add(expected(full | {"deploy": deploy.replace("old?", "old")}))
    return answers


def _all(value: Any) -> tuple[bool, ...]:
    return (True, False) if value is None else (value,)


def _several(case: dict[str, Any]) -> tuple[bool, ...]:
    stated_one = case["several"] is None and case["isolated"]
    return (False,) if stated_one else _all(case["several"])


def facts_of(case: dict[str, Any]) -> Facts:
    return Facts(
        share=SHARES[case["over"]],
        systems=SYSTEMS[case["several"]],
        isolated=case["isolated"],
        cause=case["cause"],
        fix_minutes=MINUTES[case["quick"]],
        third_party="openai" if case["third_party"] else None,
        deploy=DEPLOYS[case["deploy"]],
        previous_release_available=case["previous"],
        data_written_in_new_form=case["data"],
        errors_only_in_this_release=case["alone"],
    )


def cases() -> Any:
    names = (
        "over",
        "several",
        "isolated",
        "quick",
        "cause",
        "deploy",
        "previous",
        "data",
        "alone",
        "third_party",
    )
    values = (
        TRI,
        TRI,
        TRI,
        TRI,
        ("known", "suspected", "unknown"),
        tuple(DEPLOYS),
        TRI,
        (None, True),
        (None, True),
        (False, True),
    )
    return [dict(zip(names, one, strict=True)) for one in product(*values)]


def test_the_answer_is_the_common_answer_of_all_completions_or_undecided() -> None:
    """Whatever the missing facts turn out to be, a recommendation that was given would have been given."""
    wrong = []
    for case in cases():
        answers = could_be(case)
        want = answers.pop() if len(answers) == 1 else "undecided"
        if recommend(facts_of(case)).choice != want:
            wrong.append((case, want))
    assert wrong == []


def test_undecided_always_asks_one_to_three_questions() -> None:
    """An undecided recommendation names what would decide, and nobody is asked more than three things."""
    asked = {
        len(advice.missing) for case in cases() if (advice := recommend(facts_of(case))).choice == "undecided"
    }
    assert asked <= {1, 2, 3}


def test_the_questions_asked_are_the_facts_that_turn_the_answer() -> None:
    """Every question about share, systems or fix time is about a fact whose two values lead to different answers."""
    for case in cases():
        advice = recommend(facts_of(case))
        names = {"share": "over", "systems": "several", "quick": "quick"}
        for question in advice.missing:
            name = names.get(question.fact)
            if name and len(could_be(case)) > 1:
                assert case[name] is None, (case, advice)


versions = st.text(max_size=20)
minutes = st.none() | st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3))
any_deploy = st.builds(
    Deploy,
    version=versions,
    previous=st.none() | versions,
    before_onset=minutes,
    age=minutes,
    migration=st.sampled_from(TRI),
)
any_share = st.builds(
    Share,
    low=st.floats(),
    high=st.floats(),
    measure=st.text(max_size=10),
    active=st.none() | st.integers(),
    lower_bound=st.booleans(),
    impossible=st.booleans(),
)
any_facts = st.builds(
    Facts,
    share=any_share,
    systems=st.lists(st.text(max_size=8), max_size=8).map(tuple),
    isolated=st.sampled_from(TRI),
    cause=st.sampled_from(("known", "suspected", "unknown")),
    cause_evidence=st.text(max_size=30),
    fix_minutes=st.none() | st.integers(),
    third_party=st.none() | st.text(max_size=10),
    deploy=st.sampled_from(("none", "unknown")) | any_deploy,
    previous_release_available=st.sampled_from(TRI),
    data_written_in_new_form=st.sampled_from(TRI),
    errors_only_in_this_release=st.sampled_from(TRI),
    trouble_began_before_deploy=st.sampled_from(TRI),
)


@given(any_facts)
def test_any_facts_give_a_whole_recommendation(facts: Facts) -> None:
    """Whatever the facts are, there is an answer, with its action, its reasons, and its questions where undecided."""
    advice = recommend(facts)
    assert advice.headline.isprintable()
    assert advice.because
    assert len(advice.missing) <= 3
    assert advice.missing or advice.choice != "undecided"


@given(any_facts)
def test_a_rollback_is_never_advised_over_a_known_blocker(facts: Facts) -> None:
    """Nobody is told to roll back over a migration, new data, a missing release, a third party, or without a deploy."""
    advice = recommend(facts)
    if advice.choice == "rollback":
        assert advice.blockers == ()
        assert not facts.third_party
        assert isinstance(facts.deploy, Deploy)
    if advice.choice == "hotfix":
        assert facts.cause == "known"
        assert facts.quick is True


@given(any_facts)
def test_the_letter_is_the_protocols_own_words(facts: Facts) -> None:
    """The letter is rollback for an unidentified cause, over a half, or several systems; hotfix for its three conditions."""
    rollback = facts.cause != "known" or facts.share.over_half is True or len(facts.distinct_systems) > 1
    letter = recommend(facts).letter
    assert (letter == "rollback") == rollback
    if letter == "hotfix":
        assert facts.is_isolated
        assert facts.quick
