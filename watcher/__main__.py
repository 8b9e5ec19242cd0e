"""`python -m watcher` and the command `watcher`."""

from __future__ import annotations

from watcher.cli import watcher


def main() -> None:
    """Run the command line; exit 0 done, 1 the answer is no, 2 usage or configuration, 3 cannot reach or go on."""
    watcher(prog_name="watcher")


if __name__ == "__main__":
    main()
