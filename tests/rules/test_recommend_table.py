"""The decision table, row by row, and the words that go with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rules.facts import Deploy, Facts, share_of
from rules.recommend import recommend


def deploy(minutes: float = 9, **more: Any) -> Deploy:
    known = {"version": "2.41.1", "previous": "2.41.0", "migration": False} | more
    return Deploy(before_onset=timedelta(minutes=minutes), **known)


SMALL = share_of(300, 9000)
LARGE = share_of(5000, 9000)
UNKNOWN = share_of(300, None)
KNOWN: dict[str, Any] = {"cause": "known", "fix_minutes": 10, "systems": ("api",), "share": SMALL}
FREE: dict[str, Any] = {"previous_release_available": True}

TABLE = [
    (
        "hotfix",
        "a third party is down, the way round it is known",
        {**KNOWN, "deploy": deploy(), "third_party": "openai"},
    ),
    (
        "undecided",
        "a third party is down",
        {**FREE, "deploy": deploy(), "third_party": "openai", "share": LARGE},
    ),
    (
        "hotfix",
        "nothing deployed, known and quick, even with several systems",
        {**KNOWN, "deploy": "none", "systems": ("a", "b")},
    ),
    ("undecided", "nothing deployed, cause unknown", {"deploy": "none", "share": LARGE}),
    ("undecided", "nothing deployed, fix time unknown", {**KNOWN, "fix_minutes": None, "deploy": "none"}),
    ("undecided", "a deploy 25 h before is none", {"deploy": deploy(25 * 60), "share": LARGE, **FREE}),
    ("rollback", "a deploy 24 h before is one", {"deploy": deploy(24 * 60), "share": LARGE, **FREE}),
    ("undecided", "the trouble began before the deploy", {"deploy": deploy(-3), "share": LARGE, **FREE}),
    (
        "undecided",
        "a person says that it began before",
        {"deploy": deploy(), "trouble_began_before_deploy": True, **FREE},
    ),
    (
        "rollback",
        "a person says that it began after",
        {"deploy": deploy(-3), "trouble_began_before_deploy": False, **FREE},
    ),
    (
        "undecided",
        "a migration stands in the way",
        {"deploy": deploy(migration=True), "share": LARGE, **FREE},
    ),
    (
        "undecided",
        "data in the new form stands in the way",
        {"deploy": deploy(), "data_written_in_new_form": True, **FREE},
    ),
    (
        "undecided",
        "a migration outranks a known and quick fix",
        {**KNOWN, "share": LARGE, "deploy": deploy(migration=True)},
    ),
    (
        "hotfix",
        "the previous release is gone",
        {**KNOWN, "share": LARGE, "deploy": deploy(), "previous_release_available": False},
    ),
    (
        "undecided",
        "the previous release is gone, cause unknown",
        {"deploy": deploy(), "previous_release_available": False},
    ),
    (
        "undecided",
        "only the cause is unknown, the deploy is old",
        {"systems": ("api",), "share": SMALL, "deploy": deploy(121), **FREE},
    ),
    (
        "rollback",
        "the same at two hours exactly",
        {"systems": ("api",), "share": SMALL, "deploy": deploy(120), **FREE},
    ),
    (
        "rollback",
        "the same, old, with errors in this release alone",
        {
            "systems": ("api",),
            "share": SMALL,
            "deploy": deploy(600),
            "errors_only_in_this_release": True,
            **FREE,
        },
    ),
    ("rollback", "cause suspected", {**KNOWN, "cause": "suspected", "deploy": deploy(), **FREE}),
    ("rollback", "more than a half", {**KNOWN, "share": LARGE, "deploy": deploy(), **FREE}),
    ("rollback", "several systems", {**KNOWN, "systems": ("api", "billing"), "deploy": deploy(), **FREE}),
    (
        "rollback",
        "an unknown blocker does not hold it back",
        {"share": LARGE, "deploy": deploy(migration=None)},
    ),
    ("undecided", "share unknown", {**KNOWN, "share": UNKNOWN, "deploy": deploy(), **FREE}),
    ("undecided", "systems unknown", {**KNOWN, "systems": (), "deploy": deploy(), **FREE}),
    (
        "hotfix",
        "systems unknown, stated isolated",
        {**KNOWN, "systems": (), "isolated": True, "deploy": deploy(), **FREE},
    ),
    (
        "hotfix",
        "share unknown, but there is no way back",
        {**KNOWN, "share": UNKNOWN, "deploy": deploy(), "previous_release_available": False},
    ),
    (
        "rollback",
        "share unknown, but the fix takes long",
        {**KNOWN, "share": UNKNOWN, "fix_minutes": 600, "deploy": deploy(), **FREE},
    ),
    ("hotfix", "known, isolated, quick", {**KNOWN, "deploy": deploy(), **FREE}),
    (
        "hotfix",
        "exactly a half is not more",
        {**KNOWN, "share": share_of(4500, 9000), "deploy": deploy(), **FREE},
    ),
    ("hotfix", "60 minutes are quick", {**KNOWN, "fix_minutes": 60, "deploy": deploy(), **FREE}),
    (
        "hotfix",
        "one system named twice is one",
        {**KNOWN, "systems": ("api", " API "), "deploy": deploy(), **FREE},
    ),
    (
        "hotfix",
        "three of four users say nothing",
        {**KNOWN, "share": share_of(3, 4), "deploy": deploy(), **FREE},
    ),
    (
        "hotfix",
        "a bare four users say nothing",
        {**KNOWN, "share": share_of(None, 4), "deploy": deploy(), **FREE},
    ),
    (
        "rollback",
        "fix takes long, young deploy, nothing in the way",
        {**KNOWN, "fix_minutes": 61, "deploy": deploy(), **FREE},
    ),
    ("undecided", "fix takes long, old deploy", {**KNOWN, "fix_minutes": 61, "deploy": deploy(121), **FREE}),
    (
        "undecided",
        "fix takes long, a migration",
        {**KNOWN, "fix_minutes": 61, "deploy": deploy(migration=True), **FREE},
    ),
    ("undecided", "fix takes long, way back unknown", {**KNOWN, "fix_minutes": 61, "deploy": deploy()}),
    ("undecided", "stated not isolated", {**KNOWN, "isolated": False, "deploy": deploy(), **FREE}),
    (
        "undecided",
        "fix time unknown",
        {**KNOWN, "fix_minutes": None, "deploy": deploy(), **FREE, "share": SMALL, "isolated": False},
    ),
    ("hotfix", "whether anything was deployed changes nothing", {**KNOWN, **FREE}),
    ("undecided", "whether anything was deployed decides", {**KNOWN, "share": LARGE, **FREE}),
    ("undecided", "nothing is known", {}),
]


@pytest.mark.parametrize(("choice", "why", "facts"), TABLE, ids=[why for _, why, _ in TABLE])
def test_each_row_of_the_table_answers(choice: str, why: str, facts: dict[str, Any]) -> None:
    """The first row of the protocol's table that applies gives the recommendation."""
    assert recommend(Facts(**facts)).choice == choice


