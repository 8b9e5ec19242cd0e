"""What the configuration says of the two ladders, and of when an incident counts as recovered."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from rules.duration import Duration
from watcher.settings.secret import Settings


class RungSettings(Settings):
    after: Duration
    page: tuple[str, ...] = Field(min_length=1)
    repeat: Duration | None = Field(None, ge=timedelta(seconds=1))


class SecurityRung(Settings):
    page: tuple[str, ...] = ("on-call", "cto")
    publish: bool = False  # stakeholders hear of it before a person releases it


class Escalation(Settings):
    acknowledgement_expires: Duration = timedelta(minutes=30)
    unacknowledged: tuple[RungSettings, ...] = Field(
        (
            RungSettings(after=timedelta(0), page=("on-call",), repeat=timedelta(minutes=3)),
            RungSettings(after=timedelta(minutes=10), page=("backup",)),
        ),
        min_length=1,
    )
    unmitigated: tuple[RungSettings, ...] = (
        RungSettings(after=timedelta(minutes=30), page=("cto",)),
        RungSettings(after=timedelta(minutes=60), page=("everyone",)),
    )
    security: SecurityRung = SecurityRung()


class Recovery(Settings):
    clean_for: Duration = timedelta(minutes=5)
    watch_for: Duration = timedelta(hours=2)
