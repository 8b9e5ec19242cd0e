"""Kill the daemon with SIGKILL around a failure, again and again, and count what arrives at the pager.

    python -m bench.crash [--random 20] [--seeds 20] [--seed 1]

First at random moments, from before the first bad probe to two seconds after the receipt; then at every point that the
daemon reaches on the way of a page. Prints each moment, and at the end: lost, repeats, repeats without their mark.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.stage import Stage

POINTS = ("appending", "appended", "sending", "sent", "recorded")
WAY = 2.6  # seconds from the break to two seconds after a receipt, with the stage's intervals


def at_random(folder: Path, delay: float) -> tuple[Stage, str]:
    """Break, wait, kill, start again."""
    with Stage(folder) as stage:
        stage.start()
        if not stage.listens():
            return stage, "the daemon did not start"
        broken_at = time.monotonic()
        stage.app.broken = True
        time.sleep(delay)
        stage.end(signal.SIGKILL)
        killed = time.monotonic() - broken_at
        bad = stage.app.first_bad
        got = stage.pager.got[0].at - broken_at if stage.pager.got else None
        stage.start()
        stage.listens()
        stage.pager.wait_for(lambda _: bool(stage.pages), 20)
        time.sleep(1.5)  # a repeat would come with the first turn
        stage.end(signal.SIGTERM)
        first_bad = f"{bad - broken_at:5.2f} s" if bad and bad - broken_at < killed else "not yet"
        receipt = f"{got:5.2f} s" if got is not None and got < killed else "not yet"
        print(
            f"  kill at {killed:5.2f} s; first bad probe {first_bad}; page {receipt}; pages {len(stage.pages)}  {stage.judge()}"
        )
        return stage, stage.judge()


def at_point(folder: Path, point: str, nth: int) -> tuple[Stage, str]:
    with Stage(folder) as stage:
        stage.app.broken = True
        stage.start(point, nth)
        if not stage.died(3):
            stage.end(signal.SIGKILL)
        stage.start()
        stage.listens()
        stage.pager.wait_for(lambda _: bool(stage.pages), 20)
        time.sleep(0.5)
        stage.end(signal.SIGTERM)
        return stage, stage.judge()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    results: list[tuple[Stage, str]] = []
    print(f"{asked.random} kills at random moments")
    for number in range(asked.random):
        with tempfile.TemporaryDirectory() as folder:
            delay = WAY * (number + chance.random()) / asked.random
            results.append(at_random(Path(folder), delay))
    for point in POINTS:
        row: list[tuple[Stage, str]] = []
        for seed in range(asked.seeds):
            with tempfile.TemporaryDirectory() as folder:
                row.append(at_point(Path(folder), point, 1 + seed % 4))
        print(f"{point:10} x {len(row)}: pages {[len(s.pages) for s, _ in row]}  {[w for _, w in row if w]}")
        results += row
    lost = sum(1 for s, _ in results if not s.pages)
    repeats = sum(max(len(s.pages) - 1, 0) for s, _ in results)
    wrong = [w for _, w in results if w]
    print(f"runs {len(results)}, lost {lost}, repeats {repeats}, wrong {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
