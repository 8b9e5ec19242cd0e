"""One turn's draft: what it adds to which stream, before it is committed. Everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from watcher.incident.event import Event, PageAbandoned, PageRequested
from watcher.incident.machines import MACHINES, fold, kind_of
from watcher.incident.milestones import columns
from watcher.log import Append
from watcher.oncall.plan import Plan
from watcher.roster import Roster


@dataclass(slots=True)
class Draft:
    """One touched stream: its state as it will be, and the events that bring it there."""

    stream: str
    state: Any
    former: dict[str, Any]
    base: int  # version before the turn
    events: list[Event] = field(default_factory=list)


class Turn:
    """Collects the events of one turn. Pages are addressed here: roles become the targets of this moment."""

    def __init__(
        self, now: datetime, roster: Roster, load: Callable[[str], tuple[Any, dict[str, Any]]]
    ) -> None:
        self.now = now
        self.drafts: dict[str, Draft] = {}
        self.memory: dict[tuple[str, str], Any] = {}
        self._roster = roster
        self._load = load

    def state(self, stream: str) -> Any:
        """The stream's state as this turn has left it so far; None where it does not exist."""
        draft = self.drafts.get(stream)
        return draft.state if draft is not None else self._load(stream)[0]

    def plan(self) -> Plan:
        """Who is on call, with what people have arranged by now."""
        return self._roster.plan(self.state("overrides"))

    def decide(self, stream: str, command: object) -> list[Event]:
        """Put a command to a stream. Raises Refused; nothing is added then."""
        draft = self._draft(stream)
        if draft.state is None:
            raise LookupError(stream)
        return self.add(stream, MACHINES[kind_of(stream)].decide(draft.state, command, self.now))

    def add(self, stream: str, events: Iterable[Event]) -> list[Event]:
        """Add facts to a stream, its pages addressed."""
        draft = self._draft(stream)
        before = len(draft.events)
        for event in events:
            self._add(draft, event)
        return draft.events[before:]

    def _add(self, draft: Draft, event: Event) -> None:
        if not isinstance(event, PageRequested):
            self._fold(draft, event)
            return
        deliveries = self._roster.deliveries(event, self.plan())
        self._fold(draft, event.model_copy(update={"deliveries": deliveries}))
        if not deliveries:
            page = draft.base + len(draft.events)
            self._fold(draft, PageAbandoned(at=self.now, page=page, target=None, reason="no_such_target"))

    def _fold(self, draft: Draft, event: Event) -> None:
        machine = MACHINES[kind_of(draft.stream)]
        draft.state = (
            fold(draft.stream, [event]) if draft.state is None else machine.evolve(draft.state, event)
        )
        draft.events.append(event)

    def _draft(self, stream: str) -> Draft:
        if stream not in self.drafts:
            state, former = self._load(stream)
            version = state.version if state is not None else 0
            self.drafts[stream] = Draft(stream, state, former, version)
        return self.drafts[stream]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What fails within leaves nothing behind: neither events nor memory."""
        before = {name: (draft.state, len(draft.events)) for name, draft in self.drafts.items()}
        memory = dict(self.memory)
        try:
            yield
        except BaseException:
            self.memory = memory
            self.drafts = {name: draft for name, draft in self.drafts.items() if name in before}
            for name, (state, length) in before.items():
                self.drafts[name].state = state
                del self.drafts[name].events[length:]
            raise

    def batch(self) -> list[Append]:
        """What is to be committed."""
        return [_append(draft) for draft in self.drafts.values() if draft.events]


def _append(draft: Draft) -> Append:
    kind = kind_of(draft.stream)
    events = tuple(draft.events)
    finished = MACHINES[kind].finished(draft.state)
    return Append(
        stream=draft.stream,
        kind=kind,
        expected_version=draft.base,
        events=events,
        open=not finished,
        drill=kind == "incident" and draft.state.opened.drill,
        columns=columns(draft.state, draft.former, events) if kind == "incident" else {},
    )
