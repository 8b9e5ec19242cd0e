"""A sender for every service that Apprise reaches.

Each attempt has a thread of its own, which ends with it: a target that hangs holds its own threads and no others, and a
stop never waits for them. Apprise's own pool would let six hanging targets starve the seventh.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from notifiers.page import Destination, Page, Receipt
from notifiers.render import fitted
from notifiers.send import scheme_of
from notifiers.verdict import BAD_ADDRESS, late, receipt
from notifiers.wire import Attempt, watching

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 3
"""Threads of one target at a time: the current attempt, and two whose service never came back."""
WIRE_SHARE = 0.9
"""Of a target's time for the wire; the rest is for saying what happened, before the attempt is given up."""
LEAST_SECONDS = 0.05
"""A wait of nothing at all is understood by some libraries as for ever."""

_BROKEN = Receipt(outcome="unknown", reason="server_error", detail="the plugin of this service failed")
_NOT_HERE = frozenset(
    {"", "console"}
)  # no address, and a sender of its own: looking for them would load everything
_WITH_HOST = frozenset(
    scheme + secure
    for scheme in (
        "http",
        "json",
        "xml",
        "form",
        "mailto",
        "gotify",
        "mmost",
        "rocket",
        "matrix",
        "mqtt",
        "apprise",
    )
    for secure in ("", "s")
)
"""Schemes whose address names a host; in others that place may hold a token."""


class AppriseSender:
    """Carries pages to the addresses that Apprise understands."""

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()

    async def send(self, page: Page, destination: Destination) -> Receipt:
        stuck = self._under_way[destination.name]
        if stuck >= ATTEMPTS_MAX:
            detail = f"not sent: {stuck} former attempts still have no answer"
            return Receipt(outcome="refused", reason="timeout", detail=detail)
        loop = asyncio.get_running_loop()
        seconds = destination.timeout.total_seconds()
        proxy = destination.proxy.get_secret_value() if destination.proxy else ""
        attempt = Attempt(until=loop.time() + seconds * WIRE_SHARE, now=loop.time, proxy=proxy)
        try:
            async with asyncio.timeout(seconds):
                return await self._in_thread(destination.name, lambda: _carry(page, destination, attempt))
        except TimeoutError:
            return late(attempt.met, waiting=attempt.waiting)
        except RuntimeError:
            return Receipt(outcome="refused", reason="server_error", detail="no thread could be started")

    def _in_thread(self, target: str, carry: Callable[[], Receipt]) -> asyncio.Future[Receipt]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()

        def ended(result: Receipt) -> None:
            self._under_way[target] -= 1
            if not answer.done():
                answer.set_result(result)

        def work() -> None:
            result = _BROKEN
            try:
                result = carry()
            finally:
                with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                    loop.call_soon_threadsafe(ended, result)

        threading.Thread(target=work, name=f"page {target}", daemon=True).start()
        self._under_way[target] += 1
        return answer


def _carry(page: Page, destination: Destination, attempt: Attempt) -> Receipt:
    """In a thread: what a service makes of the page. Never raises; a fault of a plugin is the service's failure."""
    try:
        return _carried(page, destination, attempt)
    except Exception as error:  # noqa: BLE001 - a plugin may fail in any way
        logger.warning(
            "a plugin failed: %s",
            type(error).__name__,
            extra={"event": "plugin_failed", "target": destination.name},
        )
        return _BROKEN if attempt.begun else replace(_BROKEN, outcome="refused")


def _carried(page: Page, destination: Destination, attempt: Attempt) -> Receipt:
    from notifiers import services

    with watching(attempt):
        service = services.service(destination.address.get_secret_value(), max(attempt.left(), LEAST_SECONDS))
        if service is None:
            return BAD_ADDRESS
        rendered = fitted(page, title_max=service.title_maxlen, body_max=service.body_maxlen)
        attempt.begun = True
        delivered = services.notify(service, rendered, page.kind)
    return receipt(delivered=delivered, met=attempt.met, said=attempt.said)


def warm(schemes: Iterable[str]) -> None:
    """Load what these schemes need, so that no page waits for it. Blocks: call it in a thread, before the first page."""
    from notifiers import carrier, services

    with watching(_nothing()):
        services.load(set(schemes) - _NOT_HERE)
    carrier.ready()


def understandable(address: str) -> bool:
    """Whether Apprise can make sense of the address; whether it reaches anybody is not known. Blocks like `warm`."""
    from notifiers import services

    with watching(_nothing()):
        return services.service(address, LEAST_SECONDS) is not None


def _nothing() -> Attempt:
    """Nothing may be sent, and what is logged goes nowhere."""
    return Attempt(until=0, now=lambda: 0)


def describe(address: str) -> str:
    """The address for people: its scheme, and its host where that place holds a host. Nothing secret is left."""
    scheme = scheme_of(address)
    if scheme not in _WITH_HOST:
        return f"{scheme}://\u2026" if scheme.isalnum() else "an address"
    try:
        parts = urlsplit(address.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{scheme}://\u2026"
    return f"{scheme}://{parts.hostname or ''}{port}"
