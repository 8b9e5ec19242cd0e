"""Between what was seen and the streams: judge each signal, find the incident it belongs to, or open one.

No I/O: it reads the states of a turn and adds to the turn. What it must remember is committed with the turn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rules.classify import classify
from rules.rulebook import Rulebook
from rules.signal import HealthSignal, Signal
from rules.verdict import Verdict
from watcher.config import Config, policy
from watcher.incident import command as ask
from watcher.incident import deploys, silences, suspicion, vigil
from watcher.incident.decide import open_incident
from watcher.incident.event import ChangeSeen, Closed
from watcher.incident.grouping import environment_of, group_of, home, sign_of
from watcher.incident.machines import kind_of
from watcher.incident.record import Sign
from watcher.incident.state import Incident
from watcher.incident.surroundings import Dismissed, SignalSetAside, Suspected
from watcher.observation import Blind, Sweep
from watcher.turn import Turn

logger = logging.getLogger(__name__)

QUIET_RESOLVED = timedelta(minutes=10)
"""A person said it is over: the counters of the last minutes may still show it. Longer than any usual window."""
QUIET_DISMISSED = timedelta(hours=24)
"""A person said it was nothing: the same signal says nothing new for a day, or until it was clean in between."""
CHANGES_MAX = 10
"""Deploys recorded in an incident; a decision needs the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """What governs judging; exchanged whole at a reload."""

    config: Config
    rulebook: Rulebook


