"""What the configuration says of the watcher's own watching: the canary's plan, how patient, who could be woken. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from watcher.config import Config
from watcher.incident.tending import PlanCare
from watcher.oncall import moments
from watcher.oncall.plan import Plan
from watcher.roster import Roster

MISSED = 5
"""Looks that a source may miss before it is said not to look; it says itself when it is blind."""
GRACE = timedelta(minutes=5)
"""A walk through a busy Sentry, a name that is slow to resolve, a machine that swaps."""
TAKEN_WITHIN = timedelta(days=30)
WEEK = timedelta(days=7)
GAPS_SAID = 3
"""Of the holes in a week; whoever looks at the calendar sees the others."""


def patience(config: Config) -> dict[str, timedelta]:
    """How long each source may go without a look."""
    calendar = config.on_call.ical
    calendars = {} if calendar is None else {"calendar": MISSED * (calendar.every + calendar.timeout) + GRACE}
    return {
        **calendars,
        **{f"sentry:{s.name}": MISSED * (s.every + s.timeout) + GRACE for s in config.sentry},
        # What does not speak of health is in doubt for so long, and in doubt nothing is told.
        **{
            f"health:{e.name}": MISSED * (e.every + e.timeout) + GRACE + e.unknown_after
            for e in config.health.filled
        },
    }


def plan(config: Config) -> PlanCare:
    """The canary, and the targets that wake and take a quiet message as well, each in its turn."""
    canary = config.canary
    if canary is None:
        return PlanCare(service=config.service.name)
    waking = [name for name, target in config.targets.items() if target.wakes and "tell" in target.for_]
    in_turn = tuple(name for name in waking if name != canary.target)
    return PlanCare(service=config.service.name, canary=canary.target, in_turn=in_turn, every=canary.every)


def stand_ins(config: Config) -> tuple[str, ...]:
    """The targets that stand in for another one."""
    return tuple(dict.fromkeys(t.fallback for t in config.targets.values() if t.fallback is not None))


def weaknesses(
    config: Config,
    began_at: datetime,
    taken_at: Mapping[str, datetime],
    now: datetime,
    plan: Plan,
) -> tuple[str, ...]:
    """Why a page might not wake whoever is on call, now or within the week; nothing where all is well."""
    return (*_unheard(config, began_at, taken_at, now, plan.person(now)), *_unnamed(config, plan, now))


def _unnamed(config: Config, plan: Plan, now: datetime) -> Iterator[str]:
    """Nobody is told of a gap by a calendar."""
    if not config.on_call.rotation and config.on_call.ical is None:
        return
    for gap in islice(plan.gaps(now, WEEK), GAPS_SAID):
        span = moments.span(gap.begins, gap.ends, config.on_call.zone)
        yield f"nobody is named on call {span}: {gap.person} stands in"
    for label in plan.strangers(now, WEEK)[:GAPS_SAID]:
        yield f"the calendar names {label!r}, who is no contact, nor an alias of one"


def _unheard(
    config: Config, began_at: datetime, taken_at: Mapping[str, datetime], now: datetime, who: str
) -> tuple[str, ...]:
    ringing = Roster(config).ringing(who)
    if not ringing:
        return (f"{who} is on call, and no target of theirs wakes",)
    days = TAKEN_WITHIN.days
    return tuple(
        f"{name} of {who} has taken no message for {days} days"
        for name in ringing
        if now - taken_at.get(name, began_at) > TAKEN_WITHIN
    )
