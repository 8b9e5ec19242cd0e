"""The configuration: a tree of small models. Every fault at once, with its place; secrets never in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from rules.duration import Duration
from rules.load import NON_PRODUCTION
from watcher.incident.record import Policy, Rung
from watcher.settings import care, runbook
from watcher.settings.blind import BlindSettings
from watcher.settings.endpoint import Endpoint, EndpointDefaults
from watcher.settings.escalation import Escalation, Recovery, RungSettings
from watcher.settings.evidence import Evidence
from watcher.settings.log import LogSettings
from watcher.settings.mqtt import MqttSettings
from watcher.settings.oncall import OnCall
from watcher.settings.oncall import problems as of_on_call
from watcher.settings.quiet import QuietHours
from watcher.settings.reply import ReplySettings
from watcher.settings.secret import Settings
from watcher.settings.sentry import SentrySettings
from watcher.settings.serve import Serve
from watcher.settings.serve import problems as of_the_door
from watcher.settings.target import Target

CONTACT_MAX = 100
"""Bytes of a contact's name: its link stays short enough for a message, and for its reader."""
_NAME = re.compile(r"\w[\w .'-]*")
CTO_AFTER = timedelta(minutes=15)
ROLES = ("on-call", "backup", "everyone")
"""Roles that need no contact to carry them."""


class Service(Settings):
    name: str
    public_url: str | None = None  # where a phone can open the acknowledgement link
    runbook: str | None = None


class Health(Settings):
    defaults: EndpointDefaults = EndpointDefaults()
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def filled(self) -> tuple[Endpoint, ...]:
        """The endpoints, with the defaults where they say nothing themselves."""
        return tuple(map(self.defaults.fill, self.endpoints))


class Rules(Settings):
    use: tuple[Literal["builtin"], ...] = ("builtin",)
    folders: tuple[Path, ...] = ()
    non_production: tuple[str, ...] = NON_PRODUCTION
    group_by: tuple[Literal["environment", "system", "source", "category"], ...] = ("environment",)


def contact_name(name: str) -> str:
    """Short and plain: it is signed into links, printed in pages and chosen from a list."""
    if not _NAME.fullmatch(name) or len(name.encode()) > CONTACT_MAX:
        raise ValueError(
            f"a contact's name is letters, digits, spaces and _.'- ; at most {CONTACT_MAX} bytes"
        )
    return name


class Contact(Settings):
    targets: tuple[str, ...] = Field(min_length=1)
    role: str | None = None
    phone: str | None = None
    aliases: tuple[str, ...] = Field(
        (), max_length=20
    )  # other names and addresses, as a calendar writes them


class Stakeholders(Settings):
    """Who hears of an incident without working on it: targets for `publish`, and how often."""

    targets: tuple[str, ...] = ()
    every: Duration = Field(timedelta(minutes=30), ge=timedelta(minutes=5), le=timedelta(hours=4))


class Maintenance(Settings):
    """A window in which what matches opens nothing; what still fails at its end pages at once."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    match: dict[Literal["source", "key", "system", "environment", "category", "rule"], str] = Field(
        min_length=1
    )
    author: str


class Config(Settings):
    """What `watcher.yaml` says."""

    version: Literal[1]
    service: Service
    sentry: tuple[SentrySettings, ...] = ()
    health: Health = Health()
    rules: Rules = Rules()
    evidence: Evidence = Evidence()
    contacts: dict[Annotated[str, AfterValidator(contact_name)], Contact] = Field(min_length=1)
    targets: dict[str, Target] = Field(min_length=1)
    on_call: OnCall
    escalation: Escalation = Escalation()
    recovery: Recovery = Recovery()
    blind: BlindSettings = BlindSettings()
    stakeholders: Stakeholders = Stakeholders()
    quiet_hours: QuietHours | None = None
    maintenance: tuple[Maintenance, ...] = ()
    log: LogSettings = LogSettings()
    serve: Serve = Serve()
    reply: ReplySettings | None = None  # answers by message: no inbound port is needed
    mqtt: MqttSettings | None = None
    heartbeat: care.Heartbeat | None = None
    canary: care.Canary | None = None
    errors: care.Errors | None = None

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Every contact, with the other names that a calendar may call them by."""
        return {name: contact.aliases for name, contact in self.contacts.items()}


Problem = tuple[tuple[str | int, ...], str]
"""Where in the configuration, and what is wrong with the mend."""


def problems(config: Config) -> list[Problem]:
    """What is wrong between the parts: names that nothing carries, a door that stands open."""
    return [
        *_names(config),
        *_ladders(config),
        *of_on_call(config.on_call, config.aliases),
        *_twice(config),
        *of_the_door(config.serve, config.service.public_url),
        *_windows(config),
        *_stakeholders(config),
        *runbook.problems(config.evidence),
        *care.problems(config.canary, config.errors, config.targets, config.sentry),
    ]


def _names(config: Config) -> Iterator[Problem]:
    for name, contact in config.contacts.items():
        for target in contact.targets:
            if target not in config.targets:
                yield ("contacts", name, "targets"), f"there is no target {target!r}; name it under targets"
    for name, one in config.targets.items():
        if one.fallback is not None and (one.fallback not in config.targets or one.fallback == name):
            yield (
                ("targets", name, "fallback"),
                f"{one.fallback!r} is not another target; name one under targets",
            )
    for name, contact in config.contacts.items():
        if contact.role in ("on-call", "everyone"):
            yield ("contacts", name, "role"), f"who is {contact.role} is no contact's role: see on_call"


