"""Opening: what becomes a new incident or suspicion, and what does not because a person has spoken.

No I/O: it adds to a turn. What it must remember is committed with the turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rules.rulebook import Rulebook
from watcher.config import Config, hastened, policy
from watcher.incident import command as ask
from watcher.incident import deploys, silences, suspicion
from watcher.incident.compose import QUIET_DISMISSED, QUIET_RESOLVED
from watcher.incident.decide import open_incident
from watcher.incident.event import ChangeSeen, Closed
from watcher.incident.machines import kind_of
from watcher.incident.record import Policy, Sign
from watcher.incident.state import Incident
from watcher.incident.surroundings import Dismissed, Suspected
from watcher.stamp import Stamp
from watcher.turn import Turn

LATELY = timedelta(minutes=65)
"""What an incident covered stays in the longest usual window of a source, an hour, after it ended."""
CHANGES_MAX = 10
"""Deploys recorded in an incident; a decision needs the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """What governs judging; exchanged whole at a reload. `stamp` is how its `files` looked before they were read."""

    config: Config
    rulebook: Rulebook
    files: tuple[Path, ...] = ()
    stamp: Stamp = ()


class Opening:
    """Holds the next numbers, and which signals are quiet."""

    def __init__(self, governing: Governing) -> None:
        self.governing = governing
        self._incidents = 0
        self._suspicions = 0
        self._quiet: dict[str, datetime] = {}
        self._lately: dict[str, datetime] = {}  # signals of incidents that were closed
        self._kept: tuple[dict[str, datetime], dict[str, datetime]] = ({}, {})  # as the log has it
        self._spoken: dict[str, str] = {}  # who made a signal quiet, as far as this life has heard

    def begin(self, incidents: int, suspicions: int) -> None:
        """The highest numbers so far."""
        self._incidents, self._suspicions = incidents, suspicions

    def recall(self, memory: Mapping[str, Any]) -> None:
        """What was remembered before the restart."""
        self._quiet = _read(memory.get("quiet", {}))
        self._lately = _read(memory.get("lately", {}))
        self._kept = (dict(self._quiet), dict(self._lately))

    def remember(self, turn: Turn) -> None:
        """A signal that fails on while a person closes its incident opens no other at once."""
        for draft in turn.drafts.values():
            for event in draft.events:
                if isinstance(event, Closed):
                    self._hush(draft.state, event, turn.now)
                if isinstance(event, Dismissed):
                    for ref in draft.state.refs:
                        self._quiet[ref], self._spoken[ref] = turn.now + QUIET_DISMISSED, event.by
        self._quiet = {ref: until for ref, until in self._quiet.items() if until > turn.now}
        self._lately = {ref: until for ref, until in self._lately.items() if until > turn.now}
        self._spoken = {ref: by for ref, by in self._spoken.items() if ref in self._quiet}
        if (self._quiet, self._lately) != self._kept:
            self._kept = (dict(self._quiet), dict(self._lately))
            turn.memory["judge", "quiet"] = {ref: at.isoformat() for ref, at in self._quiet.items()}
            turn.memory["judge", "lately"] = {ref: at.isoformat() for ref, at in self._lately.items()}

    def _hush(self, state: Incident, closed: Closed, now: datetime) -> None:
        quiet = QUIET_RESOLVED if closed.outcome == "resolved" else QUIET_DISMISSED
        self._quiet.update({ref: now + quiet for ref, w in state.watched.items() if not w.clean})
        self._lately.update(dict.fromkeys(state.watched, now + LATELY))

    def unhush(self, source: str, failing: AbstractSet[str]) -> None:
        """What was seen clean speaks anew when it fails again."""
        for ref in [r for r in self._quiet if r.startswith(f"{source} ") and r not in failing]:
            del self._quiet[ref]

    def may_open(self, turn: Turn, sign: Sign, environment: str, *, stale: bool = False) -> bool:
        """Neither is it quiet, nor does a silence cover it; what is not fresh is news only once."""
        if self._quiet.get(sign.ref, turn.now) > turn.now or (stale and sign.ref in self._lately):
            return False
        facts = {
            "source": sign.source,
            "key": sign.key,
            "system": sign.system or "",
            "environment": environment,
            "category": sign.category,
            "rule": sign.rule,
        }
        silenced = silences.silenced(turn.state("silences"), facts, turn.now) is not None
        return not silenced and not self._maintained(facts, turn.now)

    def _maintained(self, facts: Mapping[str, str], now: datetime) -> bool:
        """A window of maintenance covers it."""
        windows = self.governing.config.maintenance
        return any(w.from_ <= now < w.to and w.match.items() <= facts.items() for w in windows)

    def why_quiet(self, sign: Sign) -> str:
        """Why a signal opens nothing."""
        by = self._spoken.get(sign.ref)
        return (
            f"{by} said that this is nothing"
            if by
            else "a person has answered this lately, or a silence covers it"
        )

    def open(
        self,
        turn: Turn,
        group: str,
        signs: tuple[Sign, ...],
        environment: str,
        *,
        drill: bool = False,
        speed: int = 1,
    ) -> str:
        """A new incident; answers its stream."""
        self._incidents += 1
        config = self.governing.config
        command = ask.Open(
            signs=signs,
            environment=environment,
            group=group,
            rulebook=self.governing.rulebook.sha256,
            policy=hastened(self._policy(turn, signs[0]), speed),
            service=config.service.name,
            changes=self._changes(turn, environment, signs),
            deploys_told=any(d.environment == environment for d in turn.state("deploys").recent),
            drill=drill,
        )
        stream = f"incident/{self._incidents}"
        turn.add(stream, open_incident(self._incidents, command, turn.now))
        return stream

    def _policy(self, turn: Turn, sign: Sign) -> Policy:
        backed = turn.plan().backup(turn.now) is not None
        return policy(self.governing.config, security=sign.category == "security", backed=backed)

    def _changes(self, turn: Turn, environment: str, signs: tuple[Sign, ...]) -> tuple[ChangeSeen, ...]:
        onset = min(s.started_at or s.seen_at for s in signs)
        window = self.governing.config.evidence.deploy_window
        found = deploys.before(turn.state("deploys"), environment, onset, window)[:CHANGES_MAX]
        return tuple(change.model_copy(update={"at": turn.now}) for change in found)

    def suspect(self, turn: Turn, sign: Sign, environment: str, group: str) -> str:
        """A new suspicion; answers its stream."""
        self._suspicions += 1
        service = self.governing.config.service.name
        suspected = Suspected(at=turn.now, sign=sign, environment=environment, group=group, service=service)
        stream = f"suspicion/{self._suspicions}"
        turn.add(stream, suspicion.suspect(self._suspicions, suspected, turn.now))
        return stream


def _read(kept: Mapping[str, str]) -> dict[str, datetime]:
    return {ref: datetime.fromisoformat(at) for ref, at in kept.items()}


def live(turn: Turn, streams: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    """The streams of a kind with their states, as the turn has left them so far."""
    for stream in [s for s in {**streams, **turn.drafts} if kind_of(s) == kind]:
        state = turn.state(stream)
        if state is not None:
            yield stream, state
