"""What a scrape shows, as it stands now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from watcher.serve.metrics.ledger import Ledger
from watcher.serve.metrics.tallies import Key
from watcher.view.measures import Distribution

DELIVERY_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds that one attempt takes; a target's timeout is 10 s where nothing else is said."""


@dataclass(slots=True)
class Figures:
    """Everything that a scrape shows, as it stands now."""

    version: str
    ledger: Ledger = field(default_factory=Ledger)
    counts: dict[Key, float] = field(default_factory=dict)
    polls: Counter[tuple[str, str]] = field(default_factory=Counter)
    last_success: dict[str, float] = field(default_factory=dict)  # by source, seconds since the epoch
    delivery: Distribution = field(default_factory=lambda: Distribution(DELIVERY_BUCKETS))
    pending: dict[str, int] = field(default_factory=dict)  # deliveries owed, by stream
    wakes_pending: dict[str, int] = field(default_factory=dict)  # those of them that ring
    blind: set[str] = field(default_factory=set)  # sources that cannot see
    reloaded: bool = True
    targets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    every: dict[str, float] = field(default_factory=dict)  # by source, seconds between two looks
    rungs: tuple[str, ...] = ()
    audit_ok: bool = True
    heartbeat: float | None = None  # seconds between two pings; None where none is configured
    heartbeat_at: float = 0  # seconds since the epoch; 0 for never
    canary: bool = False
    canary_at: float = 0
    drilled_at: float = 0
