"""Shadow rules: what they would have raised is counted and logged, and pages nobody.

No I/O: it adds to a turn what must be remembered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from rules.signal import title_of
from rules.verdict import Verdict
from watcher.observation import Sweep
from watcher.turn import Turn

logger = logging.getLogger(__name__)

RULES_MAX = 100
"""Rules in shadow that are remembered; one tries a handful."""

TITLES_MAX, TITLE_MAX = 5, 200
"""The last titles kept of each: enough to see whether it would have been right."""

FIRING_MAX = 10_000
"""Signals remembered as firing, so that each is counted once while it lasts."""


class Shadow:
    """Counts, by rule, the signals on which a shadow rule began to fire, and the reports on which it would have."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, Any]] = {}
        self._firing: dict[tuple[str, str], str] = {}  # rule and signal -> source

    def recall(self, memory: Mapping[str, Any]) -> None:
        """What was counted before the restart."""
        self.told = dict(memory.get("shadow", {}))

    def look(self, turn: Turn, item: Sweep, verdicts: Iterable[Verdict]) -> None:
        """Take in what one look saw; the same signal counts anew when it was clean in between."""
        firing = {
            (rule, f"{verdict.signal.source} {verdict.signal.key}"): verdict
            for verdict in verdicts
            for rule in verdict.shadow
        }
        new = [name for name in firing if name not in self._firing]
        if item.complete:
            self._firing = {
                name: source
                for name, source in self._firing.items()
                if source != item.source or name in firing
            }
        for rule, ref in new[: FIRING_MAX - len(self._firing)]:
            self._firing[rule, ref] = item.source
            self._tell(turn, rule, firing[rule, ref])

    def hear(self, turn: Turn, verdict: Verdict) -> None:
        """Take in a report: each is counted, for it does not last."""
        for rule in verdict.shadow:
            self._tell(turn, rule, verdict)

    def _tell(self, turn: Turn, rule: str, verdict: Verdict) -> None:
        title = title_of(verdict.signal)[:TITLE_MAX]
        logger.info("shadow rule %s would fire: %s", rule, title, extra={"event": "shadow", "id": rule})
        known = self.told.get(rule, {"fired": 0, "first": turn.now.isoformat(), "titles": []})
        if rule in self.told or len(self.told) < RULES_MAX:
            titles = [one for one in known["titles"] if one != title]
            self.told[rule] = {
                **known,
                "fired": known["fired"] + 1,
                "last": turn.now.isoformat(),
                "titles": [*titles, title][-TITLES_MAX:],
            }
            turn.memory["judge", "shadow"] = dict(self.told)
