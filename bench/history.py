"""Write an invented log, to measure a daemon with a long past.

python -m bench.history PATH [--incidents 10000] [--days 730] [--seed 1]
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.metrics.history import write
from watcher.log.sqlite import SqliteLog


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    log = SqliteLog(options.path)
    write(log, number=options.incidents, days=options.days, now=datetime.now(UTC), seed=options.seed)
    log.close()
    size = options.path.stat().st_size / 2**20
    print(f"{options.incidents} incidents in {size:.0f} MiB, {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
