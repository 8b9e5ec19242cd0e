"""What the configuration says of the MQTT broker: a side channel, on which no page depends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from watcher.settings.secret import Secret, Settings

PORTS = {"mqtt": 1883, "mqtts": 8883}
TRUSTED_MAX = 20
"""Each is a subscription of its own; a team is smaller."""


def _broker(url: str) -> str:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("a broker is written mqtts://HOST or mqtt://HOST:PORT")
    if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "the broker's address ends with its port; username and password have keys of their own"
        )
    return url


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("write the whole path of the certificate's file, from /")
    return path


Topic = Annotated[str, Field(pattern=r"^[^\s#+$\x00-\x1f/][^#+\x00-\x1f]{0,199}$")]
"""One topic, without wildcards."""


class MqttSettings(Settings):
    """One broker. Topics begin with `prefix`: two watchers on one broker need two."""

    url: Annotated[str, AfterValidator(_broker)]
    username: str | None = None
    password: Secret | None = None
    ca: Annotated[Path, AfterValidator(_absolute)] | None = None  # a certificate authority of your own
    prefix: str = Field("watcher", pattern=r"^[A-Za-z0-9_-]{1,60}(/[A-Za-z0-9_-]{1,60}){0,3}$")
    trusted: tuple[Topic, ...] = Field((), max_length=TRUSTED_MAX)
    """Topics whose senders the broker itself vouches for: there a name acknowledges, without a signature."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username beside it")
        if self.ca is not None and not self.tls:
            raise ValueError("ca belongs to an mqtts:// address")
        return self

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or PORTS[parts.scheme]

    @property
    def tls(self) -> bool:
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def identifier(self) -> str:
        """The same at every connection: the broker ends the former one, and its last will never comes late."""
        return f"hotfix-watcher-{self.prefix.replace('/', '-')}"

    def topic(self, *levels: str) -> str:
        return "/".join((self.prefix, *levels))
