"""The simulated shop: its releases, its customers, one fault, and the errors that come of it. Pure but for Stage."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.demo.tracker import Deploy, Issue, Occurrence, Project, Release, Session, State, spread

WEB = Project(id="2", slug="web", name="Web")
GOOD, BAD, NEXT = "2.41.0", "2.41.1", "2.41.2"
ENVIRONMENT = "production"

CUSTOMERS = 240
"""Who signs in during the story; a failing one tries again."""

ATTEMPTS_PER_SECOND = 1.5
ATTEMPTS_GROWTH = 0.3
"""Failing sign-ins a second at first, and how much faster they get each second: people try again."""

EVENTS_MAX = 5000
"""An issue holds no more events: a forgotten demo does not grow for ever."""

REMEMBERED = timedelta(seconds=6)
"""Failed sign-ins older than this are forgotten. A rule counts over minutes, so that recovery shows only when they have
passed; nobody watches a demo for so long, and the shipped rules are used as they are."""

SESSIONS, SESSION_EVERY = 500, timedelta(seconds=10)
"""An hour of customers, and a little of the one before."""

NOISE_FOR = timedelta(hours=2)
NOISE_EVERY = timedelta(minutes=4)
"""A harmless error that is always there: it must wake nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    version: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Sign-in fails while `version` runs, from `since` on."""

    version: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The shop as it is; what it shows depends on the time that it is asked for."""

    rollouts: tuple[Rollout, ...]  # oldest first
    fault: Fault | None = None
    counted: bool = False  # its customers' sessions are

    def deploy(self, version: str, at: datetime) -> Shop:
        return replace(self, rollouts=(*self.rollouts, Rollout(version=version, at=at)))

    def break_sign_in(self, at: datetime) -> Shop:
        """From now on sign-in fails in the release that runs now, and in no other."""
        return replace(self, fault=Fault(version=self.running(at), since=at))

    def running(self, now: datetime) -> str:
        return next(rollout.version for rollout in reversed(self.rollouts) if rollout.at <= now)

    def sign_in_works(self, now: datetime) -> bool:
        broken = (
            self.fault is not None and self.fault.since <= now and self.running(now) == self.fault.version
        )
        return not broken

    def at(self, now: datetime) -> State:
        """What the error tracker holds of the shop."""
        broken = _sign_in_issue(self, now)
        return State(
            projects=(WEB,),
            environments=(ENVIRONMENT, "staging"),
            releases=_releases(self.rollouts),
            issues=(_noise(now), broken) if broken.occurrences else (_noise(now),),
            sessions=_sessions(self, now) if self.counted else (),
        )


def shop_before(now: datetime, *, counted: bool = False) -> Shop:
    """The shop as it has been for three days: the good release runs, and nothing fails."""
    return Shop(rollouts=(Rollout(version=GOOD, at=now - timedelta(days=3)),), counted=counted)


def failures(shop: Shop, now: datetime) -> tuple[Occurrence, ...]:
    """The failed sign-ins until now: ever faster from the fault's first moment until another release runs."""
    fault = shop.fault
    if fault is None:
        return ()
    ends = [r.at for r in shop.rollouts if r.at > fault.since and r.version != fault.version]
    seconds = (min([now, *ends]) - fault.since).total_seconds()
    return tuple(
        Occurrence(
            at=fault.since + timedelta(seconds=moment(number)),
            user=str(number * 37 % CUSTOMERS + 1),
            environment=ENVIRONMENT,
            release=f"shop@{fault.version}",
        )
        for number in range(EVENTS_MAX)
        if moment(number) <= seconds
    )


def moment(number: int) -> float:
    """Seconds from the fault to its failure of this number (0 is the first): the inverse of a t + b t*t / 2."""
    a, b = ATTEMPTS_PER_SECOND, ATTEMPTS_GROWTH
    return (math.sqrt(a * a + 2 * b * number) - a) / b


def _sign_in_issue(shop: Shop, now: datetime) -> Issue:
    return Issue(
        id="6507376925",
        short_id="WEB-2F",
        project=WEB,
        title="CallbackRouteError: sign in failed: session could not be created",
        error_type="CallbackRouteError",
        value="sign in failed: session could not be created",
        culprit="POST /api/auth/login",
        url="https://shop.example/api/auth/login",
        substatus="new",
        tags={"transaction": "POST /api/auth/login", "plan": "PREMIUM"},
        occurrences=tuple(row for row in failures(shop, now) if row.at > now - REMEMBERED),
    )


def _sessions(shop: Shop, now: datetime) -> tuple[Session, ...]:
    """Some customers an hour for whom all is well, and those whose sign-in failed."""
    times = (now - SESSION_EVERY * number for number in range(SESSIONS))
    well = (
        Session(at=at, user=f"{CUSTOMERS + n}", release=_release_at(shop, at)) for n, at in enumerate(times)
    )
    failed = (
        Session(at=row.at, user=row.user, status="errored", release=row.release or "")
        for row in failures(shop, now)
    )
    return (*well, *failed)


def _release_at(shop: Shop, at: datetime) -> str:
    return f"shop@{shop.running(max(at, shop.rollouts[0].at))}"


def _noise(now: datetime) -> Issue:
    since = now.replace(minute=0, second=0, microsecond=0) - NOISE_FOR
    events = (now - since) // NOISE_EVERY
    until = since + NOISE_EVERY * events
    return Issue(
        id="6507370011",
        short_id="WEB-1A",
        project=WEB,
        title="ValueError: newsletter form: not an e-mail address",
        error_type="ValueError",
        value="newsletter form: not an e-mail address",
        culprit="POST /newsletter",
        level="warning",
        handled=True,
        priority="low",
        tags={"transaction": "POST /newsletter"},
        occurrences=spread(events=events, users=3, since=since, until=until, release=f"shop@{GOOD}"),
    )


def _releases(rollouts: tuple[Rollout, ...]) -> tuple[Release, ...]:
    versions = dict.fromkeys(rollout.version for rollout in rollouts)
    return tuple(
        _release(number, version, [rollout.at for rollout in rollouts if rollout.version == version])
        for number, version in enumerate(versions, 901)
    )


def _release(number: int, version: str, times: list[datetime]) -> Release:
    deploys = tuple(
        Deploy(id=f"{number}{place}", finished_at=at, environment=ENVIRONMENT, name=f"run {number}{place}")
        for place, at in enumerate(times)
    )
    return Release(
        id=number, version=f"shop@{version}", created_at=times[0], projects=(WEB,), deploys=deploys
    )


@dataclass(slots=True)
class Stage:
    """Holds the shop: the story exchanges it, the applications read it."""

    shop: Shop

    def at(self, now: datetime) -> State:
        return self.shop.at(now)
