"""Where a poll sees nothing, or only a part: lost access, refusals, cuts, rows that cannot be read."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.sources.sentry.stage import (
    FIVE,
    HOUR,
    NOW,
    SHOP,
    TOKEN,
    at_sentry,
    blind,
    issue,
    looking,
    moving,
    only,
    poll,
    row,
    scripted,
    seen,
    settings,
    state,
    still,
    world,
)
from tests.virtual import run
from watcher.demo.sentry import sentry_app
from watcher.demo.tracker import Project
from watcher.sources.sentry.source import SentrySource


async def test_a_walk_that_is_cut_is_no_proof_of_absence() -> None:
    """After ten pages the walk ends, what it saw is used, and the sweep says that it is not complete."""
    many = [issue(str(n), events=1, users=1) for n in range(1, 30)]
    live, _ = at_sentry(state(*many), page_size=2)
    found = seen(await poll(settings(), live))
    assert len(found.signals) == 20
    assert not found.complete


async def test_an_empty_list_without_access_is_blindness() -> None:
    """A project that the token no longer sees makes us blind: an empty list would look like health."""
    live, _ = at_sentry(state(projects=(Project(id="3", slug="other", name="Other"),)))
    found = blind(await poll(settings(), live))
    assert found.reason == "access_lost"
    assert "project 2" in found.detail


def test_access_that_is_lost_later_is_noticed_when_the_list_falls_empty() -> None:
    """A list that suddenly holds nothing is checked against the projects, before it is believed."""
    bodies: dict[str, Any] = {"/issues/": [row()], "/projects/": [{"id": "2"}], "/environments/": []}

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = next((body for end, body in bodies.items() if request.url.path.endswith(end)), None)
        return httpx2.Response(404 if found is None else 200, json=found)

    async def main() -> None:
        live = world(lambda: httpx2.MockTransport(answer), moving())
        async with looking(SentrySource(settings(every="2m"), live, (FIVE,), {})) as look:
            assert len(seen(await look.once()).signals) == 1
            bodies.update({"/issues/": [], "/projects/": []})
            assert blind(await look.once()).reason == "access_lost"
            bodies.update({"/projects/": [{"id": "2"}]})
            assert seen(await look.once()).signals == ()

    run(main())


async def test_a_list_of_projects_without_end_proves_no_absence() -> None:
    """What is not on the pages that we read may be on the others."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/issues/"):
            return httpx2.Response(200, json=[row()])
        page = int(request.url.params.get("cursor", "0:0:0").split(":")[1])
        link = f'<x>; rel="next"; results="true"; cursor="0:{page + 1}:0"'
        return httpx2.Response(200, json=[{"id": f"{page + 100}"}], headers={"link": link})

    assert only(await poll(settings(), world(lambda: httpx2.MockTransport(answer), still()))).key == "1"


def test_after_a_failure_it_is_asked_anew_what_may_be_seen() -> None:
    """A project or environment that went away is found out by the next poll, not ten minutes later."""
    asked: list[str] = []
    statuses = [200, 404, 200, 200]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path.rsplit("/", 2)[1])
        status = statuses.pop(0) if asked[-1] == "issues" else 200
        return httpx2.Response(status, json=[{"id": "2"}] if asked[-1] == "projects" else [])

    async def main() -> None:
        live = world(lambda: httpx2.MockTransport(answer), moving())
        async with looking(SentrySource(settings(), live, (FIVE,), {})) as look:
            for _ in range(4):
                await look.once()
        assert asked.count("projects") == 2

    run(main())


def test_events_that_never_come_cost_a_poll_ten_seconds_and_not_every_poll() -> None:
    """Tags are worth a short wait; an issue whose event is slow is judged without them, and not asked for at once again."""
    asked: list[str] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/latest/"):
            await moving().sleep(timedelta(hours=1))
        known = request.url.path.endswith("/issues/")
        return httpx2.Response(200 if known else 404, json=[row(str(n)) for n in range(5)] if known else {})

    async def main() -> None:
        live = world(lambda: httpx2.MockTransport(answer), moving())
        async with looking(SentrySource(settings(), live, (FIVE,), {})) as look:
            first = seen(await look.once())
            tried = sum(path.endswith("/latest/") for path in asked)
            second = seen(await look.once())
        assert [len(first.signals), len(second.signals)] == [5, 5]
        assert [sweep.at - NOW for sweep in (first, second)] == [timedelta(seconds=10), timedelta(seconds=30)]
        assert sum(path.endswith("/latest/") for path in asked) == tried

    run(main())


