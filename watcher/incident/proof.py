"""How the daemon proves its own paths: the pages that it sends for that, and when. Pure readings of its life.

1. A canary goes out on schedule, quietly, to the target that was named and to one of those that wake, in turn.
2. A test page is the real page; a person answers it. What is unfinished after a while is given up: a test must not
   ring in the night after the day on which somebody asked for it.
3. What the audit complains of is told at once; when it goes on it wakes, also on the targets that stand in for others.
4. When nobody practised for a quarter the on-call is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watcher.incident import outbox as box
from watcher.incident.compose import spell
from watcher.incident.event import PageAbandoned, PageRequested, Purpose
from watcher.incident.outbox import Outbox, Owed

if TYPE_CHECKING:
    from watcher.incident.life import Daemon

CANARY_AGAIN = timedelta(hours=1)
"""A canary that failed for good is sent again so soon: a mended target is known within the hour."""
TEST_KEPT = timedelta(minutes=15)
"""A test page is not tried for longer."""
WAKE_AFTER = timedelta(minutes=10)
"""So long may the audit complain before it wakes somebody."""
WAKE_EVERY = timedelta(hours=4)
"""There is nothing to acknowledge: whoever slept through the first hears another before the morning."""
PRACTISE_EVERY = timedelta(days=90)
SHOWN = 5
"""Complaints in a page; the rest is a count."""

_TEST = re.compile(r"TEST-([0-9]{1,9})")

Lines = tuple[str, ...]


def canary_at(state: Daemon) -> datetime | None:
    """When the next canary is due; None where none is planned."""
    plan, last = state.plan, state.canary
    if plan is None or plan.every is None or plan.canary is None:
        return None
    if state.canary_sent_at is None:
        return plan.at
    broken = last is not None and any(a.ended and not a.accepted for a in last.attempts.values())
    return state.canary_sent_at + (min(plan.every, CANARY_AGAIN) if broken else plan.every)


def canary(state: Daemon, now: datetime) -> list[PageAbandoned | PageRequested]:
    """The next canary; a former one is given up, and its target in turn has another try."""
    if state.plan is None or state.plan.canary is None:
        return []
    turns = state.plan.in_turn
    ring = [turns[state.canaries % len(turns)]] if turns else []
    lines = (
        "Nothing to do. This message is sent on schedule through the whole path of a page.",
        "Should it not arrive, the watcher says so by itself.",
    )
    title = f"{state.service}: canary, nothing to do"
    to = tuple(f"@{target}" for target in (state.plan.canary, *ring))
    return [*_give_up(state, "canary", now), _told("canary", to, title, lines, now)]


def id_of_test(page: int) -> str:
    """What people call a test page: TEST-7, seven being its version in the daemon's stream."""
    return f"TEST-{page}"


def test_of(id_: str) -> int | None:
    """The test page that people call so; None where it is no such id."""
    found = _TEST.fullmatch(id_.strip().upper())
    return int(found[1]) if found else None


def test_page(state: Daemon, to: str, by: str, now: datetime) -> PageRequested:
    """A real page, but for its words."""
    lines = (
        f"Nothing is wrong: {by} tries whether a page reaches you.",
        "A real one looks and sounds like this. Acknowledge it as you would a real one.",
    )
    title = f"{state.service}: test page"
    return PageRequested(at=now, kind="wake", purpose="test", to=(to,), title=title, lines=lines)


def tests_end_at(state: Daemon) -> datetime | None:
    """When the oldest unfinished test page is given up."""
    return min((o.request.at + TEST_KEPT for o in _unfinished(state, "test").values()), default=None)


def end_tests(state: Daemon, now: datetime) -> list[PageAbandoned]:
    old = {v: o for v, o in _unfinished(state, "test").items() if o.request.at + TEST_KEPT <= now}
    return [event for v, owed in old.items() for event in _given_up(v, owed, now)]


def under_way(state: Daemon, to: str) -> bool:
    """Whether a test page to them is still being tried."""
    return any(owed.request.to == (to,) for owed in _unfinished(state, "test").values())


