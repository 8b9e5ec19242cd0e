"""What the configuration says of evidence: who is active, what counts as a recent deploy, which parts are other people's."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rules.duration import Duration
from watcher.settings import runbook
from watcher.settings.runbook import Deployment
from watcher.settings.secret import Secret, Settings, expand_address
from watcher.view.runbook import Book

EXTERNAL_MAX = 50
"""Third parties that a service leans on; a longer list is of something else."""
FORMS = "active_users is {number: N}, {url: ADDRESS, json: a.b} or {prometheus: ADDRESS, query: EXPRESSION}"


def _web(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("write a whole address without a user, such as https://stats.shop.example/active")
    return address


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(name.strip() for name in names):
        raise ValueError("an external component has a name")
    return names


Web = Annotated[str, BeforeValidator(expand_address), AfterValidator(_web)]
"""`${NAME}` may stand in it; it is concealed then."""


class ActiveUsers(Settings):
    """How many users are active in an hour, where release health does not say. One of three forms."""

    number: int | None = Field(None, ge=1)
    url: Web | None = None
    json_: str | None = Field(None, alias="json", max_length=200)  # the path to the number: data.users.0
    prometheus: Web | None = None  # the server's address; /api/v1/query is added
    query: str | None = Field(None, max_length=4000)
    token: Secret | None = None  # sent as a bearer

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (
            self.number is not None,
            self.url is not None and self.json_ is not None,
            self.prometheus is not None and self.query is not None,
        )
        asked = [k for k in (self.number, self.url, self.json_, self.prometheus, self.query) if k is not None]
        if sum(forms) != 1 or len(asked) != (1 if forms[0] else 2):
            raise ValueError(FORMS)
        return self


class Evidence(Settings):
    """Where to look for who is affected and why."""

    active_users: ActiveUsers | None = None
    deploy_window: Duration = Field(timedelta(hours=24), le=timedelta(days=30))
    tier_tag: str | None = Field(
        None, pattern=r"^[A-Za-z][A-Za-z0-9_.:-]{0,31}$"
    )  # the tag that names a plan
    external: Annotated[tuple[str, ...], AfterValidator(_named)] = Field((), max_length=EXTERNAL_MAX)
    commands: str | None = Field(None, min_length=1)  # compose, kubernetes, github-actions or a folder
    deployments: dict[str, Deployment] = Field({}, max_length=runbook.SYSTEMS_MAX)  # by system

    @cached_property
    def book(self) -> Book:
        """The templates of commands, read once. Raises ValueError where they cannot be."""
        return runbook.read(self.commands, self.deployments)
