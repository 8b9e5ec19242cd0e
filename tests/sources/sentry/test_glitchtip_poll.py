"""Polls of GlitchTip: hand-written answers in its shape, the simulated one, and recorded ones where they are at hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.sources.sentry.stage import (
    FIVE,
    HOUR,
    NOW,
    TOKEN,
    blind,
    issue,
    looking,
    moving,
    only,
    packed,
    poll,
    row,
    seen,
    server,
    settings,
    state,
    still,
    world,
)
from tests.virtual import run
from watcher.clock import Clock
from watcher.demo.glitchtip import glitchtip_app
from watcher.demo.tracker import State, spread
from watcher.sources.sentry.source import SentrySource
from watcher.world import World

FIXTURE: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures/glitchtip.json").read_text(encoding="utf-8")
)
RECORDED = Path(__file__).parents[4] / "shared/recorded/glitchtip"
PAGE = b"<!doctype html><title>GlitchTip</title><app-root></app-root>"

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not on this machine")


async def fixture(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
    """The hand-written answers, as GlitchTip serves them."""
    parts = urlsplit(target)
    if parts.path == "/api/settings/":
        writer.write(packed(200, FIXTURE["settings"]))
    elif headers.get("authorization") != f"Bearer {TOKEN}":
        writer.write(packed(401, {"detail": "Unauthorized"}))
    elif parts.path.endswith("/projects/"):
        writer.write(packed(200, FIXTURE["projects"]))
    elif parts.path.endswith("/organizations/acme/issues/"):
        page = FIXTURE["pages"][parse_qs(parts.query).get("cursor", [""])[0]]
        writer.write(packed(200, page["rows"], link=page["link"]))
    elif parts.path.endswith("/events/latest/") and "/organizations/" not in parts.path:
        writer.write(packed(200, FIXTURE["event"]))
    else:
        writer.write(packed(200, PAGE, "text/html; charset=utf-8"))
    await writer.drain()


def at_glitchtip(held: State, clock: Callable[[], Clock] = still) -> World:
    app = glitchtip_app(held, token=TOKEN, clock=clock())
    return world(lambda: httpx2.ASGITransport(app=app), clock())


async def test_a_real_socket_in_glitchtip_s_shape_is_seen() -> None:
    """All pages are walked through the broken header; only what happened in the window is a signal."""
    async with server(fixture) as url:
        found = {row.key: row for row in seen(await poll(settings(url), world(clock=still()))).signals}
    assert set(found) == {"11", "12"}
    assert [(row.events, row.users_low, row.exact) for row in found["12"].activity] == [(3, None, False)]
    assert [row.events for row in found["11"].activity] == [1]
    assert (found["12"].release, found["12"].environment, found["12"].url) == (
        "shop@2.41.1",
        "production",
        "https://shop.example/checkout",
    )
    assert "u6@shop.example" not in repr(found)


async def test_a_permalink_to_an_inner_host_is_replaced() -> None:
    """A server behind a proxy names a host that no phone reaches; the configured address is used."""
    async with server(fixture) as url:
        found = seen(await poll(settings(url), world(clock=still()))).signals
    assert {row.permalink for row in found} == {f"{url}/acme/issues/12", f"{url}/acme/issues/11"}


def test_counts_that_grow_are_counted_by_difference() -> None:
    """Lifetime counts become windows by what was remembered; the history itself is never news."""

    async def main() -> None:
        old = spread(events=500, users=9, since=NOW - 48 * HOUR, until=NOW - 24 * HOUR)
        new = spread(
            events=300, users=9, since=NOW + timedelta(minutes=10), until=NOW + timedelta(minutes=40)
        )
        live = at_glitchtip(state(issue(occurrences=old + new)), moving)
        async with looking(SentrySource(settings(every="1m"), live, (FIVE,), {})) as look:
            sweeps = [seen(await look.once()) for _ in range(20)]
        assert not any(sweep.signals for sweep in sweeps[:10])
        counts = [row.activity[0].events for sweep in sweeps[11:] for row in sweep.signals]
        assert counts == [11, 21, 31, 41, 50, 50, 50, 50, 50]

    run(main())


def test_a_restart_takes_no_history_for_news() -> None:
    """The memory of the former sweeps goes on: neither is growth lost nor old growth claimed again."""

    async def main() -> None:
        old = spread(events=500, users=9, since=NOW - 48 * HOUR, until=NOW - 24 * HOUR)
        new = spread(events=300, users=9, since=NOW, until=NOW + timedelta(minutes=30))
        live = at_glitchtip(state(issue(occurrences=old + new)), moving)
        memory: dict[str, Any] = {}
        async with looking(SentrySource(settings(every="1m"), live, (FIVE,), memory)) as look:
            for _ in range(4):
                memory |= seen(await look.once()).memory
        kept = json.loads(json.dumps(memory))
        async with looking(SentrySource(settings(every="1m"), live, (FIVE,), kept)) as look:
            again = only(await look.once())
        assert again.activity[0].events == 30

    run(main())


def test_later_walks_end_where_nothing_can_have_happened() -> None:
    """The first walk reads everything; the next ones stop at rows too old for any window, and are complete."""
    many = [
        issue(
            str(n), events=1, users=0, occurrences=spread(events=1, users=0, since=NOW - n * HOUR, until=NOW)
        )
        for n in range(1, 400)
    ]
    asked: list[str] = []

    async def main() -> None:
        app = httpx2.ASGITransport(app=glitchtip_app(state(*many), token=TOKEN, clock=moving()))

        class Noting(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                asked.append(request.url.path)
                return await app.handle_async_request(request)

        async with looking(SentrySource(settings(), world(Noting, moving()), (FIVE,), {})) as look:
            first = seen(await look.once())
            walked = sum(path.endswith("/issues/") for path in asked)
            second = seen(await look.once())
        assert (walked, sum(path.endswith("/issues/") for path in asked)) == (4, 5)
        assert first.complete
        assert second.complete

    run(main())


@pytest.mark.parametrize(("age", "complete"), [(HOUR, True), (FIVE / 5, False)])
async def test_a_cut_walk_is_whole_where_it_reached_old_rows(age: timedelta, complete: bool) -> None:  # noqa: FBT001 - a table
    """More than a thousand issues in all are no gap, if those that were not read are too old for any window."""
    one = spread(events=1, users=0, since=NOW - age, until=NOW)
    many = [issue(str(n), occurrences=one) for n in range(1010)]
    assert seen(await poll(settings(), at_glitchtip(state(*many)))).complete is complete


@pytest.mark.parametrize("status", ["resolved", "ignored"])
async def test_a_click_in_glitchtip_hides_nothing(status: str) -> None:
    """Resolved and ignored issues that fire are judged: no status is asked for."""
    assert only(await poll(settings(), at_glitchtip(state(issue(status=status))))).key == "7"


async def test_a_server_that_does_not_introduce_itself_is_told_by_its_refusal() -> None:
    """422 is GlitchTip's word for Sentry's parameters: the dialect is changed and the poll goes on."""
    inner = httpx2.ASGITransport(app=glitchtip_app(state(issue()), token=TOKEN, clock=still()))

    class Shy(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/api/settings/":
                return httpx2.Response(404, json={})
            return await inner.handle_async_request(request)

    assert not only(await poll(settings(), world(Shy, still()))).activity[0].exact


async def test_a_server_that_fails_at_introduction_is_told_by_its_header() -> None:
    """Where the introduction fails, the wrapped Link header tells: lifetime counts are never taken for windows."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/issues/"):
            headers = {"link": '{\'<x>; rel="next"; results="false"\'}'}
            old = row(count="50000", firstSeen="2026-01-01T00:00:00Z")
            return httpx2.Response(200, json=[old], headers=headers)
        return httpx2.Response(502, json={})

    found = only(await poll(settings(), world(lambda: httpx2.MockTransport(answer), still())))
    assert found.activity[0].events == 1


