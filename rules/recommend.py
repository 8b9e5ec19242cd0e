"""The recommendation: what the facts mean, with its reasons. The daemon recommends; a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rules import advice, asking
from rules.decision import Choice, Completion, RowName, completions, deciding
from rules.facts import Facts
from rules.question import Question

Letter = Literal["rollback", "hotfix", "undetermined-needs-human"]

MISSING_MAX = 3
"""Nobody answers more questions than these at three in the morning."""

WITHOUT_ROLLBACK: frozenset[RowName | None] = frozenset(
    {"nothing-to-undo", "cannot-run-old-code", "previous-release-gone"}
)
"""The rows in which no rollback will help, so that something else must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to do, and why. `letter` is what the protocol's plain words say of the same facts.

    `missing` asks at most three questions; a rollback's one open question stands first in it.
    `blockers` are known reasons why a rollback cannot be done. `mitigations` help where it has nothing to undo,
    or cannot be done.
    """

    choice: Choice
    letter: Letter
    headline: str
    because: tuple[str, ...]
    against: tuple[str, ...] = ()
    missing: tuple[Question, ...] = ()
    blockers: tuple[str, ...] = ()
    mitigations: tuple[str, ...] = ()

    @property
    def departs(self) -> bool:
        """Whether it says something else than the letter; where it does, both are shown."""
        return self.letter != ("undetermined-needs-human" if self.choice == "undecided" else self.choice)


def recommend(facts: Facts) -> Recommendation:
    """Judge everything that the missing facts could be; where the answers differ, it is undecided and asks.

    It never raises: what cannot be true is unknown.
    """
    found = tuple(completions(facts))
    choices = {one.choice for one in found}
    choice = found[0].choice if len(choices) == 1 else "undecided"
    missing = _missing(facts, found, choice)
    row = _row(found)
    return Recommendation(
        choice=choice,
        letter=letter(facts),
        headline=advice.headline(facts, choice, row, missing),
        because=advice.because(facts, row),
        against=advice.against(facts, choice, row),
        missing=missing,
        blockers=advice.blockers(facts),
        mitigations=advice.mitigations(facts) if row in WITHOUT_ROLLBACK else (),
    )


def letter(facts: Facts) -> Letter:
    """The protocol's own three lines, literally: an unknown share is not over a half, a tiny one counts in full."""
    if not facts.cause_known or facts.share.over_half or facts.several_systems:
        return "rollback"
    if facts.share.usable and facts.is_isolated and facts.quick:
        return "hotfix"
    return "undetermined-needs-human"


def _row(found: tuple[Completion, ...]) -> RowName | None:
    """The row that answered, where it is the same one whatever the missing facts are."""
    rows = {one.row for one in found}
    return found[0].row if len(rows) == 1 else None


def _missing(facts: Facts, found: tuple[Completion, ...], choice: Choice) -> tuple[Question, ...]:
    if choice == "hotfix":
        return ()
    if choice == "rollback":
        return asking.open_question(facts)
    turning = deciding(found)
    asked = asking.ask(facts, turning) if turning else asking.ask_of_rows(facts, {one.row for one in found})
    return asked[:MISSING_MAX]
