"""`watcher rules recommend FILE`: the decision for each row of a file, for people who want to check the table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

ROW_BYTES_MAX = 1_000_000
"""A row of facts is some hundred bytes."""


@click.command("recommend")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def recommend(file: Path) -> None:
    """Print rollback, hotfix or undetermined-needs-human for each row of facts in FILE (JSON lines; - is stdin).

    Beside it stand the protocol's plain letter and the reasons. A row that cannot be read is named on stderr,
    the others are judged all the same, and the exit code is 2.
    """
    faults = 0
    with click.open_file(str(file), "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                click.echo(json.dumps(answer(line)))
            except (ValueError, RecursionError) as fault:
                faults += 1
                click.echo(f"{file}:{number}: {_words(fault)}", err=True)
    sys.exit(2 if faults else 0)


def answer(line: bytes) -> dict[str, Any]:
    """The printed object for one row. ValueError says what is wrong with it."""
    # Imported here: the command line starts without the rules.
    from rules.decision_rows import facts_of
    from rules.recommend import recommend as judge

    row = _row(line)
    advice = judge(facts_of(row))
    return {
        "id": row.get("id"),
        "protocol": advice.letter,
        "recommendation": "undetermined-needs-human" if advice.choice == "undecided" else advice.choice,
        "because": list(advice.because),
        "missing": [str(question) for question in advice.missing],
        "blockers": list(advice.blockers),
    }


def _row(line: bytes) -> dict[str, Any]:
    if len(line) > ROW_BYTES_MAX:
        raise ValueError(f"the row is longer than {ROW_BYTES_MAX} bytes")
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("a row must be a JSON object")  # noqa: TRY004 - a value of the file is wrong
    return row


def _words(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"not JSON: {fault.msg} at column {fault.colno}"
    if isinstance(fault, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deeply" if isinstance(fault, RecursionError) else str(fault)
