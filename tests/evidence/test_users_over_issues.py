"""The daemon itself, in virtual time, and a fault that spreads over several issues of a Sentry."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from notifiers.memory import MemorySender
from tests.evidence.stage import HANGS, SENTRY, Server, ago, held, issue, met, played
from tests.sources.sentry.stage import TOKEN
from tests.theatre import CONFIG, governing, world
from watcher.daemon import daemon
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Issue
from watcher.log.memory import MemoryLog

MANY = """\
version: 1
category: authentication
rules:
  - id: authentication.sign-in
    trigger: users cannot sign in
    because: "{users} users met sign-in errors within {within}"
    signal: issue
    when: {all: [{any_text: ['sign in failed']}]}
    at_least: {any: [{users: 5}], within: 5m}
    certainty: scale
    examples:
      fires: [{title: sign in failed, users: 6, events: 9}]
      near_misses: [{title: sign in failed, users: 2, events: 9, why: two users}]
"""
AHEAD = timedelta(minutes=2)
"""The harm goes on until then: both looks see it."""


def order(number: int, *users: int) -> Issue:
    """One issue for each order, as where a message names it."""
    title = f"sign in failed for order {number}"
    seen = (one for user in users for one in met(range(user, user + 1), ago(minutes=1), ago() + AHEAD))
    return issue(str(number), *seen, title=title, value=title)


async def pages(fails: Mapping[str, Any], *issues: Issue) -> list[str]:
    """The titles of what rang within a minute and a half."""
    os.environ["EVIDENCE_TOKEN"] = TOKEN
    log, sender, stop = MemoryLog(), MemorySender(), asyncio.Event()
    plain = world(log, sender)
    server = Server(sentry_app(held(*issues), token=TOKEN, clock=plain.clock), fails)

    class Outside(httpx2.AsyncBaseTransport):
        sentry = httpx2.ASGITransport(app=server)

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.host == "app.example":
                return httpx2.Response(200, json={"status": "ok"})
            return await self.sentry.handle_async_request(request)

    outside = dataclasses.replace(plain, http=Outside)
    running = asyncio.create_task(daemon(lambda: governing(CONFIG + SENTRY, MANY), outside, stop=stop))
    await plain.clock.sleep(timedelta(seconds=90))
    stop.set()
    await running
    return [page.title for page in sender.pages("ann-phone")]


@pytest.mark.parametrize(("users", "rung"), [(((1, 2, 3), (1, 2, 3)), 0), (((1, 2, 3), (4, 5, 6)), 1)])
def test_the_same_people_in_two_issues_do_not_ring_and_others_do(
    users: tuple[tuple[int, ...], ...], rung: int
) -> None:
    """Three and three people are six only where they are six."""

    async def main() -> None:
        titles = await pages({}, *(order(100 + n, *one) for n, one in enumerate(users)))
        assert len(titles) == rung

    played(main)


@pytest.mark.parametrize("answer", [403, HANGS])
def test_nobody_is_paged_for_users_that_nobody_counted(answer: Any) -> None:
    """A dead table of events leaves the sum unknown, and unknown is never enough."""

    async def main() -> None:
        assert await pages({"acme/events/": answer}, order(100, 1, 2, 3), order(101, 4, 5, 6)) == []

    played(main)


def test_a_dead_table_of_events_keeps_no_other_page_waiting() -> None:
    """What one issue alone proves rings beside it."""

    async def main() -> None:
        issues = (order(100, 1, 2, 3), order(101, 4, 5, 6), issue("7", *met(range(9), ago(minutes=1))))
        (title,) = await pages({"acme/events/": HANGS}, *issues)
        assert "sign in failed 7" in title

    played(main)
