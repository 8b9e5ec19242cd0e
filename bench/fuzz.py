"""Thousands of strange requests to the API of a real daemon, made from its own description by schemathesis.

    python -m bench.fuzz [--examples 200] [--minutes 10] [--seed 7]

Exit 1 where anything is answered with 5xx or otherwise than described, where what the document refuses is taken, or where
anything is answered without the token that it needs; also where the daemon does not outlive it, or its log
holds a fault of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.api.fuzzing import fuzz


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", default="200", help="For each operation.")
    parser.add_argument("--minutes", default=10.0, type=float, help="It is cut off then.")
    parser.add_argument("--seed", help="As a run before said it.")
    asked = parser.parse_args()
    options = ["-n", asked.examples, "--continue-on-failure", *(["--seed", asked.seed] if asked.seed else [])]
    with tempfile.TemporaryDirectory() as folder:
        found = fuzz(Path(folder), *options, seconds=60 * asked.minutes)
    sys.stdout.write(found.said)
    sys.stdout.write(
        "the daemon is well\n" if found.healthy and found.faultless else "the daemon is not well\n"
    )
    return found.status or int(not (found.healthy and found.faultless))


if __name__ == "__main__":
    sys.exit(main())
