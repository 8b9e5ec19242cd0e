"""Questions: a fact that is missing, and who can supply it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Asked = Literal[
    "share",
    "deploy",
    "onset",
    "systems",
    "quick",
    "cause",
    "migration",
    "previous",
    "data",
    "alone",
    "third-party",
    "way-forward",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One missing fact as a question, and who can answer it."""

    fact: Asked
    text: str
    who: str

    def __str__(self) -> str:
        return f"{self.text} (ask {self.who})"
