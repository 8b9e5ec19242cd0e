"""Verdicts: what the rulebook says of one signal, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from rules.signal import Category, Signal

Outcome = Literal["p0", "suspicion", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to a source: how many distinct users met these issues together within the window?

    The answer is a signal whose `counts_together` names them.
    """

    source: str
    keys: tuple[str, ...]  # of its issues, sorted; at most some hundred
    environment: str | None
    window: timedelta
    rule: str  # that would fire if they are enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A P0, a suspicion (a person should look), or nothing.

    `because` holds one sentence a reason, ready to be shown; the first names the rule's own words.
    `shadow` names the rules in shadow mode that would have fired: recorded, never paged.
    `ask` is what the source must count before more can be said; issues of one fault carry the same question.
    """

    signal: Signal
    outcome: Outcome
    rule: str | None = None
    category: Category | None = None
    system: str | None = None
    because: tuple[str, ...] = ()
    shadow: tuple[str, ...] = ()
    ask: Ask | None = None
