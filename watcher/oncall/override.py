"""An override: one person is on call instead of whoever would be, for a while, because somebody arranged it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`person` has it from `begins` up to but without `ends`; of several that hold the newest number counts."""

    number: int
    person: str
    begins: datetime
    ends: datetime

    def holds(self, now: datetime) -> bool:
        return self.begins <= now < self.ends