def _ladders(config: Config) -> Iterator[Problem]:
    known = {*ROLES, "cto", *config.contacts, *(c.role for c in config.contacts.values() if c.role)}
    for ladder in ("unacknowledged", "unmitigated"):
        rungs: tuple[RungSettings, ...] = getattr(config.escalation, ladder)
        for number, rung in enumerate(rungs):
            for who in rung.page:
                if who not in known:
                    yield (
                        ("escalation", ladder, number, "page"),
                        f"nobody is {who!r}; name a contact, its role, or {ROLES}",
                    )
    first = config.escalation.unacknowledged[0]
    if first.after != timedelta(0) or first.repeat is None:
        yield (
            ("escalation", "unacknowledged", 0),
            "the first rung pages at once and again until somebody answers: after: 0m and a repeat",
        )


def _twice(config: Config) -> Iterator[Problem]:
    for path, names in (
        (("sentry",), [s.name for s in config.sentry]),
        (("health", "endpoints"), [e.name for e in config.health.endpoints]),
    ):
        for name in {n for n in names if names.count(n) > 1}:
            yield path, f"the name {name!r} stands twice; every source needs a name of its own"
    if not config.sentry and not config.health.endpoints:
        yield (
            ("health",),
            "nothing is watched: name an endpoint under health.endpoints or a Sentry under sentry",
        )


def _windows(config: Config) -> Iterator[Problem]:
    for number, window in enumerate(config.maintenance):
        if window.to <= window.from_:
            yield ("maintenance", number, "to"), "a maintenance ends after it began"


def _stakeholders(config: Config) -> Iterator[Problem]:
    for number, name in enumerate(config.stakeholders.targets):
        target = config.targets.get(name)
        if target is None:
            yield ("stakeholders", "targets", number), f"there is no target {name!r}; name it under targets"
        elif "publish" not in target.for_:
            yield (
                ("stakeholders", "targets", number),
                f"{name!r} takes no updates; write under targets.{name}: for: [publish], or [tell, publish]",
            )


def policy(config: Config, *, security: bool, backed: bool = False) -> Policy:
    """The policy that an incident freezes when it opens. A security incident reaches its own few, and nobody else.

    `backed` says that somebody stands behind the one on call, by the list or the calendar.
    """
    first, *higher = config.escalation.unacknowledged
    unmitigated = config.escalation.unmitigated
    few = config.escalation.security.page
    if security:
        secret = not config.escalation.security.publish
        return _policy(config, (_rung(first, few),), tuple(_rung(r, few) for r in unmitigated), secret=secret)
    backed = backed or any(contact.role == "backup" for contact in config.contacts.values())
    rungs = (_rung(r, None if backed else _without(r.page)) for r in higher)
    unacknowledged = (_rung(first), *rungs, *(() if backed else _without_backup(config)))
    return _policy(config, unacknowledged, tuple(_rung(r) for r in unmitigated))


def _without(page: tuple[str, ...]) -> tuple[str, ...]:
    """Where there is no backup the on-call is paged in its place, and the ladder knows that it is."""
    return tuple(dict.fromkeys("on-call" if who == "backup" else who for who in page))


def _without_backup(config: Config) -> Iterator[Rung]:
    """Where a rung names a backup and there is none, the CTO hears earlier: after a quarter of an hour."""
    named = any("backup" in rung.page for rung in config.escalation.unacknowledged)
    if named:
        yield Rung(after=CTO_AFTER, page=("cto",))


def _rung(settings: RungSettings, page: tuple[str, ...] | None = None) -> Rung:
    return Rung(after=settings.after, page=page or settings.page, repeat=settings.repeat)


def _clean_for(config: Config) -> timedelta:
    """Two looks at least: between two of them nobody sees whether it is clean."""
    looks = [one.every for one in config.sentry] + [one.every for one in config.health.filled]
    return max([config.recovery.clean_for, *(2 * every for every in looks)])


def _policy(
    config: Config,
    unacknowledged: tuple[Rung, ...],
    unmitigated: tuple[Rung, ...],
    *,
    secret: bool = False,
) -> Policy:
    return Policy(
        unacknowledged=unacknowledged,
        unmitigated=unmitigated,
        acknowledgement_expires=config.escalation.acknowledgement_expires,
        clean_for=_clean_for(config),
        watch_for=config.recovery.watch_for,
        updates_every=config.stakeholders.every if config.stakeholders.targets else None,
        secret=secret,
        zone=config.on_call.zone.key,
    )


def hastened(settled: Policy, speed: int) -> Policy:
    """The policy of a drill that is run faster: the same ladder in less time."""
    if speed == 1:
        return settled

    def faster(rung: Rung) -> Rung:
        return rung.model_copy(
            update={"after": rung.after / speed, "repeat": rung.repeat / speed if rung.repeat else None}
        )

    return settled.model_copy(
        update={
            "unacknowledged": tuple(faster(rung) for rung in settled.unacknowledged),
            "unmitigated": tuple(faster(rung) for rung in settled.unmitigated),
            "acknowledgement_expires": settled.acknowledgement_expires / speed,
        }
    )
