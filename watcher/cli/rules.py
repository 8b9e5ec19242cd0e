"""`watcher rules`: check, test and try the rules, without a daemon and without a network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.recommend import recommend
from watcher.cli.rules_log import example, report

if TYPE_CHECKING:
    from rules.rulebook import Rulebook

FORM = 'a row is one object on one line: {"issue": {...}}, {"text": "..."} or {"response": {...}}'

ROW_BYTES_MAX = 5_000_000
"""An issue with its event is some kilobytes; a body that a probe reads is at most some hundred."""

FOLDERS = click.argument(
    "folders", nargs=-1, metavar="[FOLDER]...", type=click.Path(file_okay=False, path_type=Path)
)
RULES = click.option(
    "--rules",
    "folders",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder of your own rules.",
)
NO_BUILTIN = click.option(
    "--no-builtin", is_flag=True, help="Leave out the rules that come with the program."
)


@click.group("rules")
def rules() -> None:
    """Check, test and try the rules that say what a P0 is."""


rules.add_command(recommend)
rules.add_command(example)
rules.add_command(report)


@rules.command("check")
@FOLDERS
@NO_BUILTIN
def check(folders: tuple[Path, ...], no_builtin: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Say everything that is wrong with the rules in FOLDERs, with file, line and column."""
    book = load_rules(folders, builtin=not no_builtin)
    click.echo(f"{len(book.rules)} rules are well formed; rulebook {book.sha256[:12]}")


@rules.command("test")
@FOLDERS
@NO_BUILTIN
def test(folders: tuple[Path, ...], no_builtin: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Try every rule on its own examples; each of the sixteen triggers must have a rule in force."""
    from rules.proof import prove, without_rule

    book = load_rules(folders, builtin=not no_builtin)
    failures = prove(book)
    for failure in failures:
        click.echo(str(failure))
    if any(failure.tried for failure in failures):
        own = "".join(f" --rules {folder}" for folder in folders) + (" --no-builtin" if no_builtin else "")
        click.echo(f"to see why, write the example as JSON into a file: watcher explain FILE{own}")
    missing = without_rule(book)
    for category, trigger in missing:
        click.echo(f"no rule in force for {category}: {trigger}")
    tried = sum(len(rule.examples.fires) + len(rule.examples.near_misses) for rule in book.rules)
    counts = ((len(book.rules), "rule"), (tried, "example"), (len(failures), "failure"))
    click.echo(", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts))
    sys.exit(1 if failures or missing else 0)


@rules.command("schema")
def schema() -> None:
    """Print the JSON Schema of a rule file, for editors that complete and check.

    Keep it beside your rules (`watcher rules schema > rules.schema.json`) and begin each file with the line
    `# yaml-language-server: $schema=rules.schema.json`.
    """
    from rules.rule import RuleFile

    click.echo(json.dumps(RuleFile.model_json_schema(), indent=2))


@rules.command("judge")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@RULES
@NO_BUILTIN
@click.option(
    "--against",
    type=click.Path(file_okay=False, path_type=Path),
    help="Print only what the rules in this folder, in place of those of --rules, would change.",
)
def judge(file: Path, folders: tuple[Path, ...], no_builtin: bool, against: Path | None) -> None:  # noqa: FBT001 - same
    """Print what the rules say of each row in FILE (JSON lines; - is stdin): an issue, a report or a health answer.

    Thresholds are applied to the window of the row's own counts; without counts the scale is unknown.
    A row that cannot be read is named on stderr, the others are judged all the same, and the exit code is 2.
    """
    book = load_rules(folders, builtin=not no_builtin)
    other = load_rules((against,), builtin=not no_builtin) if against else None
    faults, rows, changed = 0, 0, 0
    for number, line in _lines(file):
        try:
            said = answer(book, line) if other is None else _change(book, other, line)
        except (ValueError, RecursionError) as fault:
            faults += 1
            click.echo(f"{file}:{number}: {_words(fault)}", err=True)
            continue
        rows += 1
        if said is not None:
            changed += 1
            click.echo(json.dumps(said))
    if other is not None:
        click.echo(f"{changed} of {rows} rows would change", err=True)
    sys.exit(2 if faults else 0)


DECIDES = ("p0", "suspicion", "category")
"""A row changes where one of these does; other words for the same are no change."""


def _change(book: Rulebook, other: Rulebook, line: bytes) -> dict[str, Any] | None:
    """What one row is now and would be; None where it stays as it is."""
    now, then = answer(book, line), answer(other, line)
    if all(now[key] == then[key] for key in DECIDES):
        return None
    return {"id": now["id"], "now": _short(now), "then": _short(then)}


def _short(said: dict[str, Any]) -> dict[str, Any]:
    outcome = "p0" if said["p0"] else "suspicion" if said["suspicion"] else "none"
    return {"outcome": outcome, "category": said["category"], "because": said["because"]}


def answer(book: Rulebook, line: bytes) -> dict[str, Any]:
    """The printed object for one row. ValueError says what is wrong with it."""
    if len(line) > ROW_BYTES_MAX:
        raise ValueError(f"the row is longer than {ROW_BYTES_MAX} bytes")
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(FORM)  # noqa: TRY004 - a value of the file is wrong
    return {"id": row.get("id"), **_judged(book, row)}


def _judged(book: Rulebook, row: dict[str, Any]) -> dict[str, Any]:
    from rules import rows

    if "issue" in row:
        return _said(book, rows.issue_of(row))
    if "text" in row:
        return _said(book, rows.report_of(row))
    if "response" not in row:
        raise ValueError(FORM)
    reading = rows.reading_of(row)
    seen = {"state": reading.state, "failed_components": list(reading.failed_components)}
    if reading.state == "unknown":  # one unknown answer proves nothing; the daemon waits for more
        return {"p0": False, "suspicion": False, "category": None, "because": list(reading.because), **seen}
    return {**_said(book, rows.health_of(row, reading)), **seen}


def _said(book: Rulebook, signal: Any) -> dict[str, Any]:
    from rules.classify import classify

    verdict = classify(book, signal, own_window=True)
    asks = signal.kind == "report"  # of a person's word the daemon asks first, however sure the rule is
    return {
        "p0": verdict.outcome == "p0" and not asks,
        "suspicion": verdict.outcome == "suspicion" or (verdict.outcome == "p0" and asks),
        "category": verdict.category,
        "because": list(verdict.because),
    }


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with click.open_file(str(file), "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line


def load_rules(folders: tuple[Path, ...], *, builtin: bool) -> Rulebook:
    """The rulebook; ends with every fault where there is one."""
    from rules.fault import Faults
    from rules.load import load

    try:
        return load(folders, use_builtin=builtin)
    except Faults as faults:
        click.echo(str(faults), err=True)
        sys.exit(2)


def _words(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"not JSON: {fault.msg} at column {fault.colno}; {FORM}"
    if isinstance(fault, UnicodeDecodeError):
        return "not UTF-8"
    return "nested too deeply" if isinstance(fault, RecursionError) else str(fault)
