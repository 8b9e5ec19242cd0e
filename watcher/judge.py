"""Between what was seen and the streams: judge each signal, and bring it to the incident it belongs to.

No I/O: it reads the states of a turn and adds to the turn.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from rules.classify import classify_all
from rules.signal import HealthSignal, HealthState, Signal
from rules.verdict import Verdict
from watcher.incident import command as ask
from watcher.incident import vitality
from watcher.incident.grouping import environment_of, group_of, home, sign_of, stale
from watcher.incident.record import Sign
from watcher.incident.state import FINAL, Incident
from watcher.incident.surroundings import SignalSetAside
from watcher.incident.suspicion import Suspicion
from watcher.observation import Blind, Observation, Reference, Sweep, told_of
from watcher.opening import Governing, Opening, live
from watcher.shadow import Shadow
from watcher.sight import Sight
from watcher.turn import Turn

logger = logging.getLogger(__name__)

ALSO_MAX = 20
"""Further signals noted at an open suspicion: whoever looks has seen enough, and the rest asks anew once it is answered."""
TRIES_MAX = 2
"""A signal whose judging raises so often is set aside."""


class Judge:
    """Judges what sources submit."""

    def __init__(self, governing: Governing) -> None:
        self.opening = Opening(governing)
        self.sight = Sight(self.opening)
        self.shadow = Shadow()
        self.told: dict[str, HealthState] = {}  # how each health endpoint last answered; for people
        self.set_aside: dict[tuple[str, str], int] = {}  # how often judging a signal has raised

    @property
    def governing(self) -> Governing:
        return self.opening.governing

    @governing.setter
    def governing(self, fresh: Governing) -> None:
        self.opening.governing = fresh

    def recall(self, memory: Mapping[str, Any]) -> None:
        """What was remembered before the restart."""
        self.opening.recall(memory)
        self.shadow.recall(memory)

    def look(self, turn: Turn, item: Observation, streams: Mapping[str, Any]) -> None:
        """Take in what a source, or a reference, said."""
        self.sight.settle(turn, streams)
        if isinstance(item, Reference):
            for waiting in self.sight.refer(turn, item, streams):
                self.look(turn, waiting, streams)
            return
        seen = self.sight.gate(item, turn.now) if isinstance(item, Sweep) else item
        if isinstance(seen, Blind):
            self._blind(turn, seen, streams)
        elif seen is not None:
            self._sweep(turn, seen, streams)

    def _blind(self, turn: Turn, item: Blind, streams: Mapping[str, Any]) -> None:
        """A source cannot see: what was clean there stops counting."""
        self.sight.go_blind(turn, item)
        for stream, _ in live(turn, streams, "incident"):
            turn.decide(stream, ask.Unsee(source=item.source, since=item.at, blind=True))

    def _sweep(self, turn: Turn, item: Sweep, streams: Mapping[str, Any]) -> None:
        """A source looked: open, join, clear."""
        self.sight.see(turn, item.source)
        if (state := told_of(item)) is not None:
            self.told[item.source] = state
        self._live(turn, item, streams)
        verdicts = self._judge(turn, item.signals)
        self.shadow.look(turn, item, verdicts)
        seen = self._signs(turn, verdicts)
        watched = {
            ref for _, i in live(turn, streams, "incident") if i.status not in FINAL for ref in i.watched
        }
        failing = {ref: sv for ref, sv in seen.items() if sv[1].outcome == "p0" or ref in watched}
        if item.complete:
            self.opening.unhush(item.source, seen.keys() | _unsure(item))
        self._join(turn, item, failing, streams)
        for ref, (_, verdict) in seen.items():  # in their order: the first of them asks
            if ref not in failing:
                self._suspect(turn, verdict, streams)

    def _live(self, turn: Turn, item: Sweep, streams: Mapping[str, Any]) -> None:
        """Which releases are in use, for the incidents whose fix is being verified."""
        verifying = [s for s, i in live(turn, streams, "incident") if i.response.verifying]
        for stream in verifying:
            for version, what in vitality.seen(item.signals, turn.state(stream)):
                turn.decide(stream, ask.SeeLife(version=version, what=what))

    def _judge(self, turn: Turn, signals: Sequence[Signal]) -> tuple[Verdict, ...]:
        """The verdicts; a signal that cannot be judged is set aside, so that it never stops the rest."""
        judged = [one for one in signals if self.set_aside.get((one.source, one.key), 0) < TRIES_MAX]
        rulebook = self.governing.rulebook
        return classify_all(rulebook, judged, failed=lambda signal, error: self._failed(turn, signal, error))

    def _signs(self, turn: Turn, verdicts: Sequence[Verdict]) -> dict[str, tuple[Sign, Verdict]]:
        """What fails, or should be looked at, by its ref; one that cannot be written down is set aside as well."""
        seen: dict[str, tuple[Sign, Verdict]] = {}
        for verdict in verdicts:
            if verdict.outcome == "none":
                continue
            try:
                sign = sign_of(verdict)
            except Exception as error:  # noqa: BLE001 - whatever a poisonous signal can do; it is said there
                self._failed(turn, verdict.signal, error)
            else:
                seen[sign.ref] = (sign, verdict)
        return seen

    def _failed(self, turn: Turn, signal: Signal, error: Exception) -> None:
        name = (signal.source, signal.key)
        self.set_aside[name] = self.set_aside.get(name, 0) + 1
        logger.error(
            "a signal could not be judged",
            exc_info=error,
            extra={"event": "judge_failed", "id": signal.source},
        )
        if self.set_aside[name] >= TRIES_MAX:
            kind = type(error).__name__
            turn.add("daemon", [SignalSetAside(at=turn.now, source=name[0], key=name[1], error=kind)])

    def _join(
        self, turn: Turn, item: Sweep, failing: dict[str, tuple[Sign, Verdict]], streams: Mapping[str, Any]
    ) -> None:
        """Each failing signal to its incident, or to a new one; what is clean to every incident that watches it."""
        joining: dict[str, list[Sign]] = {}
        new: dict[str, list[tuple[Sign, Verdict]]] = {}
        incidents: dict[str, Incident] = dict(live(turn, streams, "incident"))
        over: set[str] = set()
        for sign, verdict in failing.values():
            group, old = group_of(verdict, self.governing.config.rules.group_by), stale(verdict.signal)
            found = home(sign, group, incidents.values())
            if found is not None and old and sign.ref in found.watched:
                over.add(sign.ref)
            elif found is not None:
                joining.setdefault(f"incident/{found.number}", []).append(sign)
            elif verdict.outcome == "p0" and self.opening.may_open(
                turn, sign, environment_of(verdict), stale=old
            ):
                new.setdefault(group, []).append((sign, verdict))
        self._observe(turn, item, incidents, joining, failing.keys() - over)
        for group, found_signs in new.items():
            signs = tuple(sign for sign, _ in found_signs)
            self.opening.open(turn, group, signs, environment_of(found_signs[0][1]))

    def _observe(
        self,
        turn: Turn,
        item: Sweep,
        incidents: Mapping[str, Incident],
        joining: Mapping[str, list[Sign]],
        failing: AbstractSet[str],
    ) -> None:
        unsure = _unsure(item)
        for stream, incident in incidents.items():
            if unsure & incident.watched.keys():
                broken = bool(incident.watched.keys() & set(item.doubtful))
                unsee = ask.Unsee(source=item.source, since=item.at, broken=broken, blind=_blind(item))
                turn.decide(stream, unsee)
            clean = _clean(item, turn.state(stream), failing | unsure) if item.complete else ()
            if clean or stream in joining:
                turn.decide(stream, ask.Observe(failing=tuple(joining.get(stream, ())), clean=clean))

    def _suspect(self, turn: Turn, verdict: Verdict, streams: Mapping[str, Any]) -> None:
        """One question for each category and group: a bad hour must not ring for every issue that it has."""
        sign, environment = sign_of(verdict), environment_of(verdict)
        asked = dict(live(turn, streams, "suspicion"))
        known = any(sign.ref in state.refs for state in asked.values())
        if known or not self.opening.may_open(turn, sign, environment):
            return
        group = group_of(verdict, self.governing.config.rules.group_by)
        for stream, state in asked.items():
            said = state.suspected
            if state.status == "suspected" and (said.sign.category, said.group) == (sign.category, group):
                self._note(turn, stream, state, sign)
                return
        self.opening.suspect(turn, sign, environment, group)

    def _note(self, turn: Turn, stream: str, state: Suspicion, sign: Sign) -> None:
        if len(state.also) < ALSO_MAX:
            turn.decide(stream, ask.Observe(failing=(sign,)))


def _clean(item: Sweep, incident: Incident, but: AbstractSet[str]) -> tuple[str, ...]:
    """The incident's signals of this source that were looked for and do not fail, where that is news."""
    return tuple(
        ref
        for ref, w in incident.watched.items()
        if w.clean_from is None and w.sign.source == item.source and ref not in but
    )


def _blind(item: Sweep) -> bool:
    """An endpoint has not spoken of health for so long that it counts as unknown."""
    return any(isinstance(s, HealthSignal) and s.state == "unknown" for s in item.signals)


def _unsure(item: Sweep) -> set[str]:
    """Neither failing nor clean: answers that do not speak of health, or are bad but not yet a failure."""
    unknown = (s for s in item.signals if isinstance(s, HealthSignal) and s.state == "unknown")
    return {*item.doubtful, *item.unseen, *(f"{s.source} {s.key}" for s in unknown)}
