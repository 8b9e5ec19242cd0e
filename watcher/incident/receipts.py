"""Receipts: the facts that an attempt to deliver leaves behind, and when the next one is made. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from notifiers.page import PERMANENT, REASONS
from watcher.incident.command import Record
from watcher.incident.event import Event, PageAccepted, PageFailed
from watcher.incident.outbox import Outbox, attempt_of, due

RETRY_FIRST = timedelta(seconds=2)
RETRY_MAX = timedelta(seconds=60)
"""A pager that is back is found within a minute."""
RETRY_AFTER_MAX = timedelta(minutes=10)
"""A service may ask us to wait, but not until morning."""
TELL_FOR = timedelta(hours=24)
"""What does not ring is given up after a day; what rings never is."""


def record(outbox: Outbox, command: Record, now: datetime) -> list[Event]:
    """The fact that one attempt left behind. A receipt for what is already accepted changes nothing."""
    page, target, attempt, receipt = command.page, command.target, command.attempt, command.receipt
    if attempt_of(outbox, page, target).accepted:
        return []
    if receipt.outcome == "accepted":
        return [PageAccepted(at=now, page=page, target=target, attempt=attempt)]
    reason = receipt.reason or "server_error"
    owed = outbox.pages.get(page)
    stale = owed is not None and owed.request.kind != "wake" and now - owed.request.at > TELL_FOR
    final = reason in PERMANENT or stale
    return [
        PageFailed(
            at=now,
            page=page,
            target=target,
            attempt=attempt,
            reason=reason,
            detail=receipt.detail[:200],
            unknown=receipt.outcome == "unknown",
            retry_at=None if final else now + retry_delay(attempt, receipt.retry_after),
        )
    ]


def bare(outbox: Outbox, command: Record, now: datetime) -> list[Event]:
    """The same without the sender's own words, which may be what cannot be recorded."""
    known = command.receipt.reason if command.receipt.reason in REASONS else None
    receipt = replace(command.receipt, reason=known, detail="", retry_after=None)
    return record(outbox, replace(command, receipt=receipt), now)


def cut_off(outbox: Outbox, now: datetime) -> list[Event]:
    """A life ended while these were due: each may have been sent. It is sent again now, and its target may know."""
    return [
        PageFailed(
            at=now,
            page=d.page,
            target=d.delivery.target,
            attempt=d.attempt,
            reason="timeout",
            detail="the watcher ended before an answer came",
            unknown=True,
            retry_at=now,
        )
        for d in due(outbox, now)
        if d.request.kind == "wake"
    ]


def retry_delay(attempt: int, asked: timedelta | None) -> timedelta:
    """How long to wait after the n-th attempt (from 1)."""
    if asked is not None:
        return min(max(asked, RETRY_FIRST), RETRY_AFTER_MAX)
    return min(RETRY_FIRST * (1 << min(attempt - 1, 10)), RETRY_MAX)
