from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from watcher.clock import Clock
from watcher.demo.app import EMAIL, shop_app
from watcher.demo.live import live
from watcher.demo.pager import KEPT_MAX, Pager, pager_app
from watcher.demo.readings import seeing, times_of
from watcher.demo.teller import Teller, phone
from watcher.demo.world import BAD, GOOD, Stage, shop_before

RIGHT = {"email": EMAIL, "password": "right"}


@asynccontextmanager
async def _client(app: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://shop.test") as client:
        yield client


async def test_sign_in_answers_200_500_and_401() -> None:
    """It works with the right password, not with a wrong one, and with none while it is broken."""
    clock = Clock()
    stage = Stage(shop_before(clock.now()))
    async with _client(shop_app(stage, password="right", clock=clock)) as client:
        right = await client.post("/api/auth/login", json=RIGHT)
        wrong = await client.post("/api/auth/login", json=RIGHT | {"password": "x"})
        garbage = await client.post("/api/auth/login", content=b"{")
        stage.shop = stage.shop.deploy(BAD, clock.now()).break_sign_in(clock.now())
        broken = await client.post("/api/auth/login", json=RIGHT)
        stage.shop = stage.shop.deploy(GOOD, clock.now())
        mended = await client.post("/api/auth/login", json=RIGHT)
    assert [answer.status_code for answer in (right, wrong, garbage, broken, mended)] == [
        200,
        401,
        400,
        500,
        200,
    ]


async def test_health_names_the_running_release_and_stays_ok() -> None:
    """The health endpoint does not notice broken sign-in: only the probe of it does."""
    clock = Clock()
    stage = Stage(shop_before(clock.now()))
    async with _client(shop_app(stage, password="right", clock=clock)) as client:
        stage.shop = stage.shop.deploy(BAD, clock.now()).break_sign_in(clock.now())
        body = (await client.get("/api/health")).json()
    assert (body["status"], body["version"]) == ("ok", BAD)


def _message(title: str = "INC-7 sign-in", text: str = "x") -> dict[str, Any]:
    return {"version": "1.0", "title": title, "message": text, "attachments": [], "type": "info"}


async def test_the_pager_keeps_messages_and_finds_the_link() -> None:
    """A message is listed with the link that acknowledges it; other links in the text are not taken for it."""
    pager = Pager()
    text = "See http://127.0.0.1:1/incidents/INC-7\nAcknowledge: http://127.0.0.1:1/ack/abc.def-1_2\n"
    async with _client(pager_app(pager)) as client:
        await client.post("/notify", json=_message(text=text))
        (listed,) = (await client.get("/pages")).json()
    assert listed["link"] == "http://127.0.0.1:1/ack/abc.def-1_2"
    assert pager.messages[0].incident == "INC-7"
    assert pager.arrived.is_set()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"title": "x"}', b"\xff", json.dumps(_message(text="x" * 70_000)).encode()]
)
async def test_the_pager_refuses_what_is_no_message(body: bytes) -> None:
    """Garbage and bodies over the cap are refused and not kept."""
    pager = Pager()
    async with _client(pager_app(pager)) as client:
        answer = await client.post("/notify", content=body)
    assert answer.status_code == 400
    assert pager.messages == []


async def test_the_pager_forgets_the_oldest() -> None:
    """The list of messages does not grow over its limit."""
    pager = Pager()
    for number in range(KEPT_MAX + 5):
        pager.take(f"INC-{number}", "x")
    assert len(pager.messages) == KEPT_MAX
    assert pager.messages[0].title == "INC-5"


async def test_a_server_ends_with_its_block() -> None:
    """After the block nobody listens at the address, even with a client that keeps its connection."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        async with live(pager_app(Pager())) as base:
            assert (await client.get(f"{base}/pages")).json() == []
        with pytest.raises(httpx2.TransportError):
            await client.get(f"{base}/pages")


async def test_a_taken_port_is_said() -> None:
    """A port that somebody else uses is an OSError, not a server that answers for nobody."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        async with live(pager_app(Pager()), port=other.getsockname()[1]):
            pass


def test_a_page_stands_in_a_frame() -> None:
    """Long lines are wrapped, a long link stays whole, and no row leaves the frame."""
    link = "http://127.0.0.1:40000/ack/" + "a" * 90
    rows = phone("INC-7 sign-in", f"{'word ' * 30}\n\n{link}")
    assert len({len(row) for row in rows}) == 1
    assert any(link in row for row in rows)


def test_a_hostile_page_does_not_fill_the_terminal() -> None:
    """A page of many lines is cut, and what would steer the terminal is not printed."""
    rows = phone("x", "line\n" * 1000 + "end")
    assert len(rows) < 40
    assert all(row.isprintable() for row in phone("\x1b[2Jx", "a\x07b\tc"))


def test_the_story_is_stamped() -> None:
    """Each thing that happens carries the seconds since the beginning; what follows is set under it."""
    seconds = iter([0.0, 0.0, 12.34, 12.34])
    told: list[str] = []
    teller = Teller(Clock(wall=lambda: 0.0, monotonic=lambda: next(seconds)), told.append)
    teller.say("word " * 40)
    assert told[0].startswith("  12.3 s  word")
    assert all(line.startswith(" " * 10) for line in told[1:])


def test_response_times_are_read_over_all_labels() -> None:
    """The mean over all label sets; a time that was never observed is left out, not shown as nothing."""
    text = (
        "# TYPE watcher_incident_time_to_detect_seconds histogram\n"
        'watcher_incident_time_to_detect_seconds_sum{category="outage"} 2.0\n'
        'watcher_incident_time_to_detect_seconds_count{category="outage"} 1.0\n'
        'watcher_incident_time_to_detect_seconds_sum{category="security"} 4.0\n'
        'watcher_incident_time_to_detect_seconds_count{category="security"} 1.0\n'
        "watcher_incident_time_to_restore_seconds_sum 0.0\n"
        "watcher_incident_time_to_restore_seconds_count 0.0\n"
    )
    assert times_of(text) == {"detect": 3.0}


def test_a_source_that_never_saw_is_not_seeing() -> None:
    """Only a source with a last success counts; an unwatched moment of 0 does not."""
    name = "watcher_poll_last_success_timestamp_seconds"
    assert seeing(f'{name}{{source="health:api"}} 1.79e+09\n{name}{{source="sentry:shop"}} 0.0\n') == {
        "health:api"
    }
