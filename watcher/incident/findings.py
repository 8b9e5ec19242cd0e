"""Facts of the search for what happened: who is affected, why, what people know, what was decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime

from watcher.incident.event import Event
from watcher.incident.responding import Path

Stated = Literal[
    "root-cause",  # words
    "isolated",  # yes or no
    "affected",  # a number of users
    "fix-minutes",
    "migration",  # whether the deploy holds one that cannot be undone
    "previous-release",  # whether it can still be deployed
    "third-party",  # the name of one that is down
    "data-written",  # whether data was written in the new form already
]


class ImpactMeasured(Event):
    """Who is affected, by one way of counting, named. Users are distinct, `affected..at_most`.

    A `lower_bound` may prove "over a half", never disprove it.
    """

    measure: str
    affected: int | None = None
    at_most: int | None = None
    active: int | None = None
    window: timedelta | None = None
    lower_bound: bool = False
    clamped: bool = False  # more were counted than are active
    groups: tuple[tuple[str, int], ...] = ()  # by tier, release, country: "plan PREMIUM" -> users
    error_rate: float | None = None  # 0..1, of requests or sessions
    everyone: bool = False  # nothing critical answers any more: all users, however many they are


class MajorityAffected(Event):
    """More than half of the users: said once, and it stays said."""

    measure: str


class CauseFound(Event):
    """What the evidence says of the cause: suspected is not known."""

    cause: Literal["known", "suspected"]
    evidence: str
    url: str = ""


class ThirdPartyDown(Event):
    """A failing component that the configuration names as somebody else's; None: it does not fail any more."""

    name: str | None
    told_by: str


class NothingDeployed(Event):
    """Whoever is told of deploys was told of none within the window before the trouble."""

    told_by: str


class FactStated(Event):
    """What a person knows. The last statement of a fact counts; None takes it back."""

    by: str
    fact: Stated
    value: str | int | bool | None


class Decided(Event):
    """A person's choice, beside what was recommended at that moment."""

    by: str
    choice: Path
    recommended: str
    text: str = ""

    @property
    def followed(self) -> bool | None:
        """Whether it is what was recommended; None where nothing was."""
        return None if self.recommended == "undecided" else self.choice == self.recommended


class Judged(Event):
    """Afterwards: was the recommendation right?"""

    by: str
    right: bool
    at_choice: AwareDatetime | None = None


__all__ = [
    "CauseFound",
    "Decided",
    "FactStated",
    "ImpactMeasured",
    "Judged",
    "MajorityAffected",
    "NothingDeployed",
    "Stated",
    "ThirdPartyDown",
]
