"""What the configuration says of the watcher's own watching: the canary's plan, how patient, who could be woken. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from watcher.config import Config
from watcher.incident.tending import PlanCare

MISSED = 5
"""Looks that a source may miss before it is said not to look; it says itself when it is blind."""
GRACE = timedelta(minutes=5)
"""A walk through a busy Sentry, a name that is slow to resolve, a machine that swaps."""
TAKEN_WITHIN = timedelta(days=30)


def patience(config: Config) -> dict[str, timedelta]:
    """How long each source may go without a look."""
    endpoints = [config.health.defaults.fill(endpoint) for endpoint in config.health.endpoints]
    return {
        **{f"sentry:{s.name}": MISSED * (s.every + s.timeout) + GRACE for s in config.sentry},
        # What does not speak of health is in doubt for so long, and in doubt nothing is told.
        **{f"health:{e.name}": MISSED * (e.every + e.timeout) + GRACE + e.unknown_after for e in endpoints},
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
    config: Config, began_at: datetime, taken_at: Mapping[str, datetime], now: datetime
) -> tuple[str, ...]:
    """Why a page might not wake whoever is on call; nothing where all is well."""
    who = config.on_call.default
    ringing = [name for name in config.contacts[who].targets if config.targets[name].wakes]
    if not ringing:
        return (f"{who} is on call, and no target of theirs wakes",)
    days = TAKEN_WITHIN.days
    return tuple(
        f"{name} of {who} has taken no message for {days} days"
        for name in ringing
        if now - taken_at.get(name, began_at) > TAKEN_WITHIN
    )
