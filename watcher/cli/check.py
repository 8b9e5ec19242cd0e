"""`watcher check`: does what is configured work, before somebody depends on it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from watcher.finding import Finding
    from watcher.opening import Governing
    from watcher.settings.endpoint import Endpoint
    from watcher.world import World

MARKS = {"ok": "  ok     ", "warning": "  warning", "fault": "  FAULT  "}


@click.command()
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, readable=False),  # our own reader says what to do
    default=Path("watcher.yaml"),
    show_default=True,
)
@click.option("--offline", is_flag=True, help="Ask nobody outside: the configuration and the rules alone.")
def check(config: Path, *, offline: bool) -> None:
    """Say everything that is wrong: configuration, rules, log, Sentry, health endpoints, and who can be woken.

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
    from watcher.care import checkup_oncall
    from watcher.care.checkup import of_config, of_proofs
    from watcher.evidence import check as evidence
    from watcher.finding import Finding
    from watcher.live import live_world
    from watcher.roster import Roster
    from watcher.sources.sentry.check import check as check_sentry

    rules = len(governing.rulebook.rules)
    found = [
        Finding("ok", f"configuration and {rules} rules are read"),
        *of_config(
            governing.config, lambda address: address.startswith("console:") or understandable(address)
        ),
        *of_proofs(governing.config),
        *evidence.of_config(governing.config),
    ]
    world = live_world()
    shifts, read = await checkup_oncall.of_calendar(governing.config, world, offline=offline)
    plan = Roster(governing.config, shifts).plan()
    found += [*read, *checkup_oncall.of_plan(governing.config, plan, world.clock.now())]
    log = governing.config.log.path
    found += of_log(log) if not offline else of_past(log)
    if not offline:
        endpoints = governing.config.health.filled
        answers = await asyncio.gather(
            *(check_sentry(sentry, world) for sentry in governing.config.sentry),
            *(check_health(endpoint, world) for endpoint in endpoints),
            evidence.check(governing.config, world),
        )
        found += [finding for answer in answers for finding in answer]
    return found


async def check_health(endpoint: Endpoint, world: World) -> tuple[Finding, ...]:
    """One look. An endpoint may well be down just now; an address with a typing error is so for ever."""
    from rules.mask import clean, mask
    from watcher.finding import Finding
    from watcher.sources.health import DETAIL_MAX, DETAIL_READ_MAX, HealthSource

    reading = (await HealthSource(endpoint, world).glance()).reading
    if reading.state == "up":
        return (Finding("ok", f"health {endpoint.name}: up"),)
    because = clean(mask("; ".join(reading.because)[:DETAIL_READ_MAX]), DETAIL_MAX)
    mend = "right now, or is the address or what it expects wrong?"
    return (Finding("warning", f"health {endpoint.name}: {reading.state} ({because}): {mend}"),)


def of_log(path: Path) -> tuple[Finding, ...]:
    """Whether this user can keep the log there, and what is in it can be read: nothing is watched without it."""
    from watcher.finding import Finding

    try:
        place = _place(path)
    except PermissionError:
        mend = "run this as root, or as the daemon's user"
        return (Finding("fault", f"log: {path} is out of this user's sight; {mend}"),)
    return (place, *(of_past(path) if place.level == "ok" else ()))


def of_past(path: Path) -> tuple[Finding, ...]:
    """Whether this version can go on with what a log holds, where there is one that this user sees."""
    import os

    from watcher.finding import Finding
    from watcher.keeping.backup import counted
    from watcher.keeping.proof import prove
    from watcher.log import LogBroken, LogNewer

    try:
        if not path.is_file() or path.stat().st_size == 0 or not os.access(path.parent, os.W_OK):
            return ()
        contents = prove(path, written=True)
    except PermissionError:
        return ()
    except LogBroken as error:
        out = "" if isinstance(error, LogNewer) else "; docs/backup.md, Back from a backup, has the way out"
        return (Finding("fault", f"log: {error}{out}"),)
    return (Finding("ok", f"log: {counted(contents)} are whole"),)


def _place(path: Path) -> Finding:
    """The daemon makes a missing folder. Raises PermissionError where this user cannot look."""
    import os

    from watcher.finding import Finding

    folder = path.parent
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if path.is_dir() or not there.is_dir():
        return Finding(
            "fault", f"log: {path if path.is_dir() else there} is in the way; set log.path to a file"
        )
    if not os.access(path if path.exists() else there, os.W_OK) or not os.access(there, os.W_OK | os.X_OK):
        mend = "run this as the daemon's user, or set log.path"
        return Finding("fault", f"log: {path} cannot be written by this user; {mend}")
    if there != folder:
        return Finding("warning", f"log: the folder {folder} does not exist; the daemon will make it")
    return Finding("ok", f"log: {path} can be written")
