"""Fifty targets through the whole daemon, ten hanging, ten failing: how soon has each of the others its page?

    python -m bench.lanes_daemon [--rounds 5]

Measures from the application's first bad answer (judged at once here) to the arrival at each target: judged, committed to
disk, sent. Then waits for the fallbacks, and counts what the log holds of each of the fifty. Prints milliseconds and counts;
exit 1 where a good page took more than 250 ms, or a target has no fact.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.network.fifty import DENIED, ERROR, FIFTY, GOOD, HANGS, SPARES, Fifty, until, watched

PROMISED_MS = 250
FALLBACK_WITHIN = 50.0
"""Seconds: what fails in passing has its fallback asked after thirty."""


def spoken(waits: dict[str, float], names: tuple[str, ...]) -> str:
    took = sorted(waits[name] for name in names)
    return f"median {statistics.median(took):.0f} ms, slowest {took[-1]:.0f} ms"


async def round_(fallbacks: float) -> int:
    """One daemon, one failure. Answers how much is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        async with watched(Path(folder)) as fifty:
            fifty.receivers.broken = True
            await until(lambda: set(FIFTY) <= fifty.receivers.got_at.keys(), 10)
            await until(lambda: set(FIFTY) <= fifty.answered(), 10)
            if fallbacks:
                await until(lambda: set(SPARES.values()) <= fifty.accepted(), fallbacks)
            return said(fifty)


def said(fifty: Fifty) -> int:
    waits, failed = fifty.waits_ms(), fifty.failed()
    for words, names in (("good", GOOD), ("hanging", HANGS), ("500", ERROR), ("401", DENIED)):
        print(f"  {words:8} {len(names)}: {spoken(waits, names)}")
    reasons = Counter(f"{fact.reason}{' (unknown)' if fact.unknown else ''}" for fact in failed.values())
    silent = sorted(set(FIFTY) - fifty.answered())
    spares = sorted(set(SPARES.values()) & fifty.accepted())
    print(f"  in the log: accepted {len(set(FIFTY) & fifty.accepted())}, failed {dict(reasons)}")
    print(f"  without a fact {silent or 'none'}; fallbacks that took it: {spares}")
    late = [name for name in GOOD if waits[name] > PROMISED_MS]
    return len(late) + len(silent) + (set(GOOD) - fifty.accepted() != set())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    wrong = 0
    for number in range(1, asked.rounds + 1):
        last = number == asked.rounds
        print(f"round {number}: from the first bad answer to the arrival")
        wrong += asyncio.run(round_(FALLBACK_WITHIN if last else 0))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
