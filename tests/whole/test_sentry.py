"""The real daemon against the strict simulated Sentry, over a real socket, well and unwell."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.outside import App, Pager
from tests.whole.stage import Watcher, endpoint, holds, incident_pages, settings
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Issue, Project, State, spread

WEB = Project(id="2", slug="web", name="Web")
TOKEN = "sntryu_right"
HUGE = 100 * 1024 * 1024
PIECE = b"[" + b" " * (1024 * 1024 - 1)
GROWTH_MAX_MIB = 64.0
"""Two answers at the cap of 8 MiB in flight, and what the interpreter keeps of them; far below one of the 100 MB."""
MOODS = {
    "429": "rate_limited",
    "500": "server_error",
    "html": "not_json",
    "garbage": "not_json",
    "huge": "too_large",
    "slow": "timeout",
}
"""How a server can be unwell, and the word by which the source must be blind."""


class Moody:
    """A Sentry behind a path prefix, unwell in the way that the prefix names until `well` is set.

    http://HOST/500/api/0/... answers 500; a prefix that is no mood is always well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.well = False
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        _, mood, rest = scope["path"].split("/", 2)
        if self.well or mood not in MOODS:
            inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}
            await self._app(inner, receive, send)
        else:
            await self._unwell(mood, send)

    async def _unwell(self, mood: str, send: Send) -> None:
        status = int(mood) if mood.isdigit() else 200
        kind = b"text/html" if mood == "html" else b"application/json"
        headers = [(b"content-type", kind), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if mood == "huge":
            for _ in range(HUGE // len(PIECE)):
                await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        if mood == "slow":
            await self._drip(send)
        body = {"html": b"<!doctype html><form>sign in</form>", "garbage": b"\xff\x00[{{{"}.get(mood, b"{}")
        await send({"type": "http.response.body", "body": body})

    async def _drip(self, send: Send) -> None:
        for _ in range(60):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(1)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application on a real socket, in a thread."""
    config = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert holds(lambda: server.started)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def sign_in_errors(users: int) -> Issue:
    """Sign-in fails, now, for so many users."""
    now = datetime.now(UTC)
    return Issue(
        id="101",
        project=WEB,
        title="CallbackRouteError: sign in failed",
        error_type="CallbackRouteError",
        value="sign in failed",
        occurrences=spread(events=2 * users, users=users, since=now - timedelta(seconds=60), until=now),
    )


def sentry(name: str, address: str, **more: Any) -> dict[str, Any]:
    """A source at /NAME of the server."""
    plain = {
        "name": name,
        "url": f"http://{address}/{name}",
        "organization": "acme",
        "token": "${SENTRY_TOKEN}",
        "every": "1s",
        "timeout": "1s",
        "projects": [{"id": 2, "system": "web"}],
    }
    return plain | more


@pytest.fixture
def tracker() -> State:
    return State(projects=(WEB,))


def test_many_users_who_cannot_sign_in_open_one_incident_and_send_one_page(
    tmp_path: Path, tracker: State
) -> None:
    """Three users are no P0; forty are, and the page says so, once, however often it is polled."""
    tracker.issues = (sign_in_errors(users=3),)
    with Pager() as pager, served(Moody(sentry_app(tracker, token=TOKEN))) as address:
        config = settings(pager.address, sentry=[sentry("shop", address)])
        with Watcher(tmp_path, config) as watcher:
            assert watcher.sees("sentry:shop"), watcher.said
            assert watcher.api("/incidents")["incidents"] == []
            tracker.issues = (sign_in_errors(users=40),)
            assert pager.wait_for(bool, 5), watcher.said
            polled = _polls(watcher, "shop")
            assert holds(lambda: _polls(watcher, "shop") > polled), watcher.said
            assert [title.partition(":")[0] for title in incident_pages(pager)] == ["INC-1 shop"]
            assert "40 users" in pager.got[0].text
            assert TOKEN not in watcher.said


def _polls(watcher: Watcher, name: str) -> float:
    return watcher.metrics()[f'watcher_polls_total{{outcome="seen",source="sentry:{name}"}}']


def test_a_wrong_token_blinds_one_source_and_nothing_else(tmp_path: Path, tracker: State) -> None:
    """The source is named with its reason; another Sentry is seen, and a health failure still pages."""
    with App() as app, Pager() as pager, served(Moody(sentry_app(tracker, token=TOKEN))) as address:
        sources = [sentry("wrong", address, token="${WRONG_TOKEN}"), sentry("right", address)]
        endpoints = [endpoint("api", f"http://{app.address}/api/health")]
        config = settings(pager.address, sentry=sources, health={"endpoints": endpoints})
        with Watcher(tmp_path, config) as watcher:
            assert watcher.sees("sentry:right"), watcher.said
            assert holds(lambda: watcher.source("sentry:wrong")["state"] == "blind"), watcher.said
            assert watcher.source("sentry:wrong")["reason"] == "auth"
            assert "401" in watcher.source("sentry:wrong")["detail"]
            blind = {k: v for k, v in watcher.metrics().items() if k.startswith("watcher_source_blind")}
            assert blind == {
                'watcher_source_blind{source="sentry:wrong"}': 1,
                'watcher_source_blind{source="sentry:right"}': 0,
                'watcher_source_blind{source="health:api"}': 0,
            }
            app.broken = True
            assert pager.wait_for(lambda got: any(g.title.startswith("INC-1 ") for g in got), 5), watcher.said
            assert "sntryu" not in watcher.said


def test_however_a_sentry_is_unwell_it_is_named_and_bounded_and_seen_again(
    tmp_path: Path, tracker: State
) -> None:
    """Six servers, unwell in six ways: each is blind by its own word, memory stays bounded, and sight comes back."""
    moody = Moody(sentry_app(tracker, token=TOKEN))
    with Pager() as pager, served(moody) as address:
        config = settings(pager.address, sentry=[sentry(name, address) for name in [*MOODS, "well"]])
        with Watcher(tmp_path, config) as watcher:
            before = watcher.memory_mib()
            assert holds(lambda: watcher.source("sentry:slow")["state"] == "blind"), watcher.said
            for name, reason in MOODS.items():
                assert watcher.source(f"sentry:{name}")["reason"] == reason
            polled = _polls(watcher, "well")
            assert holds(lambda: _polls(watcher, "well") > polled + 1)
            assert watcher.memory_mib() - before < GROWTH_MAX_MIB
            tracker.issues = (sign_in_errors(users=40),)
            assert pager.wait_for(lambda got: any(g.title.startswith("INC-1 ") for g in got), 5)
            moody.well = True
            for name in MOODS:
                assert watcher.sees(f"sentry:{name}"), (name, watcher.said)
            (incident,) = watcher.api("/incidents")["incidents"]
            assert holds(lambda: len(watcher.api("/incidents/INC-1")["signals"]) == 1 + len(MOODS))
            assert incident["status"] == "investigating"
            assert "Traceback" not in watcher.said


def test_an_incident_is_not_clean_while_its_source_is_blind(tmp_path: Path, tracker: State) -> None:
    """What cannot be seen is neither failing anew nor healed: blind time breaks off what was clean."""
    tracker.issues = (sign_in_errors(users=40),)
    moody = Moody(sentry_app(tracker, token=TOKEN))
    moody.well = True
    with Pager() as pager, served(moody) as address:
        config = settings(pager.address, sentry=[sentry("500", address)])
        with Watcher(tmp_path, config) as watcher:
            assert pager.wait_for(bool, 5), watcher.said
            moody.well, tracker.issues = False, ()
            assert holds(lambda: watcher.source("sentry:500")["state"] == "blind"), watcher.said
            signal = _signal(watcher)
            assert (signal["failing"], signal["clean_since"]) == (True, None)
            moody.well = True
            assert holds(lambda: not _signal(watcher)["failing"]), watcher.said
            moody.well = False
            assert holds(lambda: _signal(watcher)["clean_since"] is None), watcher.said


def _signal(watcher: Watcher) -> dict[str, Any]:
    (signal,) = watcher.api("/incidents/INC-1")["signals"]
    return dict(signal)
