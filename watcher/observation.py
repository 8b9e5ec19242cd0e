"""What a source tells the engine: what it sees, or that it cannot see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

from rules.signal import HealthSignal, HealthState, Signal

BlindReason = Literal[
    "auth",  # 401, 403
    "not_found",  # 404: the organization, the project or the address is wrong
    "rate_limited",  # 429
    "client_error",  # another 4xx
    "server_error",  # 5xx
    "timeout",
    "unreachable",
    "not_json",  # an answer that is not what an API says (a login page, garbage)
    "unreadable",  # a calendar that is none, or cannot be read as a whole
    "too_large",  # the answer went over the cap
    "access_lost",  # the projects we watch are no longer ours to see
    "offline",  # our own network is away
    "silent",  # the source has not reported for too long, or stopped with an error of its own
]
BLIND_REASONS: tuple[BlindReason, ...] = get_args(BlindReason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One look: everything that the source sees now and that could matter.

    Where `complete`, a thing that is not listed was looked for and is not failing: it counts as clean.
    `memory` is what the source must remember of this look; it is committed with what came of it.
    """

    source: str
    at: datetime
    signals: tuple[Signal, ...]
    complete: bool = True
    doubtful: tuple[
        str, ...
    ] = ()  # refs that answered badly, not yet so often that they fail: clean begins anew
    unseen: tuple[str, ...] = ()  # refs of which the answer told nothing
    memory: Mapping[str, Any] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """The source cannot see. Neither an incident nor a recovery; blind time never counts as clean."""

    source: str
    at: datetime
    reason: BlindReason
    detail: str = ""  # safe words for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Whether addresses that are always there can be reached: is our own network there?"""

    at: datetime
    reached: bool
    source: str = "network"


def told_of(sweep: Sweep) -> HealthState | None:
    """What the look says of a health endpoint; None where it says nothing new. Of an answer that tells nothing: unknown."""
    states = [signal.state for signal in sweep.signals if isinstance(signal, HealthSignal)]
    return states[0] if states else "unknown" if sweep.unseen else None


Observation = Sweep | Blind | Reference
Submit = Callable[[Observation], Awaitable[None]]


class Source(Protocol):
    """Something that looks, again and again.

    `name` is its label ("sentry:NAME", "health:NAME"). `run` looks until it is cancelled, submits what it sees, and
    looks at once when `nudge` is set (it clears it). It may raise: its supervisor starts it again.
    """

    name: str

    async def run(self, submit: Submit, nudge: asyncio.Event) -> None: ...