class Judge:
    """Judges sweeps. Holds the next numbers, and which signals are quiet because a person has spoken."""

    def __init__(self, governing: Governing) -> None:
        self.governing = governing
        self.set_aside: dict[tuple[str, str], int] = {}  # how often judging a signal has raised
        self._incidents = 0
        self._suspicions = 0
        self._quiet: dict[str, datetime] = {}

    def begin(self, incidents: int, suspicions: int) -> None:
        """How many there ever were."""
        self._incidents, self._suspicions = incidents, suspicions

    def recall(self, memory: Mapping[str, Any]) -> None:
        """What was remembered before the restart."""
        self._quiet = {ref: datetime.fromisoformat(at) for ref, at in memory.get("quiet", {}).items()}

    def remember(self, turn: Turn) -> None:
        """A signal that fails on while a person closes its incident opens no other at once."""
        before = dict(self._quiet)
        for draft in turn.drafts.values():
            for event in draft.events:
                if isinstance(event, Closed):
                    self._hush(draft.state, event, turn.now)
                if isinstance(event, Dismissed):
                    self._quiet[draft.state.suspected.sign.ref] = turn.now + QUIET_DISMISSED
        self._quiet = {ref: until for ref, until in self._quiet.items() if until > turn.now}
        if self._quiet != before:
            turn.memory["judge", "quiet"] = {ref: at.isoformat() for ref, at in self._quiet.items()}

    def _hush(self, state: Incident, closed: Closed, now: datetime) -> None:
        quiet = QUIET_RESOLVED if closed.outcome == "resolved" else QUIET_DISMISSED
        self._quiet.update({ref: now + quiet for ref, w in state.watched.items() if not w.clean})

    def blind(self, turn: Turn, item: Blind, streams: Mapping[str, Any]) -> None:
        """A source cannot see: what was clean there stops counting."""
        turn.decide(f"source/{item.source}", vigil.GoBlind(reason=item.reason, detail=item.detail))
        for stream, _ in _incidents(turn, streams):
            turn.decide(stream, ask.Unsee(source=item.source, since=item.at))

    def sweep(self, turn: Turn, item: Sweep, streams: Mapping[str, Any]) -> None:
        """A source looked: open, join, clear."""
        turn.decide(f"source/{item.source}", vigil.See())
        verdicts = [v for signal in item.signals if (v := self._judge(turn, signal)) is not None]
        failing = {sign.ref: (sign, v) for v in verdicts if v.outcome == "p0" and (sign := sign_of(v))}
        self._unhush(item, set(failing))
        self._join(turn, item, failing, streams)
        for verdict in verdicts:
            if verdict.outcome == "suspicion":
                self._suspect(turn, verdict, streams)

    def _judge(self, turn: Turn, signal: Signal) -> Verdict | None:
        """The verdict; a signal that cannot be judged is set aside the second time, so that it never stops the rest."""
        name = (signal.source, signal.key)
        if self.set_aside.get(name, 0) > 1:
            return None
        try:
            return classify(self.governing.rulebook, signal)
        except Exception as error:  # whatever a poisonous signal can do
            self.set_aside[name] = self.set_aside.get(name, 0) + 1
            logger.exception(
                "a signal could not be judged", extra={"event": "judge_failed", "id": signal.source}
            )
            if self.set_aside[name] > 1:
                aside = SignalSetAside(
                    at=turn.now, source=signal.source, key=signal.key, error=type(error).__name__
                )
                turn.add("daemon", [aside])
            return None

    def _join(
        self, turn: Turn, item: Sweep, failing: dict[str, tuple[Sign, Verdict]], streams: Mapping[str, Any]
    ) -> None:
        keys = self.governing.config.rules.group_by
        joining: dict[str, list[Sign]] = {}
        new: dict[str, list[tuple[Sign, Verdict]]] = {}
        incidents = dict(_incidents(turn, streams))
        for sign, verdict in failing.values():
            group = group_of(verdict, keys)
            found = home(sign, group, incidents.values())
            if found is not None:
                joining.setdefault(f"incident/{found.number}", []).append(sign)
            elif self._may_open(turn, sign, verdict):
                new.setdefault(group, []).append((sign, verdict))
        unsure = _unsure(item)
        for stream, incident in incidents.items():
            if unsure & incident.watched.keys():
                turn.decide(stream, ask.Unsee(source=item.source, since=item.at))
            clean = _clean(item, incident, failing.keys() | unsure) if item.complete else ()
            if clean or stream in joining:
                turn.decide(stream, ask.Observe(failing=tuple(joining.get(stream, ())), clean=clean))
        for group, found_signs in new.items():
            self._open(turn, group, found_signs)

    def _may_open(self, turn: Turn, sign: Sign, verdict: Verdict) -> bool:
        if self._quiet.get(sign.ref, turn.now) > turn.now:
            return False
        facts = {
            "source": sign.source,
            "key": sign.key,
            "system": sign.system or "",
            "environment": environment_of(verdict),
            "category": sign.category,
            "rule": sign.rule,
        }
        return silences.silenced(turn.state("silences"), facts, turn.now) is None

    def _open(self, turn: Turn, group: str, found: list[tuple[Sign, Verdict]]) -> None:
        self._incidents += 1
        config = self.governing.config
        signs = tuple(sign for sign, _ in found)
        environment = environment_of(found[0][1])
        command = ask.Open(
            signs=signs,
            environment=environment,
            group=group,
            rulebook=self.governing.rulebook.sha256,
            policy=policy(config, security=signs[0].category == "security"),
            service=config.service.name,
            changes=self._changes(turn, environment, signs),
            deploys_told=bool(turn.state("deploys").recent),
        )
        turn.add(f"incident/{self._incidents}", open_incident(self._incidents, command, turn.now))

    def _changes(self, turn: Turn, environment: str, signs: tuple[Sign, ...]) -> tuple[ChangeSeen, ...]:
        onset = min(s.started_at or s.seen_at for s in signs)
        window = self.governing.config.evidence.deploy_window
        found = deploys.before(turn.state("deploys"), environment, onset, window)[:CHANGES_MAX]
        return tuple(change.model_copy(update={"at": turn.now}) for change in found)

    def _suspect(self, turn: Turn, verdict: Verdict, streams: Mapping[str, Any]) -> None:
        sign = sign_of(verdict)
        known = {s.suspected.sign.ref for s in _states(turn, streams, "suspicion").values()}
        if sign.ref in known or self._quiet.get(sign.ref, turn.now) > turn.now:
            return
        self._suspicions += 1
        suspected = Suspected(at=turn.now, sign=sign, environment=environment_of(verdict))
        events = suspicion.suspect(self._suspicions, suspected, self.governing.config.service.name)
        turn.add(f"suspicion/{self._suspicions}", events)

    def _unhush(self, item: Sweep, failing: set[str]) -> None:
        """What was seen clean speaks anew when it fails again."""
        if item.complete:
            mine = [ref for ref in self._quiet if ref.startswith(f"{item.source} ") and ref not in failing]
            for ref in mine:
                del self._quiet[ref]


def _states(turn: Turn, streams: Mapping[str, Any], kind: str) -> dict[str, Any]:
    names = [s for s in {**streams, **turn.drafts} if kind_of(s) == kind]
    return {s: state for s in names if (state := turn.state(s)) is not None}


def _incidents(turn: Turn, streams: Mapping[str, Any]) -> Iterator[tuple[str, Incident]]:
    yield from _states(turn, streams, "incident").items()


def _clean(item: Sweep, incident: Incident, but: AbstractSet[str]) -> tuple[str, ...]:
    """The incident's signals of this source that were looked for and do not fail."""
    return tuple(
        ref for ref, w in incident.watched.items() if w.sign.source == item.source and ref not in but
    )


def _unsure(item: Sweep) -> set[str]:
    """Endpoints whose answer does not speak of health: neither failing nor clean."""
    return {
        f"{s.source} {s.key}" for s in item.signals if isinstance(s, HealthSignal) and s.state == "unknown"
    }
