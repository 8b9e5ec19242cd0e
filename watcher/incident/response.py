"""How far the response has come: what was ticked, said, deployed and verified. Part of an incident's state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from watcher.incident.event import (
    Event,
    Mitigated,
    PageAccepted,
    PageRequested,
    Purpose,
    Recovered,
    Reopened,
    SignalsJoined,
)
from watcher.incident.responding import (
    Announced,
    CheckpointMet,
    CheckpointMissed,
    CheckpointName,
    Deployed,
    DeployProposed,
    FixApproved,
    LifeSeen,
    Released,
    Ticked,
    Updated,
    VerificationFailed,
    VerificationPassed,
)

REMINDERS: frozenset[Purpose] = frozenset({"checkpoint", "words", "unverified", "behind", "postmortem"})
"""Purposes that come again, or once for each of many: when each came last is remembered."""

CROWDING: frozenset[Purpose] = frozenset({"news", "turned", "taken", "still-on-it"})
"""Other messages to whoever has it: of all of them together one reaches a person in ten minutes."""


OVERTAKEN: frozenset[Purpose] = frozenset(
    {"news", "still-on-it", "turned", "taken", "recovered", "checkpoint", "words", "behind"}
)
"""Messages that may still wait when the file is closed, and then say nothing that matters."""

OF_A_DEPLOYMENT: frozenset[str] = frozenset({"verified", "smoke-test"})
"""What is ticked of what runs: of the next one it is to be tried anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to the stakeholders: its place in the stream, and whether anybody took it."""

    about: str
    at: datetime
    page: int
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The protocol's progress. `deployed` is what runs now; `verifying` is it while nobody knows whether it holds."""

    ticked: Mapping[str, Ticked] = field(default_factory=dict)
    met: Mapping[CheckpointName, CheckpointMet] = field(default_factory=dict)
    missed: Mapping[CheckpointName, CheckpointMissed] = field(default_factory=dict)
    approved: FixApproved | None = None
    proposed: DeployProposed | None = None  # not answered yet
    deployed: Deployed | None = None
    deploys: tuple[Deployed, ...] = ()
    verifying: bool = False
    life: LifeSeen | None = None  # of what is deployed
    passed: VerificationPassed | None = None  # of what is deployed
    failed: VerificationFailed | None = None  # of what is deployed
    held: Deployed | None = None  # what ended the harm: the deployment whose verification did
    recovered_at: datetime | None = None  # quiet, and not verified
    behind: str | None = None  # the version that production was taken back from
    unsaid: tuple[Updated, ...] = ()  # what people said since the last message
    messages: tuple[Message, ...] = ()
    announced: Announced | None = None
    released: Released | None = None
    reminded: Mapping[tuple[Purpose, str], datetime] = field(default_factory=dict)
    reminded_at: datetime | None = None  # the last message that does not ring
    back_at: datetime | None = None  # it came back then, and the stakeholders were told that it was over
    ended_at: datetime | None = None  # mitigated
    lulls: tuple[tuple[datetime, datetime], ...] = ()  # mitigated, and back again

    def said(self, purpose: Purpose, about: str = "") -> datetime | None:
        """When this reminder came last."""
        return self.reminded.get((purpose, about))


def evolve(state: Response, event: Event, version: int) -> Response:
    """The response after one more fact; `version` is the event's place in the stream."""
    if isinstance(event, PageRequested):
        return _requested(state, event, version)
    step = _STEPS.get(type(event))
    return step(state, event) if step else state


def _requested(state: Response, event: PageRequested, version: int) -> Response:
    if event.purpose == "update":
        message = Message(about=event.about, at=event.at, page=version)
        return replace(state, messages=(*state.messages, message), back_at=None, unsaid=())
    if event.purpose in REMINDERS:
        state = replace(state, reminded={**state.reminded, (event.purpose, event.about): event.at})
    crowds = event.kind == "tell" and event.purpose in REMINDERS | CROWDING
    return replace(state, reminded_at=event.at) if crowds else state


def _taken(state: Response, event: PageAccepted) -> Response:
    if not any(m.page == event.page and not m.taken for m in state.messages):
        return state
    messages = tuple(replace(m, taken=True) if m.page == event.page else m for m in state.messages)
    return replace(state, messages=messages)


def _deployed(state: Response, event: Deployed) -> Response:
    return replace(
        state,
        deployed=event,
        deploys=(*state.deploys, event),
        proposed=None,
        verifying=True,
        life=None,
        passed=None,
        failed=None,
        recovered_at=None,
        behind=event.behind or state.behind,
        ticked=_unticked(state, *OF_A_DEPLOYMENT),
    )


def _unticked(state: Response, *items: str) -> dict[str, Ticked]:
    return {name: tick for name, tick in state.ticked.items() if name not in items}


def _passed(state: Response, event: VerificationPassed) -> Response:
    """What is newer than a rollback brings production forward again."""
    back = state.deployed is not None and state.deployed.path == "rollback"
    return replace(
        state,
        verifying=False,
        passed=event,
        recovered_at=None,
        behind=state.behind if back else None,
        held=state.deployed if state.ended_at is None else state.held,
    )


def _reopened(state: Response, event: Reopened) -> Response:
    return replace(
        state,
        verifying=False,
        recovered_at=None,
        announced=None,
        held=None,
        passed=None,
        ticked=_unticked(state, "announced", *OF_A_DEPLOYMENT),
        back_at=event.at if state.messages else None,
        lulls=(*state.lulls, (state.ended_at or event.at, event.at)),
        ended_at=None,
    )


_STEPS: dict[type[Event], Callable[[Response, Any], Response]] = {
    PageAccepted: _taken,
    Ticked: lambda s, e: replace(s, ticked={**s.ticked, e.item: e}),
    CheckpointMet: lambda s, e: replace(s, met={**s.met, e.checkpoint: e}),
    CheckpointMissed: lambda s, e: replace(s, missed={**s.missed, e.checkpoint: e}),
    FixApproved: lambda s, e: replace(s, approved=e),
    Updated: lambda s, e: replace(s, unsaid=(*s.unsaid, e)),
    Announced: lambda s, e: replace(s, announced=e),
    Released: lambda s, e: replace(s, released=e),
    DeployProposed: lambda s, e: replace(s, proposed=e),
    Deployed: _deployed,
    LifeSeen: lambda s, e: replace(s, life=e),
    VerificationPassed: _passed,
    VerificationFailed: lambda s, e: replace(s, verifying=False, failed=e, recovered_at=None),
    Recovered: lambda s, e: replace(s, recovered_at=e.at),
    SignalsJoined: lambda s, _: replace(s, recovered_at=None),
    Mitigated: lambda s, e: replace(s, recovered_at=None, ended_at=e.at),
    Reopened: _reopened,
}
