"""The decision table: rollback, hotfix or undecided for facts that are complete, and what incomplete facts could be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Literal, NamedTuple

from rules.facts import DEPLOY_RECENT, DEPLOY_WINDOW, Deploy, Facts, Timing

Choice = Literal["rollback", "hotfix", "undecided"]

RowName = Literal[
    "nothing-to-undo",
    "cannot-run-old-code",
    "previous-release-gone",
    "old-deploy-unknown-cause",
    "rollback-indicated",
    "hotfix-fits",
    "fix-takes-long",
    "anything-else",
]

Unknown = Literal["share", "deploy", "systems", "quick"]
"""The facts that are completed with everything they could be. An unknown cause and an unknown blocker are values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Facts without an unknown. The blockers keep theirs: `stuck` and `gone` are known ones, `clear` is known absence."""

    known: bool  # the cause is identified
    over: bool  # more than a half of the users, of enough users
    several: bool
    isolated: bool
    quick: bool
    timing: Timing
    third_party: bool
    stuck: bool  # old code cannot run: an irreversible migration, or data in the new form
    gone: bool  # the previous release no longer exists
    clear: bool  # nothing stands in the way of a rollback
    alone: bool  # the errors occur in the deployed release alone

    @property
    def undoable(self) -> bool:
        """Whether a rollback would undo anything."""
        return self.timing != "none" and not self.third_party

    @property
    def indicated(self) -> bool:
        return not self.known or self.over or self.several

    @property
    def cause_alone(self) -> bool:
        """Whether nothing but the missing cause indicates a rollback."""
        return not self.known and not self.over and not self.several

    @property
    def fixable(self) -> bool:
        return self.known and self.quick


class Row(NamedTuple):
    """One row: the first whose facts apply answers."""

    name: RowName
    applies: Callable[[Case], bool]
    then: Choice
    where: Callable[[Case], bool]
    otherwise: Choice


def _always(_: Case) -> bool:
    return True


ROWS: tuple[Row, ...] = (
    Row("nothing-to-undo", lambda c: not c.undoable, "hotfix", lambda c: c.fixable, "undecided"),
    Row("cannot-run-old-code", lambda c: c.indicated and c.stuck, "undecided", _always, "undecided"),
    Row(
        "previous-release-gone", lambda c: c.indicated and c.gone, "hotfix", lambda c: c.fixable, "undecided"
    ),
    Row(
        "old-deploy-unknown-cause",
        lambda c: c.cause_alone and c.timing == "old",
        "rollback",
        lambda c: c.alone,
        "undecided",
    ),
    Row("rollback-indicated", lambda c: c.indicated, "rollback", _always, "rollback"),
    Row("hotfix-fits", lambda c: c.isolated and c.quick, "hotfix", _always, "hotfix"),
    Row(
        "fix-takes-long",
        lambda c: not c.quick,
        "rollback",
        lambda c: c.timing == "recent" and c.clear,
        "undecided",
    ),
    Row("anything-else", _always, "undecided", _always, "undecided"),
)
"""The owner's table, in its order. From the sixth row on no rollback is indicated, so the cause is known."""


def judge(case: Case) -> tuple[RowName, Choice]:
    """The first row that applies, and its answer."""
    row = next(row for row in ROWS if row.applies(case))
    return row.name, row.then if row.where(case) else row.otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One way in which the unknown facts could turn out, and what follows."""

    key: tuple[object, ...]  # one value for each of UNKNOWNS, in their order
    row: RowName
    choice: Choice


UNKNOWNS: tuple[Unknown, ...] = ("deploy", "share", "systems", "quick")
"""In the order in which people can answer them fastest."""


def completions(facts: Facts) -> Iterator[Completion]:
    """Everything that the missing facts could be, judged. At most 3 x 2 x 2 x 2 cases."""
    for key in product(timings(facts), _shares(facts), _scopes(facts), _either(facts.quick)):
        timing, over, (several, isolated), quick = key
        row, choice = judge(_case(facts, timing, over=over, several=several, isolated=isolated, quick=quick))
        yield Completion(key=key, row=row, choice=choice)


def deciding(found: tuple[Completion, ...]) -> tuple[Unknown, ...]:
    """The unknown facts that turn the answer all by themselves in at least one case."""
    return tuple(name for place, name in enumerate(UNKNOWNS) if _turns(found, place))


def _turns(found: tuple[Completion, ...], place: int) -> bool:
    answers: dict[tuple[object, ...], set[Choice]] = {}
    for one in found:
        others = one.key[:place] + one.key[place + 1 :]
        answers.setdefault(others, set()).add(one.choice)
    return any(len(choices) > 1 for choices in answers.values())


def timings(facts: Facts) -> tuple[Timing, ...]:
    """What the last deploy could be, as seen from the trouble. A person's word on which came first stands."""
    if facts.deploy == "none" or facts.trouble_began_before_deploy:
        return ("none",)
    deploy = facts.last_deploy
    if deploy is None:
        return ("none", "recent", "old")
    if deploy.before_onset is None:
        return _by_age(deploy, came_first=facts.trouble_began_before_deploy is False)
    if facts.trouble_began_before_deploy is False:
        return (_timing(max(deploy.before_onset, timedelta(0))),)
    return (_timing(deploy.before_onset),)


def _by_age(deploy: Deploy, *, came_first: bool) -> tuple[Timing, ...]:
    """Without an onset the age alone speaks: a deploy is at most as long before the trouble as it is old."""
    by_age = None if deploy.age is None else _timing(deploy.age)
    if by_age == "none":
        return ("none",)
    possible: tuple[Timing, ...] = ("recent",) if by_age == "recent" else ("recent", "old")
    return possible if came_first else ("none", *possible)


def _timing(before: timedelta) -> Timing:
    if before < timedelta(0) or before > DEPLOY_WINDOW:
        return "none"
    return "recent" if before <= DEPLOY_RECENT else "old"


def _either(fact: bool | None) -> tuple[bool, ...]:  # noqa: FBT001 - the fact itself, in its three values
    return (True, False) if fact is None else (fact,)


def _shares(facts: Facts) -> tuple[bool, ...]:
    return (False,) if facts.share.tiny else _either(facts.share.over_half)


def _scopes(facts: Facts) -> tuple[tuple[bool, bool], ...]:
    """(several systems fail, isolated): unless a person stated it, the one is the contrary of the other."""
    return tuple(
        (several, not several if facts.is_isolated is None else facts.is_isolated)
        for several in _either(facts.several_systems)
    )


def _case(facts: Facts, timing: Timing, *, over: bool, several: bool, isolated: bool, quick: bool) -> Case:
    stuck = facts.migration is True or facts.data_written_in_new_form is True
    return Case(
        known=facts.cause_known,
        over=over,
        several=several,
        isolated=isolated,
        quick=quick,
        timing=timing,
        third_party=bool(facts.third_party),
        stuck=stuck,
        gone=facts.previous_release_available is False,
        # Without a migration nobody states that no data has a new form: silence on it blocks nothing.
        clear=not stuck and facts.migration is False and facts.previous_release_available is True,
        alone=facts.errors_only_in_this_release is True,
    )
