"""The words between the daemon and its senders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol, get_args

Kind = Literal["wake", "tell", "publish"]

Reason = Literal[
    "auth",  # the service refused our credentials
    "rate_limited",  # it asks us to wait
    "client_error",  # it refused the message (4xx)
    "server_error",  # it failed (5xx)
    "timeout",  # no answer in time: whether it arrived is unknown
    "unreachable",  # no connection
    "bad_address",  # the address cannot be understood
    "no_such_target",  # the configuration no longer names it
]
REASONS: tuple[Reason, ...] = get_args(Reason)

PERMANENT: frozenset[Reason] = frozenset({"auth", "client_error", "bad_address", "no_such_target"})
"""Reasons that trying again does not mend; the rest are tried again until accepted or withdrawn."""

Outcome = Literal["accepted", "refused", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one target is told, once. `id` is the delivery's: the same at every repetition."""

    id: str  # "INC-1042/3@ann-phone"
    kind: Kind
    title: str
    lines: tuple[str, ...]
    link: str = ""  # where to acknowledge; empty when there is no public address
    command: str = ""  # what to type instead
    age: timedelta = timedelta(0)  # since it was due
    repeat: bool = False  # a former attempt may have arrived
    drill: bool = False
    hosts: tuple[
        str, ...
    ] = ()  # "host" or "host:port" whose addresses stay links: ours, Sentry's, the runbook's


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a page goes. `address` is a secret, and so may `proxy` be: neither appears in repr, logs or exceptions."""

    name: str
    address: Secret
    timeout: timedelta
    proxy: Secret | None = None  # the one it goes through; none of the environment's is used


class Secret(Protocol):
    """A value that shows itself only when asked (pydantic's SecretStr is one)."""

    def get_secret_value(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What came of one attempt. `retry_after` is the delay that the service asked for."""

    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""  # safe words for people: no address, no token, no raw answer
    retry_after: timedelta | None = None


class Sender(Protocol):
    """Carries one page to one destination, once, within the destination's timeout; it never raises but on cancellation."""

    async def send(self, page: Page, destination: Destination) -> Receipt: ...
