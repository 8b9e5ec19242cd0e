"""`watcher check`: does what is configured work, before somebody depends on it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from watcher.finding import Finding
    from watcher.opening import Governing

MARKS = {"ok": "  ok     ", "warning": "  warning", "fault": "  FAULT  "}


@click.command()
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("watcher.yaml"), show_default=True
)
@click.option("--offline", is_flag=True, help="Ask nobody outside: the configuration and the rules alone.")
def check(config: Path, *, offline: bool) -> None:
    """Say everything that is wrong: the configuration, the rules, access to Sentry, whether anything can wake anybody.

    Exit codes: 0 all is well (warnings may stand), 1 a fault, 2 the configuration cannot be used.
    """
    import asyncio
    import sys

    from rules.fault import Faults
    from watcher.loading import load
    from watcher.logs import configure

    configure("text")
    try:
        governing = load(config)
    except Faults as faults:
        click.echo(str(faults), err=True)
        sys.exit(2)
    sys.exit(1 if tell(asyncio.run(look(governing, offline=offline))) else 0)


def tell(findings: list[Finding]) -> int:
    """Print what was found, each on one line (a server chooses some of its words); answers how much is to be mended."""
    from watcher.logs import escaped

    for finding in findings:
        click.echo(f"{MARKS[finding.level]}  {escaped(finding.text)}")
    wrong = sum(1 for finding in findings if finding.level == "fault")
    click.echo(f"{wrong} to mend." if wrong else "It can do its work.")
    return wrong


async def look(governing: Governing, *, offline: bool) -> list[Finding]:
    """Everything that can be found without running it."""
    import asyncio

    from notifiers.apprise import understandable
    from watcher.care.checkup import of_config, of_proofs
    from watcher.finding import Finding
    from watcher.live import live_world
    from watcher.sources.sentry.check import check as check_sentry

    rules = len(governing.rulebook.rules)
    found = [
        Finding("ok", f"configuration and {rules} rules are read"),
        *of_config(governing.config, understandable),
        *of_proofs(governing.config),
    ]
    if not offline:
        world = live_world()
        answers = await asyncio.gather(*(check_sentry(sentry, world) for sentry in governing.config.sentry))
        found += [finding for answer in answers for finding in answer]
    return found
