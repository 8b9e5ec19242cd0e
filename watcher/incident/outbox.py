"""The outbox: pages that are owed, as a fold of the log. Delivery is at least once: send, then record.

1. A page is due to each of its deliveries until that delivery ends: accepted, failed for good, or withdrawn.
2. A failure that may pass is tried again after a growing delay, or the delay that the service asked for.
3. When a delivery failed for good, or has been failing for a while, its fallback target is due as well.
4. A withdrawn page (acknowledged, resolved) is no longer due; a receipt that comes later is recorded all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from notifiers.page import Reason
from watcher.incident.event import (
    Event,
    Ladder,
    PageAbandoned,
    PageAccepted,
    PageFailed,
    PageRequested,
    Purpose,
)
from watcher.incident.record import Delivery

FALLBACK_AFTER = timedelta(seconds=30)
"""So long may a target fail in passing before its fallback is asked as well."""
NO_WAY: frozenset[Reason] = frozenset({"unreachable", "timeout"})
"""Reasons that our own network may be: when it is back they are tried at once."""
SETTLED_KEPT = 64
"""Pages kept in memory after they are settled: more than a late receipt or a ladder looks back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How far one delivery has come."""

    delivery: Delivery
    tries: int = 0
    first_failed_at: datetime | None = None
    retry_at: datetime | None = None
    accepted: bool = False
    accepted_at: datetime | None = None
    no_way: bool = False  # the last try met no service at all
    ended: bool = False  # accepted, or failed for good
    maybe: bool = False  # an answer was lost: it may have arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One page and its deliveries, by target."""

    version: int
    request: PageRequested
    attempts: Mapping[str, Attempt]
    withdrawn: bool = False
    nowhere: bool = False  # it was resolved to nobody


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery to be attempted now."""

    page: int
    request: PageRequested
    delivery: Delivery
    attempt: int
    repeat: bool  # a former attempt may have arrived


@dataclass(frozen=True)  # no slots: what is open is worked out once, and every turn asks
class Outbox:
    """The pages of one stream. `reached` are the targets that were, or may have been, woken or told."""

    pages: Mapping[int, Owed] = field(default_factory=dict)
    reached: frozenset[str] = frozenset()

    @cached_property
    def open(self) -> tuple[tuple[Owed, Attempt, datetime | None], ...]:
        """Each unfinished delivery, with the moment from which it is due (None: at once)."""
        return tuple((o, attempt, at) for o in self.pages.values() for attempt, at in _open_attempts(o))


def evolve(outbox: Outbox, event: Event, version: int) -> Outbox:
    """The outbox after one event of its stream."""
    if isinstance(event, PageRequested):
        attempts = {d.target: Attempt(delivery=d) for d in event.deliveries}
        owed = Owed(version=version, request=event, attempts=attempts)
        return replace(outbox, pages={**_recent(outbox.pages), version: owed})
    if isinstance(event, PageAccepted):
        done = replace(
            attempt_of(outbox, event.page, event.target),
            accepted=True,
            accepted_at=event.at,
            ended=True,
            tries=event.attempt,
        )
        return _with(_reach(outbox, event.page, event.target), event.page, done)
    if isinstance(event, PageFailed):
        return _failed(outbox, event)
    if isinstance(event, PageAbandoned):
        return _abandoned(outbox, event)
    return outbox


def _recent(pages: Mapping[int, Owed]) -> Mapping[int, Owed]:
    """Without the oldest pages of which nothing is owed: the log has them, and a bad week would carry thousands."""
    if len(pages) < SETTLED_KEPT:
        return pages
    old = list(pages)[: len(pages) - SETTLED_KEPT // 2]
    done = {v for v in old if not any(True for _ in _open_attempts(pages[v]))}
    return {v: owed for v, owed in pages.items() if v not in done}


def withdraw(outbox: Outbox, ladder: Ladder | None = None) -> Outbox:
    """Without the pages that wake (of one ladder; of any where none is named)."""
    pages = {
        v: replace(owed, withdrawn=True) if _rings(owed, ladder) else owed for v, owed in outbox.pages.items()
    }
    return replace(outbox, pages=pages)


def withdraw_told(outbox: Outbox, *purposes: Purpose) -> Outbox:
    """Without the messages of these purposes that nobody took yet: they would say what is no longer true."""
    pages = {
        v: replace(owed, withdrawn=True) if owed.request.purpose in purposes else owed
        for v, owed in outbox.pages.items()
    }
    return replace(outbox, pages=pages)


def withdraw_all(outbox: Outbox) -> Outbox:
    """Without all pages: what they say is over."""
    return replace(outbox, pages={v: replace(o, withdrawn=True) for v, o in outbox.pages.items()})


def _rings(owed: Owed, ladder: Ladder | None) -> bool:
    return owed.request.kind == "wake" and ladder in (None, owed.request.ladder)


def attempt_of(outbox: Outbox, page: int, target: str) -> Attempt:
    """How far a delivery has come; one that was never begun where nothing is known of it."""
    owed = outbox.pages.get(page)
    if owed is not None and target in owed.attempts:
        return owed.attempts[target]
    attempts = owed.attempts.values() if owed else ()
    stood_for = next((a.delivery for a in attempts if a.delivery.fallback == target), None)
    contact = stood_for.contact if stood_for else None
    return Attempt(delivery=Delivery(target=target, contact=contact, wakes=stood_for is not None))


def _with(outbox: Outbox, page: int, attempt: Attempt) -> Outbox:
    owed = outbox.pages.get(page)
    if owed is None:
        return outbox
    attempts = {**owed.attempts, attempt.delivery.target: attempt}
    return replace(outbox, pages={**outbox.pages, page: replace(owed, attempts=attempts)})


def _failed(outbox: Outbox, event: PageFailed) -> Outbox:
    before = attempt_of(outbox, event.page, event.target)
    after = replace(
        before,
        tries=event.attempt,
        first_failed_at=before.first_failed_at or event.at,
        retry_at=event.retry_at,
        ended=before.ended or event.retry_at is None,
        maybe=before.maybe or event.unknown,
        no_way=event.reason in NO_WAY,
    )
    return _with(_reach(outbox, event.page, event.target) if event.unknown else outbox, event.page, after)


def _reach(outbox: Outbox, page: int, target: str) -> Outbox:
    """Whoever is outside heard what was meant for them, and hears no more than that."""
    owed = outbox.pages.get(page)
    if owed is not None and owed.request.kind == "publish":
        return outbox
    return replace(outbox, reached=outbox.reached | {target})


def _abandoned(outbox: Outbox, event: PageAbandoned) -> Outbox:
    if event.target is None and event.page in outbox.pages:
        owed = replace(outbox.pages[event.page], nowhere=True)
        outbox = replace(outbox, pages={**outbox.pages, event.page: owed})
    targets = [event.target] if event.target else list(_targets(outbox, event.page))
    for target in targets:
        before = attempt_of(outbox, event.page, target)
        failed = replace(
            before, ended=True, first_failed_at=before.first_failed_at or event.at, retry_at=None
        )
        outbox = _with(outbox, event.page, failed)
    return outbox


def _targets(outbox: Outbox, page: int) -> Iterable[str]:
    owed = outbox.pages.get(page)
    return owed.attempts if owed else ()


def _fallback_at(attempt: Attempt) -> datetime | None:
    """When this delivery's fallback is due; None while there is no reason."""
    if attempt.accepted or attempt.delivery.fallback is None or attempt.first_failed_at is None:
        return None
    return attempt.first_failed_at if attempt.ended else attempt.first_failed_at + FALLBACK_AFTER


