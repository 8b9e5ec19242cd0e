"""What is asked of whom, where the facts do not decide. Plain text, each line short."""

from __future__ import annotations

from collections.abc import Iterable

from rules.decision import RowName, Unknown
from rules.facts import Facts
from rules.naming import release, short
from rules.question import Asked, Question

LEFT_OPEN = "let a person weigh it"
"""Where nothing that could be asked would decide."""

WHO: dict[Asked, str] = {
    "share": "whoever can read the user counts",
    "deploy": "whoever deploys",
    "onset": "whoever saw it first",
    "systems": "the on-call, from the health pages",
    "quick": "the developer who knows that code",
    "cause": "the developer who knows that code",
    "migration": "the author of the release",
    "previous": "whoever deploys",
    "data": "the author of the release",
    "alone": "the on-call, from the release tag of the errors",
    "third-party": "the on-call, from the provider's status page",
    "way-forward": "the on-call with the CTO",
}


def question(fact: Asked, facts: Facts) -> Question:
    """The question that supplies one missing fact."""
    named = release(facts)
    text: dict[Asked, str] = {
        "share": f"how many of the active {short(facts.share.measure)} are affected, of how many?",
        "deploy": "was anything deployed in the last 24 h, and when?",
        "onset": f"did the trouble begin before {named} went out?",
        "systems": "which systems fail: one, or several?",
        "quick": "how many minutes will the fix take?",
        "cause": "what is the root cause?",
        "migration": f"can the migration of {named} be reversed?"
        if facts.migration
        else f"does {named} hold a migration that cannot be reversed?",
        "previous": f"is the release before {named} still there?",
        "data": f"is data already in the form of {named}?",
        "alone": f"do the errors occur in {named} alone?",
        "third-party": "when is the third party back, and what can stand in for it?",
        "way-forward": "what keeps the users working until the fix is out?",
    }
    return Question(fact=fact, text=text[fact], who=WHO[fact])


def open_question(facts: Facts) -> tuple[Question, ...]:
    """The one thing to ask before a rollback: the first blocker that nobody knows."""
    if facts.migration is None:
        return (question("migration", facts),)
    return () if facts.previous_release_available is not None else (question("previous", facts),)


def ask(facts: Facts, turning: Iterable[Unknown]) -> tuple[Question, ...]:
    """The questions whose answers turn the recommendation."""
    when: Asked = "deploy" if facts.last_deploy is None else "onset"
    asked: dict[Unknown, Asked] = {"deploy": when, "share": "share", "systems": "systems", "quick": "quick"}
    return tuple(question(asked[one], facts) for one in turning)


_OF_ROWS: dict[RowName, tuple[Asked, ...]] = {
    "cannot-run-old-code": ("migration", "data", "cause", "quick"),
    "previous-release-gone": ("cause", "quick"),
    "old-deploy-unknown-cause": ("alone", "cause", "quick"),
    "fix-takes-long": ("migration", "previous"),
    "nothing-to-undo": ("cause", "quick"),
    "anything-else": ("way-forward",),
}


def ask_of_rows(facts: Facts, rows: set[RowName]) -> tuple[Question, ...]:
    """What would help where the rows answer `undecided` whatever else is learned; never nothing."""
    wanted: list[Asked] = ["third-party"] if facts.third_party else []
    for row, of_row in _OF_ROWS.items():
        wanted += [fact for fact in of_row if row in rows and _unsettled(fact, facts)]
    asked: list[Asked] = wanted or ["way-forward"]
    return tuple(question(fact, facts) for fact in dict.fromkeys(asked))


def _unsettled(fact: Asked, facts: Facts) -> bool:
    settled: dict[Asked, bool] = {
        "cause": facts.cause_known,
        "quick": facts.quick is not None,
        "migration": facts.migration is False,  # a known one may turn out to be reversible
        "data": facts.data_written_in_new_form is not None,
        "previous": facts.previous_release_available is not None,
        "alone": facts.errors_only_in_this_release is not None,
    }
    return not settled.get(fact, False)


def in_few_words(facts: Facts, missing: tuple[Question, ...]) -> str:
    """The first question as a headline asks it, behind the name of the release."""
    if not missing:
        return LEFT_OPEN
    few: dict[Asked, str] = {
        "migration": "can it be reversed?" if facts.migration else "does it hold a migration?",
        "data": "is data already in its form?",
    }
    return few.get(missing[0].fact, missing[0].text)
