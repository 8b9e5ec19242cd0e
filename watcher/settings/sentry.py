"""What the configuration says of one Sentry or GlitchTip."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from rules.duration import Duration
from watcher.settings.secret import Secret, Settings

PROJECTS_MAX = 50
"""They travel in every request's address; beyond this the address grows too long for some proxies."""
ENVIRONMENTS_MAX = 10
"""Each is a walk of its own in every window."""


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write the server's address, such as https://de.sentry.io")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("the address holds neither a user nor a query; the token has a key of its own")
    return url.rstrip("/").removesuffix("/api/0")


def _one_word(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("the token is one word of plain characters; is something else in its file?")
    return token


class Project(Settings):
    id: int = Field(gt=0)  # numbers work everywhere; slugs change, and not every server takes them
    system: str | None = None


class SentrySettings(Settings):
    """One source, `sentry:NAME`. Without `projects`: all that the token can see."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    url: Annotated[str, AfterValidator(_base)]
    organization: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    token: Annotated[Secret, AfterValidator(_one_word)]
    every: Duration = Field(timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(hours=1))
    timeout: Duration = Field(  # Sentry's own queries end after 30 s
        timedelta(seconds=35), ge=timedelta(milliseconds=100), le=timedelta(minutes=2)
    )
    projects: tuple[Project, ...] = Field((), max_length=PROJECTS_MAX)
    environments: tuple[str, ...] = Field((), max_length=ENVIRONMENTS_MAX)
    hook_secret: Secret | None = None  # the integration's client secret: its webhooks make us look at once
    notes: bool = False  # say at an incident's issues what became of it; the token needs event:write

    def system_of(self, project: str) -> str | None:
        return next((row.system for row in self.projects if str(row.id) == project), None)

    def watches(self, project: str) -> bool:
        return not self.projects or any(str(row.id) == project for row in self.projects)
