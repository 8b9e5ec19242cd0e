"""Facts. Frozen, in the past tense, tagged and versioned: they cross the disk and stay readable for ever.

An event holds flat records of its own (ids, words, numbers, masked text), so that what is on disk depends on no
other package's classes. A changed shape raises `SCHEMA` and brings an upcaster (watcher/log/upcast.py).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from notifiers.page import Kind, Reason
from rules.signal import Category
from watcher.incident.record import Delivery, Policy, Record, Sign

Ladder = Literal["unacknowledged", "unmitigated"]
Purpose = Literal[
    "rung",  # a step of a ladder
    "widened",
    "reopened",
    "turned",  # the recommendation is another one
    "news",  # what joined since the last page
    "still-on-it",  # an acknowledgement is about to expire
    "taken",
    "recovered",
    "closed",
    "suspicion",
    "blind",
    "test",  # a person tries whether a page arrives
    "canary",  # the same on schedule, quietly
    "audit",  # the watcher itself is not well
    "care",  # somebody who is on call could not be woken
    "practice",  # the last drill was long ago
    "update",  # to the stakeholders
    "checkpoint",  # one is about to lapse
    "words",  # the next update leaves without anybody's words
    "deploy",  # something was deployed: is it the fix?
    "unverified",  # what was deployed fails, or nothing is seen of it
    "behind",  # rolled back is not finished
    "postmortem",
    "override",  # somebody else is on call for a while
]


class Event(Record):
    """A fact and the moment it became true (effective time, UTC)."""

    SCHEMA: ClassVar[int] = 1
    at: AwareDatetime


class PageRequested(Event):
    """A page is owed. This row is the outbox entry; its id is its stream and version.

    `to` holds roles, contacts or "@target"; `deliveries` is who that was at this moment.
    """

    kind: Kind
    purpose: Purpose
    to: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    ladder: Ladder | None = None
    rung: int | None = None
    loudest: bool = False  # a repetition: only the targets that wake
    about: str = ""  # which one of its purpose: a checkpoint, a message
    deliveries: tuple[Delivery, ...] = ()


class PageAccepted(Event):
    """A target took the page."""

    page: int
    target: str
    attempt: int


class PageFailed(Event):
    """An attempt failed; it is tried again at `retry_at`, or never where that is None."""

    page: int
    target: str
    attempt: int
    reason: Reason
    detail: str = ""
    unknown: bool = False  # the answer was lost: it may have arrived
    retry_at: AwareDatetime | None = None


class PageAbandoned(Event):
    """A page will not be tried any more: nobody to send it to (target None), or too old to matter."""

    page: int
    target: str | None
    reason: Reason


class Opened(Event):
    """An incident began. It carries what governed it: the rule, the rulebook, the evidence, the policy."""

    title: str
    category: Category
    environment: str
    group: str
    rulebook: str  # sha256
    signs: tuple[Sign, ...]
    policy: Policy
    service: str
    drill: bool = False
    deploys_told: bool = False  # somebody tells us of deploys: none seen means that there was none


class SignalsJoined(Event):
    """Signals fail that were not known, or were clean."""

    signs: tuple[Sign, ...]


class SignalsCleared(Event):
    """Signals were looked at and do not fail."""

    refs: tuple[str, ...]


class SignalsUnseen(Event):
    """Signals cannot be seen since then: what was clean stops counting."""

    refs: tuple[str, ...]
    since: AwareDatetime
    broken: bool = False  # a bad answer came between: clean time begins anew


class Widened(Event):
    """The incident has a new category: it is worse than the last page said."""

    category: Category


class ChangeSeen(Event):
    """Something was deployed before the onset."""

    version: str
    previous: str | None = None
    system: str | None = None
    deployed_at: AwareDatetime
    migration: bool | None = None
    told_by: str
    commit: str | None = None  # what the version was made from, where the source says it


class Recommended(Event):
    """What to do, on the evidence of this moment; the protocol's letter beside it."""

    choice: Literal["rollback", "hotfix", "undecided"]
    letter: Literal["rollback", "hotfix", "undetermined-needs-human"]
    headline: str
    because: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    mitigations: tuple[str, ...] = ()


class Escalated(Event):
    """A rung above the first of its ladder was reached."""

    ladder: Ladder
    rung: int


class Acknowledged(Event):
    """A person has it, until then."""

    by: str
    via: str
    until: AwareDatetime


class AcknowledgementExpired(Event):
    """Nothing was heard of the one who has it; the ladder goes on with them, then where it had come to."""

    owner: str
    level: int


class Taken(Event):
    """Another person has it now."""

    by: str
    until: AwareDatetime


class EscalationAsked(Event):
    """A person asks for help now."""

    by: str


class ReachedNobody(Event):
    """Every target of a rung, and every fallback, failed for good; the next rung is due."""

    page: int
    ladder: Ladder
    rung: int


class WatchLost(Event):
    """Nobody was watching: we were down, or our own network was away. Nobody climbs for that alone."""

    because: Literal["down", "offline"]


class WatchRegained(Event):
    """Our own network is back; the next look tells."""


class StillFailing(Event):
    """A fresh look after the watch was lost: it fails on."""


class Recovered(Event):
    """Every signal has been clean, seen, for the whole window."""

    since: AwareDatetime


class Mitigated(Event):
    """The harm has ended; two hours of watching begin."""

    because: str


class Reopened(Event):
    """It came back while it was being watched."""

    because: str


class Resolved(Event):
    """The incident is over."""

    by: str
    text: str = ""


class MarkedFalse(Event):
    """It was no P0."""

    by: str
    text: str = ""


class Closed(Event):
    """The file is closed; the response times are observed here, once."""

    outcome: Literal["resolved", "false_alarm"]
    by: str
    deployment_caused: bool | None = None


class Noted(Event):
    """A person's words, for the timeline."""

    by: str
    text: str
    action: bool = True  # of somebody who works on it; a report from outside is none
    ref: str = ""  # the signal that it is about, where a source says it and no person
