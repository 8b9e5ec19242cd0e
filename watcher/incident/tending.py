"""What is asked of the daemon's own stream: to prove its paths, and to say how it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCare:
    """What the configuration says of the canary."""

    service: str
    canary: str | None = None
    in_turn: tuple[str, ...] = ()
    every: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvePage:
    """Send somebody (a role, a contact) a test page."""

    to: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerProof:
    """A person answers a test page."""

    page: int
    by: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailAudit:
    """Our own promises do not hold."""

    complaints: tuple[str, ...]
    also: tuple[str, ...] = ()  # targets that stand in for others


@dataclass(frozen=True, slots=True)
class PassAudit:
    """They hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWeakness:
    """Somebody who is on call might not be woken."""

    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDrill:
    """A drill was acknowledged by a person."""

    incident: int
    by: str
    took: timedelta
