"""Test pages and drills through the API and the link: who took it, who answered, and nothing by looking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from notifiers.page import Receipt
from tests.serve.front import API, Front
from tests.virtual import run

JSON = {"content-type": "application/json"}


def played(scene: Callable[[Front, httpx2.AsyncClient], Awaitable[Any]], **options: Any) -> None:
    async def main() -> None:
        stage = Front(**options)
        await stage.start()
        async with stage.web() as web:
            await scene(stage, web)
        await stage.crash()

    run(main())


def test_a_test_page_goes_the_whole_way_and_says_who_took_it() -> None:
    """The real template with its own id and link, to every target of the contact; the receipts by target."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        asked = (await web.post(f"{API}/page-test", json={"contact": "ann", "as": "bob"})).json()
        await stage.pass_(seconds=1)
        found = (await web.get(f"{API}/page-test/{asked['id']}")).json()
        assert (asked["id"], found["to"], found["acknowledged_by"]) == ("TEST-2", "ann", None)
        assert {t: r["state"] for t, r in found["receipts"].items()} == {
            "chat": "accepted",
            "ann-phone": "accepted",
        }
        page = stage.sender.pages("ann-phone")[0]
        assert (page.id, page.kind, page.title) == ("TEST-2/2@ann-phone", "wake", "watcher: test page")
        assert page.link == "https://watcher.shop.example/ack/TEST-2-ann"
        assert page.command == "watcher ack TEST-2"

    played(scene)


def test_a_failure_shows_by_target() -> None:
    """One target refuses for good: its line says so, and the fallback's that it stood in."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        await web.post(f"{API}/page-test", json={"as": "bob"})
        await stage.pass_(seconds=1)
        found = (await web.get(f"{API}/page-test/TEST-2")).json()
        assert {t: r["state"] for t, r in found["receipts"].items()} == {
            "chat": "accepted",
            "ann-phone": "failed",
            "chat-2": "accepted",
        }

    played(scene, script={"ann-phone": [Receipt(outcome="refused", reason="auth")]})


def test_looking_at_the_link_of_a_test_page_answers_nothing() -> None:
    """GET shows, POST with a known name answers, and the page says so from then on."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        await web.post(f"{API}/page-test", json={"as": "bob"})
        link = stage.links("TEST-2", "ann").replace("https://watcher.shop.example", "")
        for _ in range(3):
            shown = await web.get(link)
        assert (shown.status_code, "Nobody has answered" in shown.text) == (200, True)
        assert '<option value="ann" selected>' in shown.text
        assert (await web.post(link, data={"who": "mallory"})).status_code == 400
        assert "PageProven" not in stage.events("daemon")
        done = await web.post(link, data={"who": "ann"})
        assert (done.status_code, "ann, it works." in done.text) == (200, True)
        later = await web.get(link)
        assert "ann answered it at 03:00 UTC" in later.text
        assert "<form" not in later.text
        found = (await web.get(f"{API}/page-test/TEST-2")).json()
        assert found["acknowledged_by"] == "ann"

    played(scene)


def test_what_is_typed_answers_as_well() -> None:
    """Without a public address the page carries a command: watcher ack TEST-2."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        await web.post(f"{API}/page-test", json={"as": "bob"})
        done = await web.post(f"{API}/incidents/test-2/ack", json={"as": "ann"})
        assert (done.status_code, done.json()["said"]) == (200, ["ann answered it by api"])

    played(scene)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "page-test", {"contact": "mallory", "as": "bob"}, 404),
        ("POST", "page-test", {"contact": ["ann"], "as": "bob"}, 400),
        ("POST", "page-test", {"to": "ann", "as": "bob"}, 400),
        ("GET", "page-test/TEST-99", None, 404),
        ("GET", "page-test/TEST-1", None, 404),
        ("GET", "page-test/INC-1", None, 404),
        ("POST", "incidents/TEST-99/ack", {"as": "bob"}, 409),
        ("POST", "incidents/TEST-2/resolve", {"as": "bob"}, 404),
        ("POST", "drill", {"category": "weather", "text": "x", "as": "bob"}, 400),
        ("POST", "drill", {"category": "outage", "as": "bob"}, 400),
        ("POST", "drill", {"category": "outage", "text": "x", "speed": 1.5, "as": "bob"}, 400),
        ("POST", "drill", {"category": "outage", "text": "x", "speed": 1e5, "as": "bob"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_mend(method: str, path: str, body: Any, status: int) -> None:
    """And nobody is paged."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        answer = await web.request(method, f"{API}/{path}", json=body)
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
        await stage.pass_(seconds=1)
        assert stage.sender.sent == []

    played(scene)


def test_a_second_test_page_while_one_is_under_way_is_refused() -> None:
    """Somebody who presses a button ten times rings once."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        answers = [await web.post(f"{API}/page-test", json={"as": "bob"}) for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 409, 409]

    played(scene, script={"chat": [Receipt(outcome="refused", reason="unreachable")] * 9})


def test_a_drill_pages_marked_and_counts_nowhere() -> None:
    """Real pages, the real ladder; not one response metric moves, and the title says what it is."""

    async def scene(stage: Front, web: httpx2.AsyncClient) -> None:
        before = stage.metrics.exposition()
        asked = {"category": "outage", "text": "the database is gone", "speed": 60, "as": "bob"}
        id_ = (await web.post(f"{API}/drill", json=asked)).json()["id"]
        await stage.pass_(seconds=61)
        assert len(stage.sender.pages("cara-phone")) == 3
        assert all(s.page.drill for s in stage.sender.sent)
        assert stage.sender.pages("ann-phone")[0].drill
        await web.post(f"{API}/incidents/{id_}/ack", json={"as": "ann"})
        await web.post(f"{API}/incidents/{id_}/resolve", json={"as": "ann"})
        await stage.pass_(seconds=1)
        assert _changed(before, stage.metrics.exposition()) <= {"watcher_page_delivery_seconds"}

    played(scene)


def _changed(before: bytes, after: bytes) -> set[str]:
    """The families that moved."""
    lines = set(after.decode().splitlines()) ^ set(before.decode().splitlines())
    names = {line.partition("{")[0].partition(" ")[0] for line in lines if not line.startswith("#")}
    families = {n.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for n in names}
    return {n for n in families if not n.startswith("watcher_process_")}
