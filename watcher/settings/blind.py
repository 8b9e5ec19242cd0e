"""What is configured of blindness: when it is told, and how our own network is tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from rules.duration import Duration
from watcher.settings.secret import Settings

REFERENCES_MAX = 5
"""Each is asked every few seconds; one that answers is enough."""


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address is written https://HOST/")
    return url


class BlindSettings(Settings):
    """`reference`: addresses outside your own infrastructure that are always there."""

    tell_after: Duration = Field(timedelta(minutes=3), ge=timedelta(seconds=1))  # one eye blind: told
    after: Duration = Field(timedelta(minutes=10), ge=timedelta(seconds=1))  # all eyes blind: it wakes
    every: Duration = Field(timedelta(seconds=5), ge=timedelta(milliseconds=100), le=timedelta(minutes=1))
    reference: tuple[Annotated[str, AfterValidator(_address)], ...] = Field((), max_length=REFERENCES_MAX)
