"""Requests that were not answered: from an exception to words. No text of the other side is repeated."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta

import httpx2

from rules import health
from rules.health import Reading

CHAIN_MAX = 20
"""Exceptions wrap exceptions; what is deeper says nothing more."""


def reading_of(error: Exception, timeout: timedelta) -> Reading:
    """What a failed request says of the service. `timeout` is the deadline that it had."""
    if isinstance(error, TimeoutError):
        return _late(timeout)
    chain = tuple(_chain(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return health.read(error=f"certificate: {cause.verify_message}")
        if isinstance(cause, socket.gaierror):
            return health.read(error="name not found")
        if (words := _of_system(cause)) is not None:
            return health.read(error=words)
    if any(isinstance(cause, TimeoutError | httpx2.TimeoutException) for cause in chain):
        return _late(timeout)
    return _of_protocol(error)


def refused(error: Exception) -> bool:
    """Whether the other machine itself said no: then our own network is there."""
    return any(isinstance(cause, ConnectionRefusedError) for cause in _chain(error))


def _late(timeout: timedelta) -> Reading:
    return Reading(state="down", because=(f"timed out after {timeout.total_seconds():g} s",))


def _of_system(cause: BaseException) -> str | None:
    if isinstance(cause, ConnectionRefusedError):
        return "refused"
    if isinstance(cause, ConnectionError):
        return "reset"
    if isinstance(cause, ssl.SSLError):
        return "no TLS connection"
    if isinstance(cause, OSError) and cause.errno == errno.ENETUNREACH:
        return "network is unreachable"
    return "no route to host" if isinstance(cause, OSError) and cause.errno == errno.EHOSTUNREACH else None


def _of_protocol(error: Exception) -> Reading:
    """Closed without an answer is a reset without the flag; an answer that is no HTTP comes from something else."""
    if isinstance(error, httpx2.RemoteProtocolError):
        closed = any(word in str(error).casefold() for word in ("disconnected", "closed"))
        words = "closed without a whole answer" if closed else "no HTTP on that port"
        return Reading(state="down" if closed else "unknown", because=(words,))
    if isinstance(error, httpx2.NetworkError):
        return Reading(state="down", because=("reset",))
    return Reading(state="unknown", because=(f"the request could not be made ({type(error).__name__})",))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what caused it, and what its groups hold."""
    waiting, seen = [error], 0
    while waiting and seen < CHAIN_MAX:
        one = waiting.pop(0)
        if one is None:
            continue
        seen += 1
        yield one
        waiting += [one.__cause__ or one.__context__]
        waiting += list(one.exceptions) if isinstance(one, BaseExceptionGroup) else []
