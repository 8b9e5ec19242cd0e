"""How the recommendations served: followed or not, right or wrong. Counts, over everything that the log remembers. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def served(counts: Mapping[tuple[str, ...], float]) -> dict[str, int]:
    """From the counters: `followed` and `not_followed` of what was recommended, `unadvised` decisions, verdicts."""

    def of(name: str, value: str) -> int:
        return round(sum(n for key, n in counts.items() if key[0] == name and key[-1] == value))

    return {
        "followed": of("decisions_total", "true"),
        "not_followed": of("decisions_total", "false"),
        "unadvised": of("decisions_total", "none"),
        "right": of("recommendations_judged_total", "right"),
        "wrong": of("recommendations_judged_total", "wrong"),
    }