def _give_up(state: Daemon, purpose: Purpose, now: datetime) -> list[PageAbandoned]:
    return [e for v, owed in _unfinished(state, purpose).items() for e in _given_up(v, owed, now)]


def _unfinished(state: Daemon, purpose: Purpose) -> dict[int, Owed]:
    pages = state.outbox.pages.items()
    return {v: o for v, o in pages if o.request.purpose == purpose and not box.settled(Outbox(pages={v: o}))}


def _given_up(version: int, owed: Owed, now: datetime) -> Iterator[PageAbandoned]:
    """Each unfinished delivery, and each target that would stand in for one."""
    missed = [a for a in owed.attempts.values() if not a.accepted]
    targets = [a.delivery.target for a in missed if not a.ended]
    stand_in = [f for a in missed if (f := a.delivery.fallback) is not None and f not in owed.attempts]
    for target in dict.fromkeys([*targets, *stand_in]):
        yield PageAbandoned(at=now, page=version, target=target, reason="timeout")


def complained(state: Daemon, complaints: Lines, now: datetime) -> PageRequested:
    """What the audit found, told."""
    return _told("audit", ("on-call",), f"{state.service}: the watcher is not well", _listed(complaints), now)


def wake_at(state: Daemon) -> datetime | None:
    """When the audit's complaint wakes; None while it complains of nothing."""
    ill = state.illness
    if ill is None:
        return None
    return ill.since + WAKE_AFTER if ill.woke_at is None else ill.woke_at + WAKE_EVERY


def wake(state: Daemon, now: datetime) -> list[PageRequested]:
    """To the on-call, and to every target that stands in for another: theirs may be what is broken."""
    ill = state.illness
    if ill is None:
        return []
    title = f"{state.service}: the watcher has not been well for {spell(now - ill.since)}"
    to = ("on-call", *(f"@{target}" for target in ill.also))
    lines = _listed(ill.complaints)
    return [PageRequested(at=now, kind="wake", purpose="audit", to=to, title=title, lines=lines)]


def well_again(state: Daemon, now: datetime) -> list[PageRequested]:
    """Whoever heard of it hears of its end."""
    ill = state.illness
    if ill is None:
        return []
    pages = [
        o for o in state.outbox.pages.values() if o.request.purpose == "audit" and o.request.at >= ill.since
    ]
    heard = {t for owed in pages for t, a in owed.attempts.items() if a.accepted or a.maybe}
    to = tuple(f"@{target}" for target in sorted(heard))
    title = f"{state.service}: the watcher is well again after {spell(now - ill.since)}"
    return [_told("audit", to, title, ("All that it promises holds again.",), now)] if to else []


def weakness(state: Daemon, findings: Lines, now: datetime) -> PageRequested:
    """The note that is sent only when something is wrong."""
    title = f"{state.service}: would a page wake anybody?"
    return _told("care", ("on-call",), title, (*_listed(findings), "Try it: watcher page-test"), now)


def practise_at(state: Daemon) -> datetime | None:
    """When somebody is told that the last drill was long ago."""
    if state.plan is None or state.began_at is None:
        return None
    said = (state.began_at, state.drilled_at, state.urged_at)
    return max(at for at in said if at is not None) + PRACTISE_EVERY


def practise(state: Daemon, now: datetime) -> PageRequested:
    last = f"the last drill was {spell(now - state.drilled_at)} ago" if state.drilled_at else "no drill yet"
    lines = (
        "Who has never been paged in a drill is paged for the first time at 3 a.m.",
        "Try it: watcher drill --category outage TEXT",
    )
    return _told("practice", ("on-call",), f"{state.service}: {last}", lines, now)


def _listed(complaints: Lines) -> Lines:
    more = [f"and {len(complaints) - SHOWN} more"] if len(complaints) > SHOWN else []
    return (*complaints[:SHOWN], *more)


def _told(purpose: Purpose, to: tuple[str, ...], title: str, lines: Lines, now: datetime) -> PageRequested:
    return PageRequested(at=now, kind="tell", purpose=purpose, to=to, title=title, lines=lines)
