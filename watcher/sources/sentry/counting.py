"""Users over several issues: one person may have met two of them, so their numbers cannot be added.

1. A look says of each issue how many users met it. Together they are between the largest number and the sum.
2. Where the sum would be enough for a rule and the largest number is not, the server counts them in one question.
3. Its answer is one more signal of the same look. Without an answer it stays unknown: neither failing nor clean.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rules.classify import classify_all
from rules.pool import Key, key_of
from rules.rulebook import Rulebook
from rules.signal import Activity, IssueSignal
from rules.verdict import Ask
from watcher.clock import Clock
from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry import table
from watcher.sources.sentry.client import Parameters, SentryClient
from watcher.sources.sentry.dialects import period
from watcher.sources.sentry.failure import Failure

logger = logging.getLogger(__name__)

ASKED_MAX = 5
"""Questions of one look; faults that spread over issues come one or two at a time."""
COUNT_WITHIN = timedelta(seconds=3)
"""What all answers may cost a look: everything else that it saw waits as long."""
REST = timedelta(minutes=1)
"""A server that gave no answer is not asked at every look; a fault that it hides is still found within minutes."""

Questions = Callable[[Sequence[IssueSignal]], tuple[Ask, ...]]
"""What the rules must know of a look before they can say more."""


def questions(rulebook: Rulebook, signals: Sequence[IssueSignal]) -> tuple[Ask, ...]:
    """Each question once. Only faults of several issues whose users are counted are judged: the others raise none."""
    faults: dict[Key, list[IssueSignal]] = {}
    for signal in signals:
        if any(counted.users_high for counted in signal.activity):
            faults.setdefault(key_of(signal), []).append(signal)
    shared = [one for issues in faults.values() if len(issues) > 1 for one in issues]
    verdicts = classify_all(rulebook, shared, failed=lambda _signal, _error: None)
    return tuple(dict.fromkeys(verdict.ask for verdict in verdicts if verdict.ask))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The answers, and the keys of the issues about which there was none."""

    answers: tuple[IssueSignal, ...] = ()
    unknown: tuple[str, ...] = ()


Wanted = tuple[tuple[str, ...], str | None, timedelta]
"""Issues, environment and window: what one question names, whatever rule it is for."""


class Counting:
    """Asks one server. It never raises Failure."""

    def __init__(self, settings: SentrySettings, clock: Clock, ask: Questions) -> None:
        self.ask = ask
        self._settings = settings
        self._clock = clock
        self._not_before: datetime | None = None
        self._said = ""  # why it cannot count, while it cannot

    async def count(self, client: SentryClient, signals: Sequence[IssueSignal]) -> Counted:
        """Ask what the rules ask of this look."""
        wanted = _wanted(self.ask(signals))
        if not wanted:
            return Counted()
        now = self._clock.now()
        if self._not_before is not None and now < self._not_before:
            return Counted(unknown=_keys(wanted))
        users = await self._users(client, wanted[:ASKED_MAX])
        answers = tuple(_answer(self._settings, one, users[one], now) for one in wanted if one in users)
        return Counted(answers=answers, unknown=_keys(one for one in wanted if one not in users))

    async def _users(self, client: SentryClient, wanted: Sequence[Wanted]) -> dict[Wanted, int]:
        """Those that were answered in time; the first failure makes the server rest."""
        found: dict[Wanted, int] = {}

        async def ask(one: Wanted) -> None:
            found[one] = await self._one(client, one)

        try:
            async with asyncio.timeout(COUNT_WITHIN.total_seconds()):
                for outcome in await asyncio.gather(*map(ask, wanted), return_exceptions=True):
                    if isinstance(outcome, BaseException):
                        raise outcome
        except TimeoutError:
            self._cannot(Failure("timeout", f"no whole answer within {COUNT_WITHIN.total_seconds():g} s"))
        except Failure as failure:
            self._cannot(failure)
        else:
            self._can()
        return found

    async def _one(self, client: SentryClient, wanted: Wanted) -> int:
        """Distinct users. Raises Failure, also where events name none: that is unknown, and not nobody."""
        keys, place, window = wanted
        numbers = [key.partition("@")[0] for key in keys]  # an issue walked in its environment bears it
        where = [("project", str(row.id)) for row in self._settings.projects]
        where += [] if place is None else [("environment", place)]
        asked = [*where, ("statsPeriod", period(window)), ("per_page", "1")]

        async def read(path: str, parameters: Parameters) -> Any:
            return (await client.read(path, parameters)).value

        rows = table.rows_of(
            await table.ask(read, self._settings.organization, numbers, [table.EVENTS, table.USERS], asked)
        )
        users = table.number(rows[0].get(table.USERS)) if rows else None
        if not users:
            raise Failure("not_json", "the table of events holds no number of users")
        return users

    def _cannot(self, failure: Failure) -> None:
        self._not_before = self._clock.now() + max(REST, failure.wait or REST)
        self._say(failure.detail)

    def _can(self) -> None:
        self._not_before = None
        self._say("")

    def _say(self, why: str) -> None:
        """Once when it begins, and once when it is over."""
        if bool(why) == bool(self._said):
            return
        self._said = why
        words = f"cannot count users over several issues, they stay unknown: {why}"
        said = words if why else "counts users over several issues again"
        name = f"sentry:{self._settings.name}"
        logger.warning("%s %s", name, said, extra={"event": "sentry_uncounted", "id": name})


def _wanted(asks: Iterable[Ask]) -> list[Wanted]:
    return list(dict.fromkeys((ask.keys, ask.environment, ask.window) for ask in asks))


def _keys(wanted: Iterable[Wanted]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for keys, _, _ in wanted for key in keys))


def _answer(settings: SentrySettings, wanted: Wanted, users: int, now: datetime) -> IssueSignal:
    """It counts users alone: the events are those of the issues, and stand with them."""
    keys, place, window = wanted
    return IssueSignal(
        source=f"sentry:{settings.name}",
        key=f"together:{keys[0]}",
        at=now,
        started_at=None,
        title=f"users over {len(keys)} issues",
        environment=place,
        activity=(Activity(window=window, events=0, users_low=users, users_high=users),),
        counts_together=keys,
    )
