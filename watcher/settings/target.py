"""A target: one way to reach somebody."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from notifiers.page import Destination, Kind
from rules.duration import Duration
from watcher.settings.secret import Address, Settings


class Target(Settings):
    apprise: Address
    timeout: Duration = timedelta(seconds=10)
    wakes: bool = False
    fallback: str | None = None
    for_: tuple[Kind, ...] = Field(("wake", "tell"), alias="for")
    proxy: Address | None = (
        None  # the only one that a page to it goes through; the environment's are not used
    )

    @field_validator("proxy")
    @classmethod
    def _plausible(cls, proxy: Address | None) -> Address | None:
        if proxy is None:
            return None
        parts = urlsplit(proxy.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a proxy's address is written http://HOST:PORT")
        return proxy

    def destination(self, name: str) -> Destination:
        """Where a page goes, for whoever sends it."""
        return Destination(name=name, address=self.apprise, timeout=self.timeout, proxy=self.proxy)