def _open_attempts(owed: Owed) -> Iterable[tuple[Attempt, datetime | None]]:
    """Each unfinished delivery with the moment from which it is due (None: at once)."""
    if owed.withdrawn:
        return
    spared = _spared(owed)
    for attempt in owed.attempts.values():
        if not attempt.ended and attempt.delivery.target not in spared:
            yield attempt, attempt.retry_at
        stand_in = attempt.delivery.fallback
        at = _fallback_at(attempt)
        if stand_in is not None and at is not None and stand_in not in owed.attempts:
            yield (
                Attempt(delivery=Delivery(target=stand_in, contact=attempt.delivery.contact, wakes=True)),
                at,
            )


def _spared(owed: Owed) -> set[str | None]:
    """Fallbacks whose own target has taken the page meanwhile: one of the two is enough."""
    asked = {delivery.target for delivery in owed.request.deliveries}
    return {a.delivery.fallback for a in owed.attempts.values() if a.accepted} - asked


def hasten(outbox: Outbox, at: datetime) -> Outbox:
    """Our network is back: what met no service is tried now; a fallback keeps its time, it may not be needed."""

    def sooner(owed: Owed, attempt: Attempt) -> Attempt:
        asked = attempt.delivery in owed.request.deliveries
        waits = asked and attempt.no_way and attempt.retry_at is not None and attempt.retry_at > at
        return replace(attempt, retry_at=at) if waits else attempt

    pages = {
        v: replace(owed, attempts={t: sooner(owed, a) for t, a in owed.attempts.items()})
        for v, owed in outbox.pages.items()
    }
    return replace(outbox, pages=pages)


def rang_at(owed: Owed) -> datetime:
    """When it rang; where it has not, when it was asked for."""
    took = (a.accepted_at for a in owed.attempts.values() if a.accepted_at and a.delivery.wakes)
    return max(took, default=owed.request.at)


def due(outbox: Outbox, now: datetime) -> list[Due]:
    """The deliveries to attempt now, in the order in which their pages were requested."""
    return [
        Due(owed.version, owed.request, attempt.delivery, attempt.tries + 1, attempt.maybe)
        for owed, attempt, at in outbox.open
        if at is None or at <= now
    ]


def deadline(outbox: Outbox) -> datetime | None:
    """The next moment at which a waiting delivery becomes due; None where none waits for a moment."""
    return min((at for _, _, at in outbox.open if at is not None), default=None)


def pending(outbox: Outbox) -> int:
    """How many deliveries are owed, due or waiting."""
    return len(outbox.open)


def settled(outbox: Outbox) -> bool:
    """Nothing is owed any more."""
    return pending(outbox) == 0


def woke(owed: Owed) -> bool:
    """A target that wakes took the page, or nothing more will be tried: the next repetition may come."""
    rang = any(a.accepted and (a.delivery.wakes or owed.request.loudest) for a in owed.attempts.values())
    return rang or not any(True for _ in _open_attempts(owed))


def failed(owed: Owed) -> bool:
    """It reached nobody, and nothing more will be tried. A page that has not been addressed yet is not failed."""
    rings = owed.request.kind == "wake" and any(a.delivery.wakes for a in owed.attempts.values())
    counted = [a for a in owed.attempts.values() if a.delivery.wakes or not rings]
    if owed.withdrawn or any(a.accepted or a.maybe for a in counted):
        return False
    trying = any(a.delivery.wakes or not rings for a, _ in _open_attempts(owed))
    return owed.nowhere or (bool(owed.attempts) and not trying)
