"""What is configured of the watcher's own watching: the dead-man ping, its own errors, the canary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from rules.duration import Duration
from watcher.settings.secret import Address, Secret, Settings
from watcher.settings.sentry import SentrySettings


def _ping(url: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(url.get_secret_value())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("the address to ping is written https://HOST/PATH")
    return url


class Heartbeat(Settings):
    """A dead-man service misses us when we no longer ping. `url` is a secret: who knows it can fake our life."""

    url: Annotated[Address, AfterValidator(_ping)]
    every: Duration = Field(timedelta(seconds=60), ge=timedelta(seconds=1), le=timedelta(days=1))


def _dsn(dsn: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(dsn.get_secret_value())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and bool(parts.username)
        numbered = parts.path.rpartition("/")[2].isdecimal() and parts.port != 0
    except ValueError:
        known = numbered = False
    if not known or not numbered:
        raise ValueError("a DSN is written https://KEY@HOST/PROJECT; copy it from the project's client keys")
    return dsn


class Errors(Settings):
    """Where the daemon's own errors go: never a project that it polls. `monitor` is the slug of a cron monitor."""

    dsn: Annotated[Secret, AfterValidator(_dsn)]
    monitor: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,50}$")

    @property
    def host(self) -> str:
        return urlsplit(self.dsn.get_secret_value()).hostname or ""

    @property
    def project(self) -> str:
        return urlsplit(self.dsn.get_secret_value()).path.rpartition("/")[2]


class Canary(Settings):
    """A quiet message on schedule through the whole path; one that is not taken turns the audit false."""

    target: str
    every: Duration = Field(timedelta(hours=24), ge=timedelta(minutes=5), le=timedelta(days=7))


HOSTED = "sentry.io"
"""Its organisations and regions have hosts of their own, and the project's number is one and the same."""


def problems(
    canary: Canary | None,
    errors: Errors | None,
    targets: Collection[str],
    sentries: Iterable[SentrySettings],
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What does not fit the rest of the configuration: where, and the mend."""
    if canary is not None and canary.target not in targets:
        yield ("canary", "target"), f"there is no target {canary.target!r}; name it under targets"
    for sentry in sentries if errors is not None else ():
        if errors is not None and _polls(sentry, errors):
            yield (
                ("errors", "dsn"),
                f"sentry:{sentry.name} polls this project, and our own errors would page; name another one here",
            )


def _polls(sentry: SentrySettings, errors: Errors) -> bool:
    """Whether a source reads the project that our own errors go to."""
    hosts = ((urlsplit(sentry.url).hostname or "").lower(), errors.host.lower())
    together = all(host == HOSTED or host.endswith(f".{HOSTED}") for host in hosts)
    return (together or hosts[0] == hosts[1]) and sentry.watches(str(int(errors.project)))
