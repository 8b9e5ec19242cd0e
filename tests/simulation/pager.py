"""The pagers of a simulated world: each target takes pages, or fails in the way that is planned for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifiers.page import Destination, Page, Receipt
from tests.simulation.tape import Attempt, Tape
from watcher.incident.machines import stream_of

ACCEPTED = Receipt(outcome="accepted")
QUICK = 0.05  # seconds that a good answer takes


@dataclass(slots=True)
class Pagers:
    """What the targets do now, by name; a target that is not named is well."""

    tape: Tape
    chance: random.Random
    doing: dict[str, str] = field(default_factory=dict)
    reached: Callable[[], bool] = lambda: True  # whether our own network is there


class LifeSender:
    """The sender of one life of the daemon. `gone` raises where that life is over."""

    def __init__(
        self, pagers: Pagers, life: int, now: Callable[[], datetime], gone: Callable[[], None]
    ) -> None:
        self._pagers = pagers
        self._life = life
        self._now = now
        self._gone = gone

    async def send(self, page: Page, destination: Destination) -> Receipt:
        self._gone()
        attempt = self._begin(page, destination.name)
        how = self._pagers.doing.get(destination.name, "well") if self._pagers.reached() else "unreachable"
        receipt = await _ANSWERS[how](self._pagers.chance, attempt, destination.timeout.total_seconds())
        self._gone()
        attempt.ended, attempt.receipt, attempt.how = self._now(), receipt, how
        if receipt.reason == "server_error" and receipt.detail == "raise":
            raise RuntimeError("a fault of the sender's own")
        return receipt

    def _begin(self, page: Page, target: str) -> Attempt:
        tape = self._pagers.tape
        id_, _, number = page.id.rpartition("@")[0].rpartition("/")
        stream = stream_of(id_) or id_ or page.id  # last words belong to no stream
        number = number if number.isdigit() else "0"
        attempt = Attempt(tape.order(), stream, int(number), target, page, self._life, self._now())
        tape.attempts.append(attempt)
        return attempt


async def _well(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    attempt.arrived = chance.random() < 0.5  # a crash within the answer's time may come before or after it
    await asyncio.sleep(QUICK)
    attempt.arrived = True
    return ACCEPTED


async def _timeout(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    attempt.arrived = chance.random() < 0.5
    await asyncio.sleep(limit)
    return Receipt(outcome="unknown", reason="timeout", detail="no answer in time")


async def _hang(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    await asyncio.sleep(limit * (0.5 + chance.random() / 2))
    attempt.arrived = True
    return ACCEPTED


async def _rate_limited(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    await asyncio.sleep(QUICK)
    asked = chance.choice((None, timedelta(seconds=5), timedelta(seconds=90), timedelta(hours=1)))
    return Receipt(outcome="refused", reason="rate_limited", detail="429", retry_after=asked)


async def _server_error(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    await asyncio.sleep(QUICK)
    return Receipt(outcome="refused", reason="server_error", detail="503")


async def _unreachable(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    await asyncio.sleep(limit if chance.random() < 0.3 else 0)
    return Receipt(outcome="refused", reason="unreachable", detail="no connection")


async def _refused(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    await asyncio.sleep(QUICK)
    return Receipt(outcome="refused", reason=chance.choice(("auth", "client_error", "bad_address")))


async def _raise(chance: random.Random, attempt: Attempt, limit: float) -> Receipt:
    attempt.arrived = chance.random() < 0.5
    await asyncio.sleep(0)
    return Receipt(outcome="unknown", reason="server_error", detail="raise")


_ANSWERS = {
    "well": _well,
    "timeout": _timeout,
    "hang": _hang,
    "rate-limited": _rate_limited,
    "server-error": _server_error,
    "unreachable": _unreachable,
    "refused": _refused,
    "raise": _raise,
}