async def test_a_token_that_may_not_list_projects_still_sees_issues() -> None:
    """A missing scope for the survey is no reason to be blind."""
    live = scripted({"/issues/": (200, [row()]), "/projects/": (403, {"detail": "no"})})
    assert only(await poll(settings(), live)).key == "1"


async def test_old_plans_take_one_project_a_request() -> None:
    """The 400 that forbids several projects is answered by asking for each alone."""
    other = Project(id="3", slug="billing", name="Billing")
    refusal = {"detail": "You do not have the multi project stream feature enabled"}
    held = state(issue("1"), issue("2", project=other), projects=(SHOP, other))
    inner = httpx2.ASGITransport(app=sentry_app(held, token=TOKEN, clock=still()))

    class Plan(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if len(request.url.params.get_list("project")) > 1:
                return httpx2.Response(400, json=refusal)
            return await inner.handle_async_request(request)

    chosen = settings(projects=[{"id": 2, "system": "web"}, {"id": 3, "system": "billing"}])
    found = seen(await poll(chosen, world(Plan, still())))
    assert {row.key: row.system for row in found.signals} == {"1": "web", "2": "billing"}


async def test_one_window_that_fails_leaves_the_other_to_be_used() -> None:
    """An overloaded server answers short windows and fails long ones: what is seen is used, as not complete."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/issues/"):
            return httpx2.Response(404, json={})
        if request.url.params["statsPeriod"] == "5m":
            return httpx2.Response(200, json=[row()])
        return httpx2.Response(400, json={"detail": "Query timeout. Please try again."})

    live = world(lambda: httpx2.MockTransport(answer), still())
    found = seen(await poll(settings(), live, (FIVE, HOUR)))
    assert len(found.signals) == 1
    assert not found.complete


def test_a_row_that_cannot_be_read_is_set_aside_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """One poisonous row costs itself alone; the log names it once, however often it comes."""
    rows = [row("1"), row("2", count={"$gt": 1}), "x", row("3")]

    async def main() -> None:
        source = SentrySource(settings(), scripted({"/issues/": (200, rows)}, moving), (FIVE,), {})
        async with looking(source) as look:
            found = seen(await look.once())
            await look.once()
        assert [row.key for row in found.signals] == ["1", "3"]
        assert source.rows_aside == 4

    with caplog.at_level(logging.WARNING):
        run(main())
    assert [r.getMessage() for r in caplog.records if "'2'" in r.getMessage()] == [
        "sentry:shop: issue '2' cannot be read and is set aside: its count is missing or no number"
    ]


async def test_a_wrong_token_is_blindness_with_its_reason() -> None:
    """401 makes the source blind, says why, and does not say the token."""
    held = state(issue())
    app = sentry_app(held, token="another", clock=still())
    found = blind(await poll(settings(), world(lambda: httpx2.ASGITransport(app=app), still())))
    assert (found.reason, found.detail) == ("auth", "the token is refused (401: Invalid token)")


def test_a_slow_server_s_pages_are_used_and_the_rest_is_left() -> None:
    """No page is begun after a minute: an hour-long look would tell of another hour."""

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith("/issues/"):
            return httpx2.Response(404, json={})
        await moving().sleep(timedelta(seconds=25))
        page = request.url.params.get("cursor", "0:0:0")
        following = f"0:{int(page.split(':')[1]) + 1}:0"
        link = f'<x>; rel="next"; results="true"; cursor="{following}"'
        return httpx2.Response(200, json=[row(page.split(":")[1])], headers={"link": link})

    async def main() -> None:
        live = world(lambda: httpx2.MockTransport(answer), moving())
        async with looking(SentrySource(settings(), live, (FIVE,), {})) as look:
            found = seen(await look.once())
        assert [row.key for row in found.signals] == ["0", "1", "2"]
        assert not found.complete

    run(main())