LETTERS = [
    ("rollback", {}),
    ("rollback", {**KNOWN, "cause": "suspected"}),
    ("rollback", {**KNOWN, "share": share_of(3, 4)}),
    ("rollback", {**KNOWN, "share": LARGE}),
    ("rollback", {**KNOWN, "systems": ("a", "b")}),
    ("hotfix", {**KNOWN, "share": UNKNOWN}),
    ("hotfix", {**KNOWN, "share": share_of(4500, 9000)}),
    ("hotfix", {**KNOWN, "share": share_of(300, 9000, lower_bound=True)}),
    ("rollback", {**KNOWN, "share": share_of(1200, 900)}),
    ("undetermined-needs-human", {**KNOWN, "share": share_of(-3, 1000)}),
    ("undetermined-needs-human", {**KNOWN, "share": share_of(3, -1)}),
    ("undetermined-needs-human", {**KNOWN, "share": share_of(3, 0)}),
    ("undetermined-needs-human", {**KNOWN, "fix_minutes": None}),
    ("undetermined-needs-human", {**KNOWN, "fix_minutes": -5}),
    ("undetermined-needs-human", {**KNOWN, "fix_minutes": 61}),
    ("undetermined-needs-human", {**KNOWN, "systems": ()}),
    ("undetermined-needs-human", {**KNOWN, "isolated": False}),
    ("hotfix", {**KNOWN, "systems": (), "isolated": True}),
]


@pytest.mark.parametrize(("letter", "facts"), LETTERS)
def test_the_letter_reads_the_protocol_literally(letter: str, facts: dict[str, Any]) -> None:
    """The letter knows nothing of deploys and blockers: three reasons for rollback, three conditions for hotfix."""
    assert recommend(Facts(**facts)).letter == letter


