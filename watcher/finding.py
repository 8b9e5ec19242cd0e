"""What a check-up finds: one thing that was looked at, and the mend where it is not good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault is mended before the daemon can do its work; a warning may be meant."""

    level: Level
    text: str
