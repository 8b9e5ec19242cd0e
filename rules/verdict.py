"""Verdicts: what the rulebook says of one signal, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rules.signal import Category, Signal

Outcome = Literal["p0", "suspicion", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A P0, a suspicion (a person should look), or nothing.

    `because` holds one sentence a reason, ready to be shown; the first names the rule's own words.
    `shadow` names the rules in shadow mode that would have fired: recorded, never paged.
    """

    signal: Signal
    outcome: Outcome
    rule: str | None = None
    category: Category | None = None
    system: str | None = None
    because: tuple[str, ...] = ()
    shadow: tuple[str, ...] = ()
