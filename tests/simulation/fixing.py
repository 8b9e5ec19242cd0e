"""What people of a simulated world do to repair: they decide, tick off, tell, deploy; and afterwards look back."""

from __future__ import annotations

import random
from typing import Protocol

from watcher.incident import command as ask

ITEMS = ("error-rate", "deployments", "team", "public-status", "branch", "regression-test", "no such item")


class Hand(Protocol):
    """A person at one incident."""

    chance: random.Random

    @property
    def name(self) -> str: ...

    async def waits(self, seconds: float) -> None: ...

    async def does(self, command: object) -> None: ...


async def repair(hand: Hand) -> None:
    """By the protocol, more or less: some steps are left out, some come late, and the fix may be none."""
    await _assess(hand)
    await hand.does(
        ask.Decide(by=hand.name, choice=hand.chance.choice(("rollback", "hotfix", "hotfix", "other")))
    )
    if hand.chance.random() < 0.4:
        await hand.does(ask.Release(by=hand.name))
    if hand.chance.random() < 0.6:
        await hand.waits(60)
        await hand.does(ask.Update(by=hand.name, text="we are on it, password=hunter2"))
    if hand.chance.random() < 0.7:
        await hand.does(ask.TickItem(by=hand.name, item="fix-approved", text="looks good"))
    await hand.waits(hand.chance.choice((30, 120, 600)))
    for _ in range(hand.chance.choice((1, 1, 1, 2))):
        await hand.does(ask.Deploy(by=hand.name, version=_version(hand)))
        await hand.waits(hand.chance.choice((60, 240, 900)))
    await _ticks(hand, hand.chance.sample(("verified", "smoke-test", "announced"), 2))


async def _assess(hand: Hand) -> None:
    await hand.does(ask.Review(by=hand.name))
    if hand.chance.random() < 0.6:
        await hand.does(ask.State(by=hand.name, facts={"affected": hand.chance.randint(1, 900)}))
    await _ticks(hand, hand.chance.sample(ITEMS, 2))


def _version(hand: Hand) -> str | None:
    """Mostly nobody names it."""
    return f"hotfix-v{hand.chance.randint(1000, 9999)}" if hand.chance.random() < 0.3 else None


async def _ticks(hand: Hand, items: list[str]) -> None:
    for item in items:
        await hand.does(ask.TickItem(by=hand.name, item=item))
        await hand.waits(5)


async def look_back(hand: Hand) -> None:
    """Mostly somebody writes down what happened, within minutes; the others are reminded."""
    await hand.waits(hand.chance.choice((30, 60, 300)))
    if hand.chance.random() < 0.2:
        await hand.does(ask.JudgeAdvice(by=hand.name, right=hand.chance.random() < 0.7))
    if hand.chance.random() < 0.2:
        await _ticks(hand, ["users-told"])
    if hand.chance.random() < 0.9:
        await hand.does(ask.TickItem(by=hand.name, item="postmortem"))