async def test_a_configured_environment_is_passed_on() -> None:
    """GlitchTip chooses issues by environment; the place of each comes from its latest event."""
    held = state(
        issue("1"),
        replace(
            issue("2"),
            occurrences=spread(events=9, users=0, since=NOW - FIVE, until=NOW, environment="staging"),
        ),
        environments=("production", "staging"),
    )
    found = only(await poll(settings(environments=("production",)), at_glitchtip(held)))
    assert (found.key, found.environment) == ("1", "production")


def replay(names: dict[str, str]) -> Callable[[str, dict[str, str], asyncio.StreamWriter], Any]:
    """Recorded answers by the part of the target that each is for; the rest is GlitchTip's web page."""

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        name = next((file for part, file in names.items() if part in target), None)
        if name is None:
            writer.write(packed(200, PAGE, "text/html"))
        else:
            record = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
            body = record["body"] if isinstance(record["body"], list | dict) else str(record["body"]).encode()
            link = {"link": record["headers"]["link"]} if "link" in record["headers"] else {}
            writer.write(packed(record["status"], body, record["headers"]["content-type"], **link))
        await writer.drain()

    return answer


ANSWERS = {
    "/api/settings/": "settings",
    "/projects/": "org-projects",
    "/events/latest/": "issue-event-latest",
}
WATCHED = [{"id": 1, "system": "web"}]


