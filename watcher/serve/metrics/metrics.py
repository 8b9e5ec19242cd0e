"""The metrics: what a scrape shows, kept up to date turn by turn. A scrape reads memory only, and the process's own state.

1. `begin`, before the engine starts: milestones and tallies from the log; so a restart changes nothing.
2. `tally`, inside a turn: what the events add is staged, and committed with them.
3. `turn`, after the commit: the staged becomes visible. What was never committed was never shown, so nothing falls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from watcher.clock import Clock
from watcher.config import Config
from watcher.inbox import Committed
from watcher.incident import outbox as box
from watcher.incident.blindness import CALENDAR
from watcher.incident.life import Daemon
from watcher.incident.machines import kind_of, name_of
from watcher.log import Append
from watcher.serve.metrics import families, tallies
from watcher.serve.metrics.figures import Figures
from watcher.serve.metrics.process import Process
from watcher.serve.metrics.tallies import Key
from watcher.serve.metrics.windows import Window
from watcher.sight import beside


class Metrics:
    """Follows the engine and answers scrapes."""

    def __init__(self, clock: Clock, version: str) -> None:
        self._clock = clock
        self._figures = Figures(version)
        self._staged: dict[Key, float] = {}
        self._files: list[Append] = []
        self._turned = False
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._registry.register(Process(clock.now()))

    def govern(self, config: Config) -> None:
        """The names that the configuration knows: their counters start at 0."""
        figures = self._figures
        figures.targets = tuple(config.targets)
        figures.every = _intervals(config)
        figures.sources = tuple(dict.fromkeys((*figures.every, *beside(config))))
        figures.heartbeat = config.heartbeat.every.total_seconds() if config.heartbeat else None
        figures.canary = config.canary is not None
        figures.rungs = (
            *(
                tallies.rung_label("unacknowledged", n)
                for n, _ in enumerate(config.escalation.unacknowledged)
                if n
            ),
            *(tallies.rung_label("unmitigated", n) for n, _ in enumerate(config.escalation.unmitigated)),
        )

    def begin(self, milestones: Iterable[Mapping[str, Any]], tally: Mapping[str, Any]) -> None:
        """What the log knows from before."""
        self._figures.ledger.begin(milestones, self._clock.now())
        self._figures.counts = tallies.read(tally)

    def tally(self, batch: Iterable[Append]) -> dict[tuple[str, str], Any]:
        """What is to be remembered with this batch; it shows after the commit."""
        real = [item for item in batch if not item.drill]
        added = Counter(key for item in real for key in tallies.increments(item.events))
        self._staged = {key: self._figures.counts.get(key, 0) + n for key, n in added.items()}
        for item in real:
            self._staged.update(tallies.accepted_at(item.events))
        self._files = [item for item in real if item.kind == "incident"]
        return {("tally", tallies.write(key)): value for key, value in self._staged.items()}

    def turn(self, committed: Committed) -> None:
        """The turn is durable: show it."""
        self._figures.counts.update(self._staged)
        for item in self._files:
            self._figures.ledger.take(item)
        self._staged, self._files = {}, []
        touched = {row.stream for row in committed.rows} if self._turned else committed.streams
        self._turned = True
        for stream in touched:
            self._touch(stream, committed.streams.get(stream))

    def _touch(self, stream: str, state: Any) -> None:
        figures = self._figures
        for kept, owed in zip((figures.pending, figures.wakes_pending), _owed(state), strict=True):
            kept.pop(stream, None)
            if owed:
                kept[stream] = owed
        if isinstance(state, Daemon):
            figures.canary_at = state.canary_at.timestamp() if state.canary_at else 0
            figures.drilled_at = state.drilled_at.timestamp() if state.drilled_at else 0
        if kind_of(stream) == "source":
            figures.blind.discard(name_of(stream))
            if state is not None and state.blind_since is not None:
                figures.blind.add(name_of(stream))

    def delivered(self, seconds: float) -> None:
        """One attempt to deliver a page came to its end. Its outcome is counted when it is recorded."""
        self._figures.delivery.observe(seconds)

    def polled(self, source: str, outcome: str) -> None:
        """A source looked: "seen", or why it could not."""
        self._figures.polls[source, outcome] += 1
        if outcome == "seen":
            self._figures.last_success[source] = self._clock.now().timestamp()

    def reloaded(self, *, ok: bool) -> None:
        """The configuration was read again, and governs, or does not."""
        self._figures.reloaded = ok

    def audited(self, *, ok: bool) -> None:
        """The watcher keeps its own promises, or does not."""
        self._figures.audit_ok = ok

    def beaten(self, at: datetime) -> None:
        """The dead-man service took a ping."""
        self._figures.heartbeat_at = at.timestamp()

    def windows(self) -> Mapping[str, Window]:
        """The response times of each window that ends now."""
        return self._figures.ledger.windows.read(self._clock.now())

    def taken_at(self) -> dict[str, datetime]:
        """When each target last took a page or a message."""
        return {
            key[1]: datetime.fromtimestamp(at, UTC)
            for key, at in self._figures.counts.items()
            if key[0] == tallies.LAST_ACCEPTED
        }

    def collect(self) -> Iterator[Metric]:
        """For the registry."""
        return families.collect(self._figures, self._clock.now())

    def exposition(self) -> bytes:
        """The text that a scrape gets (Prometheus text format)."""
        return generate_latest(self._registry)


def _intervals(config: Config) -> dict[str, float]:
    """How often each source looks; what listens has none."""
    looks = {f"sentry:{sentry.name}": sentry.every for sentry in config.sentry}
    looks |= {f"health:{endpoint.name}": endpoint.every for endpoint in config.health.filled}
    if config.on_call.ical is not None:
        looks[CALENDAR] = config.on_call.ical.every
    return {name: every.total_seconds() for name, every in looks.items()}


def _owed(state: Any) -> tuple[int, int]:
    """Deliveries that a stream owes: all, and those that ring."""
    if state is None:
        return 0, 0
    rings = {version: owed for version, owed in state.outbox.pages.items() if owed.request.kind == "wake"}
    return box.pending(state.outbox), box.pending(replace(state.outbox, pages=rings))
