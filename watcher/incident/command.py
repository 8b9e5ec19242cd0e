"""Commands: what was observed of an incident, and what people ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from notifiers.page import Receipt
from rules.signal import Category
from watcher.incident.event import ChangeSeen
from watcher.incident.findings import ImpactMeasured, Stated
from watcher.incident.record import Policy, Sign
from watcher.incident.responding import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Signals that no open incident covers are a P0."""

    signs: tuple[Sign, ...]
    environment: str
    group: str
    rulebook: str
    policy: Policy
    service: str
    changes: tuple[ChangeSeen, ...]  # newest first
    deploys_told: bool = False  # somebody tells us of deploys
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """A source looked: these of the incident's signals fail (or are new), these do not."""

    failing: tuple[Sign, ...] = ()
    clean: tuple[str, ...] = ()  # refs


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsee:
    """A source cannot see since then."""

    source: str | None  # None: nothing was watched at all (we were down)
    since: datetime
    broken: bool = False  # it answered badly, not yet so often that it fails
    blind: bool = False  # it cannot see at all: whether something fails, or does not, nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    by: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseWatch:
    """Nobody is watching, or was: we were down (that is over), or our own network is away."""

    because: Literal["down", "offline"]
    since: datetime | None = None  # what was clean stops counting there


@dataclass(frozen=True, slots=True)
class RegainWatch:
    """Our own network is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFalse:
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    by: str
    text: str
    action: bool = True  # of somebody who works on it; a report is none
    ref: str = ""  # the signal that it is about, where a source says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Evidence of who is affected; `at` is set when it is recorded."""

    impact: ImpactMeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeChange:
    """Evidence of a deploy."""

    change: ChangeSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeNoChange:
    """Evidence that nothing was deployed: its source is told of deploys, and of none within the window."""

    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCause:
    """Evidence of a cause; `known` only where it is certain."""

    cause: Literal["known", "suspected"]
    evidence: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindThirdParty:
    """Evidence that a third party is down; None: that it is not any more."""

    name: str | None
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a person knows; a value of None takes a statement back."""

    by: str
    facts: Mapping[Stated, str | int | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    by: str
    choice: Path
    text: str = ""
    after: int | None = None  # the decisions whoever decides knew of; None: they were not shown any


@dataclass(frozen=True, slots=True, kw_only=True)
class TickItem:
    """A person did, or saw, what stands on the checklist."""

    by: str
    item: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person looks at the incident's page, where the deployments stand."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """A person says that the fix is out; what is not named is what was proposed, or what the decision meant."""

    by: str
    version: str | None = None
    deployed_at: datetime | None = None  # None: now


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeLife:
    """A release is in use: an event, a session, the version in a health answer."""

    version: str | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Words for the stakeholders."""

    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A security incident may be spoken of."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAdvice:
    """Afterwards: was the recommendation right?"""

    by: str
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    by: str
    incident: str = ""  # the one that takes it up


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss:
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare:
    """A person says that there is a P0."""

    by: str
    category: Category
    text: str
    environment: str = "production"
    system: str | None = None
    drill: bool = False  # real pages, marked; out of every response time
    speed: int = 1  # a drill's ladder is climbed so many times faster


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A person says that something is broken; the rules judge the words."""

    by: str
    text: str
    via: str  # "api", "cli", "mqtt"
    environment: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One attempt to deliver a page came to its end."""

    page: int
    target: str
    attempt: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


class Refused(Exception):  # noqa: N818 - the word people read
    """A command that cannot be carried out now; the state is unchanged. The text says why, for people."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because
