"""How far one ladder has been climbed. Part of an incident's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """The last page of a rung: when, and its version in the stream."""

    at: datetime
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """One ladder since it began. After an expired acknowledgement it begins again with its `owner`, then `level`."""

    began: datetime
    owner: str | None = None
    level: int = 0  # the policy's rung at which it resumes behind the owner
    fired: Mapping[int, Fired] = field(default_factory=dict)
    hurried: Mapping[int, datetime] = field(
        default_factory=dict
    )  # rungs due since the one before reached nobody

    def fire(self, rung: int, at: datetime, page: int) -> Climb:
        return replace(self, fired={**self.fired, rung: Fired(at, page)})

    def hurry(self, rung: int, at: datetime) -> Climb:
        return replace(self, hurried={**self.hurried, rung: at})

    def policy_rung(self, rung: int) -> int:
        """The policy's rung behind one of this ladder; the owner of an expired acknowledgement stands below them."""
        if self.owner is None:
            return rung
        return self.level + rung - 1 if rung else 0

    @property
    def reached(self) -> int:
        """The policy's highest rung that has fired."""
        return max(self.level, self.policy_rung(max(self.fired, default=0)))
