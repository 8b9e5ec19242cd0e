"""The receipt of an attempt, from what its requests met. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from notifiers.page import Reason, Receipt

ACCEPTED = Receipt(outcome="accepted")
BAD_ADDRESS = Receipt(outcome="refused", reason="bad_address", detail="the address cannot be understood")

_STATUS = re.compile(r"error=(\d{3})\b")
_CONNECTION = re.compile(r"(?i)connection|socket|timed? ?out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What came of one request. Without a reason it was taken; `maybe` where it may have been taken all the same."""

    reason: Reason | None = None
    maybe: bool = False
    detail: str = ""
    retry_after: timedelta | None = None


def reason_of(status: int) -> Reason | None:
    """The reason that an HTTP status means; None where the request was taken.

    A redirect is a failure that may pass: it is not followed, for a login page takes every page and shows it to nobody.
    """
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP
        return None
    if status in (401, 403, 407):
        return "auth"
    if status == 429:  # noqa: PLR2004 - HTTP
        return "rate_limited"
    refused = 400 <= status < 500 and status not in (408, 425)  # noqa: PLR2004 - HTTP
    return "client_error" if refused else "server_error"


def receipt(*, delivered: bool, met: Sequence[Met], said: Sequence[str]) -> Receipt:
    """Accepted where the service took it from all; else the last trouble that was met, or else was told of.

    Where one request was taken and another was not, part of it may have arrived: the outcome is unknown.
    """
    if delivered:
        return ACCEPTED
    troubles = [m for m in met if m.reason is not None]
    if not troubles:
        return _told(said)
    last = troubles[-1]
    unknown = any(m.maybe for m in troubles) or len(troubles) < len(met)
    waits = [m.retry_after for m in troubles if m.retry_after is not None]
    return Receipt(
        outcome="unknown" if unknown else "refused",
        reason=last.reason,
        detail=last.detail,
        retry_after=max(waits, default=None),
    )


def _told(said: Sequence[str]) -> Receipt:
    """No HTTP trouble: mail, a queue, or a refusal inside an answer that looked good. Trying again is the safe side."""
    text = "\n".join(said)
    status = _STATUS.search(text)
    reason = reason_of(int(status[1])) if status else None
    if reason is not None and status is not None:
        return Receipt(outcome="refused", reason=reason, detail=f"answered {status[1]}")
    if _CONNECTION.search(text):
        return Receipt(outcome="refused", reason="unreachable", detail="no connection")
    return Receipt(outcome="refused", reason="server_error", detail="the service did not take it")


def late(met: Sequence[Met], *, waiting: bool) -> Receipt:
    """The time is up and the attempt has not come back: what it met so far, or else nothing is known."""
    troubles = [m for m in met if m.reason is not None]
    if troubles and not waiting:
        return receipt(delivered=False, met=met, said=())
    return Receipt(outcome="unknown", reason="timeout", detail="no answer in time")
