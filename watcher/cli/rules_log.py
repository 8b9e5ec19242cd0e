"""`watcher rules example` and `watcher rules report`: what the log teaches about the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.client import NO, end, say
from watcher.cli.logged import all_events, events_of, log_options, reading

if TYPE_CHECKING:
    from watcher.incident.record import Sign
    from watcher.view.rulings import Ruling

SIGNS_MAX = 10
"""Examples printed of one incident: a rule learns from one or two."""


@click.command("example")
@click.argument("id_", metavar="ID")
@log_options
def example(id_: str, log: Path | None, config: Path | None) -> None:
    """Print an incident or suspicion as examples for the rules that raised it, ready to be pasted into a rule file.

    What a person called false, or no P0, is a near miss; everything else is what the rule must fire on. Texts are masked.
    """
    from watcher.incident.event import MarkedFalse
    from watcher.incident.surroundings import Dismissed
    from watcher.view.rulings import signs

    events = reading(log, config, lambda opened: events_of(opened, id_))
    false = next((event for event in events if isinstance(event, MarkedFalse | Dismissed)), None)
    by_rule: dict[str, dict[str, Sign]] = {}
    for sign in signs(events):
        by_rule.setdefault(sign.rule, {}).setdefault(sign.ref, sign)
    key = "near_misses" if false else "fires"
    why = (false.text if false else "") or id_.upper()
    for rule, found in by_rule.items():
        click.echo(f"# {rule}\nexamples:\n  {key}:")
        for sign in list(found.values())[:SIGNS_MAX]:
            click.echo(f"    - {_flow({**_example(sign), 'why': why})}")


def _example(sign: Sign) -> dict[str, Any]:
    from rules.mask import mask

    said: dict[str, Any]
    if sign.source.startswith("health:"):
        failed = [sign.component] if sign.component else None
        reason = sign.title.removeprefix(f"{sign.key}: ")
        said = {"state": "down", "endpoint": sign.key, "reason": reason, "failed_components": failed}
    elif sign.source.startswith("report:"):
        said = {"text": sign.title}
    else:
        said = {"title": sign.title, "users": sign.users, "events": sign.events, "release": sign.release}
    given = {key: value for key, value in {**said, "system": sign.system}.items() if value is not None}
    return {key: mask(value) if isinstance(value, str) else value for key, value in given.items()}


def _flow(value: dict[str, Any]) -> str:
    """One line of YAML: JSON is YAML, and escapes what YAML would read as its own."""
    return "{" + ", ".join(f"{key}: {json.dumps(one)}" for key, one in value.items()) + "}"


@click.command("report")
@log_options
@click.option("--json", "as_json", is_flag=True, help="JSON for programs.")
def report(log: Path | None, config: Path | None, *, as_json: bool) -> None:
    """Say for each rule how often it fired, how often that was real, false, or recovered before anybody answered."""
    from watcher.view.rulings import rulings

    streams, memory = reading(log, config, lambda opened: (all_events(opened), opened.remembered("judge")))
    found, shadow = rulings(streams), memory.get("shadow", {})
    if as_json:
        said = {"rules": [one.plain() for one in found], "shadow": shadow}
        click.echo(json.dumps(said, indent=2))
    elif not found and not shadow:
        end(NO, "no rule has fired yet")
    else:
        say("\n".join([*_table(found), *_shadowed(shadow)]))


def _table(found: tuple[Ruling, ...]) -> list[str]:
    wide = max((len(one.rule) for one in found), default=4)
    head = f"{'rule':<{wide}}  fired  real  false  recovered unacknowledged  open  says"
    return [head, *(_row(one, wide) for one in found)] if found else []


def _row(one: Ruling, wide: int) -> str:
    return (
        f"{one.rule:<{wide}}  {one.fired:>5}  {one.real:>4}  {one.false:>5}  {one.unacknowledged:>24}  "
        f"{one.open:>4}  {one.verdict}"
    )


def _shadowed(shadow: dict[str, Any]) -> list[str]:
    if not shadow:
        return []
    lines = ["", "in shadow, where nobody was paged:"]
    for rule, told in sorted(shadow.items()):
        lines.append(f"{rule}: would have fired {told['fired']} times, last {told['last'][:16]} UTC")
        lines += [f"  {title}" for title in told["titles"]]
    return lines
