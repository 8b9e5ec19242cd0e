"""What an incident knows of impact and cause, and what people said. Part of its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from rules.facts import Cause, Share, share_of
from watcher.incident.event import Event
from watcher.incident.findings import (
    CauseFound,
    Decided,
    FactStated,
    ImpactMeasured,
    Judged,
    MajorityAffected,
    NothingDeployed,
    Stated,
    ThirdPartyDown,
)
from watcher.incident.responding import Path

T = TypeVar("T", bool, int, str)

STATED = "users, as stated by a person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The last measurement of each measure in the order of their first, the surest cause, the last statements."""

    impacts: Mapping[str, ImpactMeasured] = field(default_factory=dict)
    majority: ImpactMeasured | None = None  # what proved it
    majority_at: datetime | None = None
    cause_found: CauseFound | None = None
    third_party_found: str | None = None
    nothing_deployed: bool = False  # as somebody says who is told of deploys
    stated: Mapping[Stated, FactStated] = field(default_factory=dict)
    decided: Decided | None = None  # the last decision
    decisions: tuple[Decided, ...] = ()
    judged: Judged | None = None

    @property
    def chosen(self) -> Path | None:
        """The path that a person decided last."""
        return self.decided.choice if self.decided is not None else None

    def said(self, fact: Stated, kind: type[T]) -> T | None:
        """What a person last stated; None where nobody did, or took it back."""
        statement = self.stated.get(fact)
        value = statement.value if statement else None
        return value if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) else None

    @property
    def cause(self) -> tuple[Cause, str]:
        """How well the cause is known, and by what: a person's word, else the evidence."""
        words = self.said("root-cause", str)
        if words:
            return "known", words
        if self.cause_found is not None:
            return self.cause_found.cause, self.cause_found.evidence
        return "unknown", ""

    @property
    def third_party(self) -> str | None:
        """The third party that is down: as a person says, else as the evidence does."""
        return self.said("third-party", str) or self.third_party_found

    @property
    def impact(self) -> ImpactMeasured | None:
        """The measurement that speaks: one that proves a majority, else the first that has a share, else the first."""
        every = list(self.impacts.values())
        proving = (i for i in every if share(i).over_half)
        sharing = (i for i in every if i.affected is not None and i.active)
        return next(proving, None) or next(sharing, None) or next(iter(every), None)

    @property
    def speaking(self) -> ImpactMeasured | None:
        """The measurement behind the share: once a majority was proved, what proved it speaks until another does."""
        found = self.impact
        if self.majority is None or (found is not None and share(found).over_half):
            return found
        return self.majority if found is not None else None

    @property
    def users_active(self) -> int | None:
        """How many users are active, as the first measure of users says; requests and endpoints are no users."""
        every = (i for i in self.impacts.values() if i.measure.startswith("users") and not i.everyone)
        return next((impact.active for impact in every if impact.active), None)

    @property
    def share(self) -> Share:
        """The share of users affected. A person's number counts before a measured one, where it makes a share."""
        speaking, affected = self.speaking, self.said("affected", int)
        measured = share(speaking) if speaking is not None else Share()
        if affected is None or (self.users_active is None and measured.over_half is not None):
            return measured
        return share_of(affected, self.users_active, measure=STATED)


def share(impact: ImpactMeasured) -> Share:
    """What part of the active users one measurement says."""
    if impact.everyone:
        return Share(low=1.0, high=1.0, measure=impact.measure)
    if impact.affected is None:  # its measure says why nobody counts: it is nothing to ask for
        return Share()
    return share_of(
        impact.affected,
        impact.active,
        at_most=impact.at_most,
        measure=impact.measure,
        lower_bound=impact.lower_bound,
    )


def evolve(known: Knowledge, event: Event) -> Knowledge:
    """What is known after one more fact; what is no finding changes nothing."""
    match event:
        case ImpactMeasured():
            return replace(known, impacts={**known.impacts, event.measure: event})
        case MajorityAffected():
            proof = known.majority or known.impacts.get(event.measure)
            return replace(known, majority=proof, majority_at=known.majority_at or event.at)
        case CauseFound():
            surer = known.cause_found is None or event.cause == "known" or known.cause_found.cause != "known"
            return replace(known, cause_found=event if surer else known.cause_found)
        case NothingDeployed():
            return replace(known, nothing_deployed=True)
        case ThirdPartyDown():
            return replace(known, third_party_found=event.name)
        case FactStated():
            return replace(known, stated={**known.stated, event.fact: event})
        case Decided():
            return replace(known, decided=event, decisions=(*known.decisions, event))
        case Judged():
            return replace(known, judged=event)
    return known
