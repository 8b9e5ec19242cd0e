"""Health endpoints as the configuration names them: where, how often, and what a good answer is."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Secret, SecretStr, model_validator

from rules.duration import Duration
from rules.signal import Category
from watcher.settings.secret import Settings, expand_address, expand_all

Expanded = BeforeValidator(expand_all)

EVERY_MIN = timedelta(milliseconds=20)
"""Nobody watches faster; a typing error of `10ms` for `10s` should not become an attack."""

Span = Annotated[Duration, Field(ge=EVERY_MIN, le=timedelta(days=1))]
Count = Annotated[int, Field(ge=1, le=100)]


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ValueError("an address is written https://HOST/PATH")
    if parts.username or parts.password:
        raise ValueError(
            "credentials do not belong in an address: write them as a header under request.headers"
        )
    return url


class Request(Settings):
    """What is asked, and which answer is good.

    Without `expect`, `contains` and `lacks` the answer itself must say that all is well. With them, they say it.
    """

    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: Annotated[dict[str, SecretStr], Expanded] = Field(default_factory=dict)
    json_: Annotated[Secret[Any] | None, Expanded] = Field(None, alias="json")
    body: Annotated[SecretStr | None, Expanded] = None
    expect: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()  # good statuses
    contains: tuple[str, ...] = ()  # a good body holds all of these
    lacks: tuple[str, ...] = ()  # and none of these

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.json_ is not None and self.body is not None:
            raise ValueError("write either json or body, not both")
        return self

    @property
    def expects(self) -> bool:
        """Whether a person said what a good answer is."""
        return bool(self.expect or self.contains or self.lacks)


class EndpointDefaults(Settings):
    """What holds for every endpoint that says nothing else."""

    every: Span = timedelta(seconds=10)
    timeout: Span = timedelta(
        seconds=5
    )  # for the whole answer, from the first byte sent to the last received
    fail_after: Count = 3  # bad answers in a row
    pass_after: Count = 2  # good answers in a row
    retry_every: Span = timedelta(seconds=2)  # once an answer was bad: a dead app rings within a minute
    unknown_after: Span = timedelta(minutes=3)  # answers that do not speak of health, for so long

    def fill(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with these values where it named none itself."""
        unsaid = EndpointDefaults.model_fields.keys() - endpoint.model_fields_set
        return endpoint.model_copy(update={name: getattr(self, name) for name in unsaid})


class Endpoint(EndpointDefaults):
    """One address that speaks of health, or a probe of something that users do."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")
    url: Annotated[str, BeforeValidator(expand_address), AfterValidator(_web_address), Field(repr=False)]
    system: str | None = None
    environment: str | None = None  # none means production
    critical: bool = False
    category: Category | None = None  # what breaks when it fails; none leaves it to the rules
    request: Request = Request()

    @property
    def shown_url(self) -> str:
        """The address without its query, which may hold a token."""
        return self.url.partition("?")[0].partition("#")[0]
