"""The daemon itself, in virtual time: its health probe fails, Sentry answers or hangs, and the log tells in which order."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2

from notifiers.memory import MemorySender
from tests.evidence.stage import HANGS, SENTRY, Server, active, ago, held, played, release
from tests.sources.sentry.stage import TOKEN
from tests.theatre import CONFIG, RULES, governing, world
from watcher.daemon import daemon
from watcher.demo.sentry import sentry_app
from watcher.incident.event import ChangeSeen, Event
from watcher.incident.findings import ThirdPartyDown
from watcher.log.memory import MemoryLog

EVIDENCE = ("/sessions/", "/events/", "/releases/", "/deploys/", "/commits/", "/committers/", "/latest/")


WELL: Mapping[str, Any] = {"status": "ok"}


class Outside(httpx2.AsyncBaseTransport):
    """The shop, which fails after a minute and says so in a body, and its Sentry."""

    def __init__(self, server: Server, broken: asyncio.Event, well: Any, ill: Any) -> None:
        self._sentry = httpx2.ASGITransport(app=server)
        self._broken = broken
        self._well, self._ill = well, ill

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != "app.example":
            return await self._sentry.handle_async_request(request)
        if self._broken.is_set():
            return httpx2.Response(503, json=self._ill)
        return httpx2.Response(200, json=self._well)


async def log_of(
    fails: Mapping[str, Any], well: Any = WELL, ill: Any = WELL, text: str = CONFIG + SENTRY
) -> list[Event]:
    """The facts of the one incident that came of it."""
    os.environ["EVIDENCE_TOKEN"] = TOKEN
    log, sender, broken, stop = MemoryLog(), MemorySender(), asyncio.Event(), asyncio.Event()
    plain = world(log, sender)
    tracker = held(
        releases=(release("2.41.0", ago(days=2)), release("2.41.1", ago(minutes=9))),
        sessions=active(range(50), ago(minutes=30)),
    )
    server = Server(sentry_app(tracker, token=TOKEN, clock=plain.clock), fails)
    outside = dataclasses.replace(plain, http=lambda: Outside(server, broken, well, ill))
    running = asyncio.create_task(daemon(lambda: governing(text, RULES), outside, stop=stop))
    await plain.clock.sleep(timedelta(minutes=1))
    broken.set()
    await plain.clock.sleep(timedelta(minutes=2))
    stop.set()
    await running
    return [row.event for row in log.read("incident/1")]


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_the_daemon_finds_evidence_for_what_its_sources_found() -> None:
    """Everybody is affected, and the deploy before is known, within seconds of the page."""

    async def main() -> None:
        events = await log_of({})
        assert kinds(events).index("PageRequested") < kinds(events).index("ImpactMeasured")
        (seen,) = [event for event in events if isinstance(event, ChangeSeen)]
        assert (seen.version, seen.previous) == ("2.41.1", "2.41.0")
        assert "MajorityAffected" in kinds(events)
        assert seen.at - events[0].at < timedelta(seconds=5)

    played(main)


def test_the_daemons_first_page_leaves_at_once_while_all_evidence_hangs() -> None:
    """Within a tenth of a second of the verdict; and what needs no asking is known all the same."""

    async def main() -> None:
        events = await log_of(dict.fromkeys(EVIDENCE, HANGS))
        accepted = next(event for event in events if type(event).__name__ == "PageAccepted")
        assert accepted.at - events[0].at <= timedelta(milliseconds=100)
        assert "MajorityAffected" in kinds(events)
        assert "ChangeSeen" not in kinds(events)

    played(main)


def test_the_daemon_sees_in_the_health_body_that_another_version_runs() -> None:
    """The body named 2.41.0 and then 2.41.1: that is a deploy, told by the endpoint, though no Sentry is there."""

    async def main() -> None:
        well, ill = {"status": "ok", "version": "2.41.0"}, {"status": "down", "version": "2.41.1"}
        events = await log_of({}, well, ill, CONFIG)
        (seen,) = [event for event in events if isinstance(event, ChangeSeen)]
        assert (seen.version, seen.previous, seen.told_by) == ("2.41.1", "2.41.0", "health:api")

    played(main)


def test_the_daemon_sees_in_the_health_body_that_somebody_else_is_down() -> None:
    """All that the body names as failed is a third party of the configuration: that is said, and turns the advice."""

    async def main() -> None:
        ill = {"status": "down", "checks": {"stripe": {"status": "down"}, "database": {"status": "up"}}}
        events = await log_of({}, WELL, ill, f"{CONFIG}evidence: {{external: [stripe]}}\n")
        (found,) = [event for event in events if isinstance(event, ThirdPartyDown)]
        assert (found.name, found.told_by) == ("stripe", "health:api")

    played(main)
