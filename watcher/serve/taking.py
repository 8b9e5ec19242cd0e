"""Taking an incident by message: a page's code, a signed token, or a name from a trusted place, and never words alone.

A code stands in one page to one person, and is short enough to type in bed. It is good while that page is good: nobody
has taken the incident since it was sent, and the incident needs somebody. So a code that was seen by others is worth
nothing once it was used: what pages anew brings a new one.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from watcher.clock import Clock
from watcher.config import Config
from watcher.engine import Engine
from watcher.incident import command as ask
from watcher.incident.command import Refused
from watcher.incident.machines import id_of, stream_of
from watcher.incident.outbox import Owed
from watcher.incident.state import Incident
from watcher.incident.suspicion import Suspicion
from watcher.serve.allowance import Allowance
from watcher.serve.asking import ANSWER_WITHIN
from watcher.serve.links import BadToken, Links
from watcher.serve.recent import Recent

logger = logging.getLogger(__name__)

TRIED_MAX = 60
TRIED_FOR = timedelta(minutes=1)
"""Whoever floods the way in ends it for that long and guesses nothing: 40 bits last for centuries at this pace."""
USED_MAX = 1000
"""Codes remembered as used; the incident's own state forgets none that matters longer."""
MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None})
"""What a person reads as a letter in a code is a digit."""


class NotTaken(Exception):  # noqa: N818 - the word people read
    """The message acknowledged nothing; the text says why."""

    @property
    def because(self) -> str:
        return str(self)


class Takes(Protocol):
    """What the ways in need of it."""

    async def by_code(self, id_: str, code: str, *, via: str, name: str | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class _Good:
    """One page that a code may answer, and whom it was for."""

    page: int
    contact: str | None


@dataclass(frozen=True, slots=True)
class _Asks:
    """Pages before `since` are of another stretch, but for those of people other than the one who let it expire."""

    since: datetime
    expired: str | None


class Taking:
    """Puts an acknowledgement to the engine once it is known whose it is. Every method answers the name, or raises NotTaken."""

    def __init__(self, engine: Engine, links: Links, config: Callable[[], Config], clock: Clock) -> None:
        self._engine = engine
        self._links = links
        self._config = config
        self._tries = Allowance(clock, TRIED_MAX, TRIED_FOR)
        self._used: Recent[tuple[str, _Good]] = Recent(USED_MAX)

    async def by_code(self, id_: str, code: str, *, via: str, name: str | None = None) -> str:
        """The code of a page that is still good; `name` where somebody else than its addressee answers."""
        stream, state = self._open(id_)
        self._count()
        found = self._find(stream, state, code)
        if found is None:
            raise NotTaken(f"{id_of(stream)}: this code is wrong, or its page is old; use the newest page")
        if (stream, found) in self._used or found.contact == _holder(state):
            raise NotTaken(f"{id_of(stream)}: this code was used already")
        taken = await self._acknowledge(stream, name or found.contact, via)
        self._used.add((stream, found))
        return taken

    async def by_token(self, token: str, *, via: str, name: str | None = None) -> str:
        """The token of an acknowledgement link."""
        self._count()
        try:
            grant = self._links.read(token)
        except BadToken as bad:
            raise NotTaken(bad.because) from None
        stream, _ = self._open(grant.id)
        return await self._acknowledge(stream, name or grant.contact, via)

    async def by_name(self, id_: str, name: str, *, via: str) -> str:
        """A name, from a place whose senders somebody else vouches for."""
        self._count()
        stream, _ = self._open(id_)
        return await self._acknowledge(stream, name, via)

    def _count(self) -> None:
        if not self._tries.take():
            raise NotTaken("too many messages that would acknowledge; this one was not read")

    def _open(self, id_: str) -> tuple[str, Any]:
        """A live incident or suspicion: what is over cannot be taken."""
        stream = stream_of(id_)
        state = self._engine.streams.get(stream) if stream else None
        if stream is None or state is None:
            raise NotTaken("there is no such open incident")
        return stream, state

    def _find(self, stream: str, state: Any, code: str) -> _Good | None:
        """Every good page is compared, so that the time tells nothing."""
        found, asked = None, code.lower().translate(MISREAD).encode("utf-8", "replace")
        for one in good(state):
            known = self._links.code(id_of(stream), one.page, one.contact).encode()
            if hmac.compare_digest(asked, known):
                found = one
        return found

    async def _acknowledge(self, stream: str, name: str | None, via: str) -> str:
        if name is None or name not in self._config().contacts:
            raise NotTaken(f"{id_of(stream)}: say who has it, by a name under contacts")
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                await self._engine.ask(stream, ask.Acknowledge(by=name, via=via))
        except Refused as refusal:
            raise NotTaken(refusal.because) from None
        except LookupError:
            raise NotTaken("there is no such open incident") from None
        except TimeoutError:
            raise NotTaken("the watcher is too busy to answer") from None
        logger.info("%s has it, by %s", name, via, extra={"event": "acknowledged", "id": id_of(stream)})
        return name


def good(state: Any) -> Iterator[_Good]:
    """The pages whose code would acknowledge now. Pure."""
    asks = _asks(state)
    if asks is None:
        return
    for version, owed in state.outbox.pages.items():
        if owed.request.kind == "wake" and not owed.withdrawn:
            for contact in _meant(owed):
                if owed.request.at >= asks.since or asks.expired not in (None, contact):
                    yield _Good(version, contact)


def _meant(owed: Owed) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys(delivery.contact for delivery in owed.request.deliveries))


def _asks(state: Any) -> _Asks | None:
    """How it asks for somebody; None where it does not."""
    if isinstance(state, Incident) and state.paging:
        climb = state.climbs["unacknowledged"]
        return _Asks(climb.began, climb.owner)
    if isinstance(state, Suspicion) and state.status == "suspected":
        return _Asks(state.suspected.at, None)
    return None


def _holder(state: Any) -> str | None:
    """Who has it now; a page without an addressee is nobody's."""
    return (state.acknowledged_by if isinstance(state, Incident) else state.held_by) or ""
