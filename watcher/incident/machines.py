"""The machines by the kind of stream: how each is begun, folded, asked and timed; and the words for its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from watcher.incident import afterwards, darkness, deploys, life, overrides, silences, state, suspicion, vigil
from watcher.incident import decide as incident
from watcher.incident import outbox as box
from watcher.incident.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One kind of stream. `first` answers the state after the first event; the rest is as in the package's glossary."""

    first: Callable[[str, Event], Any]
    evolve: Callable[[Any, Event], Any]
    decide: Callable[[Any, Any, datetime], list[Event]]
    deadline: Callable[[Any], datetime | None]
    finished: Callable[[Any], bool] = lambda _: False
    rests: Callable[[Any], bool] | None = (
        None  # nothing before matters any more; None: everything always does
    )
    blank: Callable[[str], Any] = lambda _: (
        None
    )  # the state of a stream without events; None: it must be opened


def number_of(stream: str) -> int:
    """The number in a stream's name: 7 for suspicion/7."""
    return int(stream.partition("/")[2])


def name_of(stream: str) -> str:
    return stream.partition("/")[2]


MACHINES: dict[str, Machine] = {
    "incident": Machine(
        first=lambda name, event: state.begin(number_of(name), event),  # type: ignore[arg-type]
        evolve=state.evolve,
        decide=incident.decide,
        deadline=incident.deadline,
        finished=lambda s: afterwards.finished(s) and box.settled(s.outbox),
    ),
    "suspicion": Machine(
        first=lambda name, event: suspicion.begin(number_of(name), event),  # type: ignore[arg-type]
        evolve=suspicion.evolve,
        decide=suspicion.decide,
        deadline=suspicion.deadline,
        finished=lambda s: s.status != "suspected" and box.settled(s.outbox),
    ),
    "source": Machine(
        first=lambda name, event: vigil.evolve(vigil.Eye(name=name_of(name)), event),
        evolve=vigil.evolve,
        decide=vigil.decide,
        deadline=vigil.deadline,
        rests=lambda s: s.blind_since is None and box.settled(s.outbox),
        blank=lambda name: vigil.Eye(name=name_of(name)),
    ),
    "eyes": Machine(
        first=lambda name, event: darkness.evolve(darkness.Darkness(environment=name_of(name)), event),
        evolve=darkness.evolve,
        decide=darkness.decide,
        deadline=darkness.deadline,
        rests=lambda s: s.lost is None and box.settled(s.outbox),
        blank=lambda name: darkness.Darkness(environment=name_of(name)),
    ),
    "daemon": Machine(
        first=lambda _, event: life.evolve(life.Daemon(), event),
        evolve=life.evolve,
        decide=life.decide,
        deadline=life.deadline,
        blank=lambda _: life.Daemon(),
    ),
    "deploys": Machine(
        first=lambda _, event: deploys.evolve(deploys.Deploys(), event),
        evolve=deploys.evolve,
        decide=deploys.decide,
        deadline=deploys.deadline,
        blank=lambda _: deploys.Deploys(),
    ),
    "silences": Machine(
        first=lambda _, event: silences.evolve(silences.Silences(), event),
        evolve=silences.evolve,
        decide=silences.decide,
        deadline=silences.deadline,
        blank=lambda _: silences.Silences(),
    ),
    "overrides": Machine(
        first=lambda _, event: overrides.evolve(overrides.Overrides(), event),
        evolve=overrides.evolve,
        decide=overrides.decide,
        deadline=overrides.deadline,
        blank=lambda _: overrides.Overrides(),
    ),
}

_NUMBER = re.compile(r"[0-9]{1,9}")
_LETTERS = {"incident": "INC", "suspicion": "SUS"}


def kind_of(stream: str) -> str:
    return stream.partition("/")[0]


def id_of(stream: str) -> str:
    """What people call a stream: INC-1042, SUS-7; others by their name."""
    letters = _LETTERS.get(kind_of(stream))
    return f"{letters}-{name_of(stream)}" if letters else stream


def stream_of(id_: str) -> str | None:
    """The stream that people call so, whatever the case; None where it is no such id."""
    letters, _, number = id_.strip().upper().partition("-")
    kind = next((k for k, known in _LETTERS.items() if known == letters), None)
    return f"{kind}/{int(number)}" if kind and _NUMBER.fullmatch(number) else None


def fold(stream: str, events: list[Event], *, after: int = 0) -> Any:
    """The state that the events of a stream leave; None where there are none and the stream must be opened.

    `after`: the version up to which the events were cut away, at a moment at which the stream rested.
    """
    machine = MACHINES[kind_of(stream)]
    if not events:
        return machine.blank(stream)
    if after:
        folded, rest = replace(machine.blank(stream), version=after), events
    else:
        folded, rest = machine.first(stream, events[0]), events[1:]
    for event in rest:
        folded = machine.evolve(folded, event)
    return folded


def spent(stream: str, events: list[Event], before: datetime, *, after: int = 0) -> int:
    """The version up to which the events of an endless stream are of no use: older, and it rested then. 0: none.

    The last event always stays: the version is counted from it.
    """
    machine = MACHINES[kind_of(stream)]
    if machine.rests is None:
        return 0
    folded, found = replace(machine.blank(stream), version=after), 0
    for version, event in enumerate(events[:-1], after + 1):
        if event.at >= before:
            break
        folded = machine.evolve(folded, event)
        found = version if machine.rests(folded) else found
    return found
