"""When the source looks: at once, on its grid, soon after a failure, later when asked, at once when nudged. Virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.sentry.stage import FIVE, NOW, Looking, blind, looking, moving, seen, settings, world
from tests.virtual import run
from watcher.sources.sentry import pace
from watcher.sources.sentry.source import SentrySource

Times = list[float]


class Server:
    """Answers each request with the next status of its list (the last for ever); remembers when issues were asked for."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.asked: Times = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/issues/"):
            return httpx2.Response(404, json={})
        self.asked.append(asyncio.get_running_loop().time())
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx2.Response(status, json=[], headers=self.headers)


def play(server: Server, scene: Callable[[Looking], Awaitable[None]], every: str = "30s") -> Times:
    """Let the source look at this server while the scene lasts; when it asked, in seconds from the start."""

    async def main() -> None:
        live = world(lambda: httpx2.MockTransport(server), moving())
        async with looking(SentrySource(settings(every=every), live, (FIVE,), {})) as look:
            await scene(look)

    run(main())
    return server.asked


def polls(number: int) -> Callable[[Looking], Awaitable[None]]:
    async def scene(look: Looking) -> None:
        for _ in range(number):
            await look.once()

    return scene


def test_it_looks_at_once_and_then_on_its_grid() -> None:
    """The first poll does not wait, the others keep their distance."""
    assert play(Server(200), polls(4)) == [0, 30, 60, 90]


def test_after_failures_it_looks_sooner_than_otherwise() -> None:
    """Waits grow with jitter, but never beyond the ordinary distance: sight comes back soon."""
    asked = play(Server(500), polls(12))
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert 1 <= waits[0] <= 2
    assert all(1 <= wait <= 30 for wait in waits)
    assert max(waits) > 4


def test_after_recovery_it_is_back_on_its_grid() -> None:
    """The grid is the first poll's, whatever came in between."""
    asked = play(Server(200, 500, 500, 200), polls(5))
    assert asked[:2] == [0, 30]
    assert asked[-1] == 60


def test_a_wait_that_is_asked_for_is_kept() -> None:
    """429 with Retry-After: not one request before, however often it is nudged, and soon after."""

    async def scene(look: Looking) -> None:
        assert blind(await look.once()).reason == "rate_limited"
        look.nudge.set()
        seen(await look.once())

    asked = play(Server(429, 200, headers={"retry-after": "40"}), scene)
    assert asked[0] == 0
    assert 40 <= asked[1] <= 42


def test_a_nudge_is_a_poll_at_once() -> None:
    """Somebody knows that something happened: no waiting for the grid, which goes on as it was."""

    async def scene(look: Looking) -> None:
        await look.once()
        asyncio.get_running_loop().call_later(10, look.nudge.set)
        await look.once()
        await look.once()

    assert play(Server(200), scene) == [0, 10, 30]


def test_nudges_do_not_overrun_the_server() -> None:
    """However many hooks arrive: at most one poll in two seconds."""

    async def scene(look: Looking) -> None:
        for _ in range(5):
            look.nudge.set()
            await look.once()

    assert play(Server(200), scene) == [0, 2, 4, 6, 8]


@given(
    st.integers(1, 10_000),
    st.floats(0, 1),
    st.one_of(st.none(), st.integers(1, 300).map(lambda seconds: timedelta(seconds=seconds))),
    st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_the_wait_after_a_failure_has_limits(
    failures: int, chance: float, asked: timedelta | None, every: timedelta
) -> None:
    """Never at once, never beyond a minute or the ordinary distance, and never before the asked time."""
    wait = pace.after_failure(failures, every, NOW, chance=chance, asked=asked) - NOW
    if asked is None:
        assert pace.RETRY_MIN <= wait <= max(min(every, pace.RETRY_MAX), pace.RETRY_MIN)
    else:
        assert asked <= wait <= asked + timedelta(seconds=1)


@pytest.mark.parametrize(("after", "due"), [(0, 30), (29, 30), (30, 60), (95, 120)])
def test_what_was_missed_is_not_made_up_for(after: int, due: int) -> None:
    """A slow poll skips points of the grid; it never causes two in a row."""
    every = timedelta(seconds=30)
    assert pace.on_grid(NOW, every, NOW + timedelta(seconds=after)) == NOW + timedelta(seconds=due)