@recorded
async def test_recorded_answers_are_walked_and_nothing_is_news() -> None:
    """A real server's answers of another day: seen, all pages walked through the broken header, nothing in the window."""
    asked: list[str] = []
    pages = ANSWERS | {"cursor=cD0y": "issues-limit2-page2", "/acme/issues/": "issues-limit2-page1"}
    inner = replay(pages)

    async def answer(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        asked.append(target)
        if "cursor=" in target and "cursor=cD0yMDI2LTExLTIzKzA4JTNBMDUlM0EwMC43OTA2" not in target:
            writer.write(packed(200, []))  # the third page was not recorded
            return
        await inner(target, headers, writer)

    async with server(answer) as url:
        found = seen(await poll(settings(url, projects=WATCHED), world(clock=still())))
    assert found.signals == ()
    assert found.complete
    assert set(found.memory) >= {"issue 9", "issue 8", "issue 7", "issue 6"}
    assert sum("/acme/issues/" in target for target in asked) == 3


@recorded
async def test_recorded_issues_of_this_minute_are_signals() -> None:
    """The same answers on their own day: every issue, users unknown, tags from the recorded event."""
    at = NOW.replace(day=23, hour=8, minute=6)
    clock = Clock(wall=at.timestamp, monotonic=lambda: 0.0)
    async with server(replay(ANSWERS | {"/acme/issues/": "issues"})) as url:
        found = seen(await poll(settings(url, projects=WATCHED), world(clock=clock)))
    assert len(found.signals) == 9
    fatal = next(row for row in found.signals if row.key == "8")
    assert (fatal.level, fatal.activity[0].events, fatal.activity[0].users_low) == ("fatal", 3, None)


@recorded
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("err-badtoken", "auth"),
        ("err-noauth", "auth"),
        ("err-org404", "not_found"),
        ("issues-badcursor-422", "client_error"),
        ("issues-q-unbalanced-quote-500", "server_error"),
        ("sessions-no-endpoint", "not_found"),
        ("issue-event-latest-org-path", "not_json"),
        ("issue-notes-no-endpoint", "auth"),
        ("settings", "not_json"),
    ],
)
async def test_recorded_refusals_are_named(name: str, reason: str) -> None:
    """Every way in which the real server said no is blindness with its reason, a web page of status 200 included."""
    async with server(replay(ANSWERS | {"/acme/issues/": name})) as url:
        assert blind(await poll(settings(url, projects=WATCHED), world(clock=still()))).reason == reason
