"""`watcher who`: who is on call, now or at a moment; from the daemon, or from its configuration and log alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from watcher.cli import duty
from watcher.cli.address import lying_about
from watcher.cli.client import USAGE, client, end, show, speaking

if TYPE_CHECKING:
    from watcher.oncall.shift import Shift
    from watcher.settings.oncall import OnCall


@click.command("who")
@click.option("--at", metavar="TIME", help='Then: "2026-12-24 18:00" in the zone of the hand-over; else now.')
@click.option(
    "--offline", is_flag=True, help="Ask no daemon: read the configuration, and its log where it is."
)
@click.option(
    "--log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ask no daemon: overrides and the calendar's last copy are read from this log.",
)
@speaking
def who(
    at: str | None,
    log: Path | None,
    url: str | None,
    token_file: Path | None,
    config: Path | None,
    *,
    offline: bool,
    as_json: bool,
) -> None:
    """Say who is on call, until when, and who is next.

    watcher who --at "2026-12-24 18:00"
    """
    if offline or log is not None:
        found = _alone(config or lying_about(), log, at)
    else:
        asked = f"?{urlencode({'at': at})}" if at else ""
        found = client(url, token_file, config).get(f"/on-call{asked}", holds="ahead")
    show(found, as_json=as_json, words=duty.whole)


def _alone(config: Path | None, log: Path | None, at: str | None) -> dict[str, Any]:
    """What the daemon would answer, as far as it lies on this machine."""
    from watcher.clock import Clock
    from watcher.oncall.moments import read
    from watcher.roster import planned
    from watcher.view.duty import ahead, on_call, overrides

    if config is None:
        end(USAGE, "say which configuration: -c watcher.yaml")
    settings, contacts, has_calendar = _configured(config)
    memory, arranged = _logged(config, log)
    try:
        now = read(at, settings.zone) if at else Clock().now()
    except ValueError as error:
        end(USAGE, f"--at: {error}")
    plan = planned(settings, contacts, _shifts(memory) if has_calendar else (), arranged)
    active = arranged.active.values() if arranged is not None else ()
    told = overrides((one for one in active if one.until > now), settings.zone)
    return {**on_call(plan, settings.zone, now), "ahead": ahead(plan, now), "overrides": told}


def _shifts(memory: dict[str, Any]) -> tuple[Shift, ...]:
    from watcher.oncall.shift import recalled

    shifts = recalled(memory.get("shifts"))
    if not shifts:
        click.echo("the calendar is read by the daemon, and no copy of it is in the log", err=True)
    return shifts


def _configured(config: Path) -> tuple[OnCall, dict[str, str | None], bool]:
    """On-call and the contacts' names and roles alone: secrets may be out of this user's reach, a calendar's address is one."""
    from pydantic import ValidationError

    from rules.fault import Faults
    from rules.yaml import document
    from watcher.settings.oncall import OnCall, problems

    try:
        value = document(config).value
        said = dict(value["on_call"])
        contacts = {str(name): _role(one) for name, one in dict(value["contacts"]).items()}
        has_calendar = said.pop("ical", None) is not None
        settings = OnCall.model_validate(said)
    except Faults as faults:
        end(USAGE, str(faults))
    except (ValidationError, KeyError, TypeError, ValueError):
        end(USAGE, f"{config}: on_call cannot be used; `watcher check` says why")
    for _, message in problems(settings, dict.fromkeys(contacts, ())):
        end(USAGE, f"{config}: on_call: {message}")
    return settings, contacts, has_calendar


def _role(contact: Any) -> str | None:
    role = contact.get("role") if isinstance(contact, dict) else None
    return role if isinstance(role, str) else None


def _logged(config: Path, log: Path | None) -> tuple[dict[str, Any], Any]:
    """What the log remembers of the calendar, and the overrides; nothing where there is no log yet."""
    from watcher.cli.logged import path_of, reading
    from watcher.incident.machines import fold

    path = path_of(log, config)
    if not path.exists():
        return {}, None
    return reading(
        path,
        None,
        lambda opened: (
            opened.remembered("calendar"),
            fold("overrides", [row.event for row in opened.read("overrides")]),
        ),
    )