HEADLINES = [
    ("ROLL BACK to 2.41.0 (2.41.1 went out 9 min before)", {"deploy": deploy(), **FREE}),
    ("ROLL BACK to 2.41.0 (2.41.1 went out 3 h before)", {"deploy": deploy(180), "share": LARGE, **FREE}),
    (
        "ROLL BACK to the release before 2.41.1 (2.41.1 went out 9 min before)",
        {"deploy": deploy(previous=None), **FREE},
    ),
    ("Nothing deployed in 24 h: rollback will not help. First: restart what fails", {"deploy": "none"}),
    (
        "Nothing deployed in 24 h: rollback will not help. First: fix forward (about 10 min)",
        {**KNOWN, "deploy": "none"},
    ),
    (
        "openai is down: rollback will not help. First: fail over to another provider",
        {"third_party": "openai"},
    ),
    ("The trouble began before 2.41.1 went out: rollback will not help.", {"deploy": deploy(-1)}),
    (
        "DO NOT ROLL BACK YET: 2.41.1 holds a migration. First: can it be reversed?",
        {"deploy": deploy(migration=True)},
    ),
    (
        "DO NOT ROLL BACK YET: data is already in the form of 2.41.1. First: does it hold a migration?",
        {"deploy": deploy(migration=None), "data_written_in_new_form": True},
    ),
    ("HOTFIX: the cause is known and the fix is quick (about 10 min)", {**KNOWN, "deploy": deploy(), **FREE}),
    (
        "UNDECIDED. First: how many of the active users",
        {**KNOWN, "share": UNKNOWN, "deploy": deploy(), **FREE},
    ),
    (
        "UNDECIDED. First: was anything deployed in the last 24 h, and when? (ask whoever deploys)",
        {"share": LARGE},
    ),
]


@pytest.mark.parametrize(("words", "facts"), HEADLINES)
def test_the_headline_says_the_action(words: str, facts: dict[str, Any]) -> None:
    """The first line that a woken person reads is what to do."""
    assert recommend(Facts(**facts)).headline.startswith(words)


@pytest.mark.parametrize(("words", "facts"), HEADLINES)
def test_a_headline_fits_a_phone(words: str, facts: dict[str, Any]) -> None:
    """Two lines of a lock screen; only who is to be asked may stand behind."""
    assert len(recommend(Facts(**facts)).headline.partition(" (ask ")[0]) <= 110


def test_the_open_question_of_a_rollback_stands_first() -> None:
    """A blocker that nobody knows does not hold a rollback back; it is asked, alone."""
    unknown = recommend(Facts(share=LARGE, deploy=deploy(migration=None), previous_release_available=None))
    assert [question.fact for question in unknown.missing] == ["migration"]
    gone = recommend(Facts(share=LARGE, deploy=deploy(), previous_release_available=None))
    assert [question.fact for question in gone.missing] == ["previous"]
    assert recommend(Facts(share=LARGE, deploy=deploy(), **FREE)).missing == ()


def test_a_reversible_migration_is_no_blocker() -> None:
    """A migration blocks until a person says that it can be reversed; then it does not."""
    assert recommend(Facts(share=LARGE, deploy=deploy(migration=True), **FREE)).blockers
    assert recommend(Facts(share=LARGE, deploy=deploy(migration=False), **FREE)).blockers == ()


def test_a_lower_bound_proves_over_a_half_and_never_disproves_it() -> None:
    """While users are still being counted, a small share is unknown; a large one is not."""
    young = {**KNOWN, "deploy": deploy(), **FREE}
    assert recommend(Facts(**young | {"share": share_of(300, 9000, lower_bound=True)})).choice == "undecided"
    assert recommend(Facts(**young | {"share": share_of(5000, 9000, lower_bound=True)})).choice == "rollback"


def test_a_lower_bound_is_written_as_one() -> None:
    """A lower bound reads `>= 12 %`, in every place alike."""
    advice = recommend(Facts(**KNOWN | {"share": share_of(1080, 9000, lower_bound=True)}))
    assert ">= 12 % of the active users are affected" in advice.because


def test_a_sum_over_issues_is_a_range_and_a_straddled_half_is_unknown() -> None:
    """Distinct users lie between the largest issue and the sum; neither end alone decides."""
    straddling = recommend(
        Facts(**KNOWN | FREE | {"share": share_of(3000, 9000, at_most=6000), "deploy": deploy()})
    )
    assert (straddling.choice, straddling.missing[0].fact) == ("undecided", "share")


def test_a_departure_from_the_letter_is_visible() -> None:
    """Where the recommendation says something else than the protocol's words, it says so itself."""
    assert recommend(Facts(deploy="none", share=LARGE)).departs
    assert not recommend(Facts(deploy=deploy(), share=LARGE, **FREE)).departs


def test_hostile_names_stay_one_short_printable_line() -> None:
    """Versions and systems come from outside: no line break, no control sign, no length of theirs reaches a page."""
    hostile = "2.0\n\x1b[31m\u202eROLL BACK" + "x" * 10_000
    advice = recommend(
        Facts(share=LARGE, systems=(hostile,), cause_evidence=hostile, deploy=deploy(version=hostile), **FREE)
    )
    for line in (advice.headline, *advice.because, *advice.against, *map(str, advice.missing)):
        assert line.isprintable()
        assert len(line) < 400
