"""Facts: what is known of an incident when somebody must choose between rollback and hotfix.

Every fact has three values: yes, no and unknown. What was never learned is unknown, and so is an impossible number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

HALF = 0.5
"""Strictly more than this share of the users indicates a rollback."""

ACTIVE_MIN = 20
"""A share of fewer active users is noise: it never indicates a rollback."""

QUICK_MINUTES = 60
"""A fix of at most so many minutes is quick."""

DEPLOY_WINDOW = timedelta(hours=24)
"""A deploy longer before the trouble is nothing that a rollback would undo."""

DEPLOY_RECENT = timedelta(hours=2)
"""A deploy at most so long before the trouble is suspected by its time alone."""

Cause = Literal["known", "suspected", "unknown"]

Timing = Literal["none", "recent", "old"]
"""The last deploy as seen from the trouble: nothing to undo, at most two hours before it, or at most a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What part of the active users is affected: `low..high`, 0 to 1. All of 0 to 1 is unknown.

    Where it is a `lower_bound` (the incident is younger than the window that users are counted in), it may prove
    "over a half", never disprove it. `impossible` says that counts were given and cannot be true.
    """

    low: float = 0.0
    high: float = 1.0
    measure: str = "users"  # what was counted, in words
    active: int | None = None  # how many active users it is a share of
    lower_bound: bool = False
    impossible: bool = False

    @property
    def usable(self) -> bool:
        """Whether the numbers can be true; not-a-number is neither below nor above anything."""
        return not self.impossible and 0 <= self.low <= self.high

    @property
    def over_half(self) -> bool | None:
        """Whether more than a half is affected."""
        if not self.usable:
            return None
        if self.low > HALF:
            return True
        return False if self.high <= HALF and not self.lower_bound else None

    @property
    def tiny(self) -> bool:
        """Whether it is a share of too few users to say anything."""
        return self.active is not None and 0 <= self.active < ACTIVE_MIN


def share_of(
    affected: int | None,
    active: int | None,
    *,
    at_most: int | None = None,
    measure: str = "users",
    lower_bound: bool = False,
) -> Share:
    """The share that `affected` (up to `at_most`) of `active` users are; more than all of them reads as all."""
    most = affected if at_most is None else at_most
    if _impossible(affected) or _impossible(most) or _impossible(active) or (affected and active == 0):
        return Share(measure=measure, active=active, impossible=True)
    if affected is None or most is None or active is None:
        return Share(measure=measure, active=active, lower_bound=lower_bound)
    whole = max(active, 1)
    return Share(
        low=min(affected / whole, 1.0),
        high=min(max(most, affected) / whole, 1.0),
        measure=measure,
        active=active,
        lower_bound=lower_bound,
    )


def _impossible(count: int | None) -> bool:
    return count is not None and count < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """The deploy that a rollback would undo: the last one before the trouble, or the last at all where all came later.

    `before_onset` is how long before the trouble it went out (negative: after it began), `age` how long ago.
    A `migration` counts as irreversible until a person says that it is not.
    """

    version: str
    previous: str | None = None
    before_onset: timedelta | None = None
    age: timedelta | None = None
    migration: bool | None = None
    source: str = ""  # who says so: "api", "sentry:NAME", a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known; the defaults know nothing."""

    share: Share = Share()
    systems: tuple[str, ...] = ()  # names of failing systems; none named is unknown
    isolated: bool | None = None  # as a person stated it
    cause: Cause = "unknown"
    cause_evidence: str = ""
    fix_minutes: int | None = None
    quick_minutes: int = QUICK_MINUTES
    third_party: str | None = None  # the third party that is down
    deploy: Deploy | Literal["none", "unknown"] = "unknown"  # "none": nothing in the deploy window
    previous_release_available: bool | None = None
    data_written_in_new_form: bool | None = None
    errors_only_in_this_release: bool | None = None
    trouble_began_before_deploy: bool | None = None

    @property
    def distinct_systems(self) -> tuple[str, ...]:
        """The named systems, each once, in the order of their first mention."""
        first: dict[str, str] = {}
        for name in self.systems:
            first.setdefault(name.strip().casefold(), name.strip())
        return tuple(name for name in first.values() if name)

    @property
    def several_systems(self) -> bool | None:
        """Whether several systems fail. Where none is named, a person's "isolated" means one."""
        if names := self.distinct_systems:
            return len(names) > 1
        return False if self.isolated else None

    @property
    def is_isolated(self) -> bool | None:
        """Whether it is isolated: as stated, else whether exactly one system fails."""
        if self.isolated is not None or not self.distinct_systems:
            return self.isolated
        return not self.several_systems

    @property
    def cause_known(self) -> bool:
        return self.cause == "known"

    @property
    def quick(self) -> bool | None:
        """Whether the fix is quick; a negative estimate is no estimate."""
        if self.fix_minutes is None or self.fix_minutes < 0:
            return None
        return self.fix_minutes <= self.quick_minutes

    @property
    def last_deploy(self) -> Deploy | None:
        return self.deploy if isinstance(self.deploy, Deploy) else None

    @property
    def migration(self) -> bool | None:
        """Whether the deploy holds a migration that cannot be reversed."""
        return self.last_deploy.migration if self.last_deploy else None
