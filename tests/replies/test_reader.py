"""Reading the reply topic in virtual time, from a server in memory that behaves and misbehaves."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from tests.replies.test_taking import Stage
from tests.virtual import run
from watcher.serve.replies.reader import Reader
from watcher.serve.replies.topic import BODY_MAX
from watcher.settings.reply import ReplySettings

TOPIC = "https://ntfy.example/a-secret-topic"
SETTINGS = ReplySettings(ntfy=SecretStr(TOPIC), token=SecretStr("tk_a_secret_token"))


class Room(Stage):
    """A stage with a reader on a topic in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.settings: ReplySettings | None = SETTINGS
        self.asked: list[tuple[float, httpx2.Request]] = []
        self.lines: list[bytes] = []
        self.tried: list[str] = []
        self.answer: Callable[[httpx2.Request], httpx2.Response] = self._well
        self.reader = Reader(
            http=lambda: httpx2.MockTransport(self._asked),
            settings=lambda: self.settings,
            streams=lambda: self.engine.streams,
            taking=self,
            submit=self.engine.submit,
            clock=self.world.clock,
            chance=random.Random(3),
        )
        self.engine.follow(self.reader.turned)

    async def by_code(self, id_: str, code: str, *, via: str, name: str | None = None) -> str:
        self.tried.append(code)
        return await self.taking.by_code(id_, code, via=via, name=name)

    def _asked(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((self.world.clock.monotonic(), request))
        return self.answer(request)

    def _well(self, request: httpx2.Request) -> httpx2.Response:
        after = request.url.params["since"]
        ids = [json.loads(line)["id"] for line in self.lines if line.startswith(b"{")]
        lines = self.lines[ids.index(after) + 1 :] if after in ids else self.lines
        return httpx2.Response(200, content=b"".join(line + b"\n" for line in lines))

    def write(self, text: str, **more: Any) -> None:
        message = {"id": f"m{len(self.lines):05}", "time": 1, "event": "message", "message": text}
        self.lines.append(json.dumps({**message, **more}).encode())

    def pace(self, since: float) -> list[float]:
        moments = [at for at, _ in self.asked if at >= since]
        return [b - a for a, b in pairwise(moments)]


def played(scene: Callable[[Room], Awaitable[Any]]) -> None:
    async def main() -> None:
        room = Room()
        await room.start()
        room.tasks.append(asyncio.create_task(room.reader.run()))
        try:
            await scene(room)
        finally:
            await room.crash()

    run(main())


def test_a_reply_ends_the_paging_within_seconds() -> None:
    """While a page waits for an answer the topic is read every five seconds; at rest once a minute."""

    async def scene(room: Room) -> None:
        await room.pass_(minutes=10)
        assert 9 <= len(room.asked) <= 12
        await room.probe("down")
        began = room.world.clock.monotonic()
        await room.pass_(seconds=30)
        assert max(room.pace(began)) < 5.5
        room.write(f"ack INC-1 {room.code()}")
        await room.pass_(seconds=6)
        assert room.incident().acknowledged_by == "ann"
        answered = room.world.clock.monotonic()
        await room.pass_(minutes=5)
        assert min(room.pace(answered)) > 55

    played(scene)


def test_each_message_is_asked_for_once_and_read_once() -> None:
    """The question names the last message that was read; a server that shows it again is not believed again."""

    async def scene(room: Room) -> None:
        await room.probe("down")
        room.write("good morning")
        room.write("ack INC-1 wrongone")
        await room.pass_(seconds=12)
        assert [request.url.params["since"] for _, request in room.asked][-1] == "m00001"
        assert room.asked[0][1].url.params["since"] == "10m"
        assert room.asked[0][1].headers["authorization"] == "Bearer tk_a_secret_token"
        assert room.tried == ["wrongone"]
        room.answer = lambda request: httpx2.Response(200, content=b"\n".join(room.lines))
        await room.pass_(minutes=2)
        assert len(room.tried) == 1

    played(scene)


def test_a_topic_that_cannot_be_read_is_said_once_and_without_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Refused, hanging, redirected, an error page: one line for a stretch, growing pauses, and a line when it is back."""

    def hang(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout(f"no answer from {request.url}", request=request)

    caplog.set_level("INFO", "watcher")

    async def scene(room: Room) -> None:
        await room.probe("down")
        for answer in (
            hang,
            lambda _: httpx2.Response(403, json={"error": TOPIC}),
            lambda _: httpx2.Response(302, headers={"location": "https://elsewhere.example/"}),
        ):
            caplog.clear()
            room.answer = answer
            began = room.world.clock.monotonic()
            await room.pass_(minutes=30)
            assert len(room.pace(began)) < 150
            assert caplog.text.count("cannot be read") == 1
            room.answer = room._well
            await room.pass_(minutes=3)
            assert "can be read again" in caplog.text
            assert "a-secret-topic" not in caplog.text
            assert "elsewhere" not in "".join(str(request.url) for _, request in room.asked)

    played(scene)


def test_a_topic_that_cannot_be_read_for_a_while_is_a_blind_eye() -> None:
    """Quietly, once, with what to do instead; and its return is told to those who heard."""

    async def scene(room: Room) -> None:
        await room.pass_(seconds=5)
        assert "source/replies" not in room.engine.streams or not room.engine.streams["source/replies"].told
        room.answer = lambda _: httpx2.Response(403, text="forbidden")
        await room.pass_(minutes=20)
        (page,) = room.sender.pages("ann-phone")
        assert (page.kind, page.title) == ("tell", "shop: the reply topic cannot be read")
        assert "auth: it answers 403" in page.lines[0]
        assert "watcher ack ID" in page.lines[1]
        assert "a-secret-topic" not in " ".join(page.lines)
        room.answer = room._well
        await room.pass_(minutes=3)
        assert "the reply topic can be read again" in room.titles("ann-phone")[-1]

    played(scene)


def test_a_server_that_asks_us_to_wait_is_left_alone() -> None:
    """429 with a delay is honoured, up to ten minutes."""

    async def scene(room: Room) -> None:
        room.answer = lambda _: httpx2.Response(429, headers={"retry-after": "120"})
        await room.probe("down")
        began = room.world.clock.monotonic()
        await room.pass_(minutes=20)
        assert min(room.pace(began)) >= 120
        for too_long in ("86400", "9" * 20, "tomorrow"):
            room.answer = lambda _, asked=too_long: httpx2.Response(429, headers={"retry-after": asked})
            await room.pass_(hours=1)
        assert max(room.pace(began)) <= 660
        assert len(room.pace(began)) > 20

    played(scene)


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>sign in</html>",
        b"[" * 100_000,
        b'{"event": "message", "id": "x/../y", "message": "ack INC-1 CODE"}',
        b'{"event": "message", "id": ["m1"], "message": "ack INC-1 CODE"}',
        b'{"event": "keepalive", "id": "k1", "message": "ack INC-1 CODE"}',
        b'{"event": "message", "id": "m1", "message": {"ack": "INC-1 CODE"}}',
        b'{"event": "message", "id": "m1", "message": "ack INC-1 \\ud800\\ud800"}',
        b'["ack INC-1 CODE"]',
        b"\xff\xfe\x00",
        b"x" * (BODY_MAX + 10),
        b" " * BODY_MAX + b'\n{"event": "message", "id": "m1", "message": "ack INC-1 CODE"}\n',
    ],
)
def test_what_is_no_message_is_passed_over(garbage: bytes) -> None:
    """Garbage neither acknowledges nor stops the reading: the true reply behind it is taken."""

    async def scene(room: Room) -> None:
        await room.probe("down")
        code = room.code()
        room.answer = lambda _: httpx2.Response(200, content=garbage.replace(b"CODE", code.encode()))
        await room.pass_(seconds=20)
        assert room.incident().acknowledged_by is None
        room.answer = room._well
        room.write(f"ack INC-1 {code}")
        await room.pass_(seconds=10)
        assert room.incident().acknowledged_by == "ann"

    played(scene)


def test_a_flood_in_the_topic_delays_no_page(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of wrong replies are a bounded work and a bounded log; the ladder goes on."""

    async def scene(room: Room) -> None:
        await room.probe("down")
        for number in range(3000):
            room.write(f"ack INC-1 {number:08}")
        await room.pass_(minutes=4)
        assert room.incident().acknowledged_by is None
        assert len(room.titles("ann-phone")) == 2
        assert caplog.text.count("was not taken") <= 60

    played(scene)


def test_a_reload_exchanges_the_topic() -> None:
    """New settings are read from at once; none at all ends the reading."""

    async def scene(room: Room) -> None:
        await room.pass_(seconds=1)
        room.settings = ReplySettings(ntfy=SecretStr("https://ntfy.example/another"))
        room.reader.govern()
        await room.pass_(seconds=1)
        assert room.asked[-1][1].url.path == "/another/json"
        assert "authorization" not in room.asked[-1][1].headers
        room.settings = None
        room.reader.govern()
        asked = len(room.asked)
        await room.pass_(minutes=10)
        assert len(room.asked) == asked

    played(scene)


@pytest.mark.parametrize(
    "wrong",
    [
        "https://ntfy.example",
        "https://ntfy.example/a/b",
        "ftp://ntfy.example/a",
        "https://u:p@ntfy.example/a",
        "https://ntfy.example/a?auth=x",
    ],
)
def test_a_topic_that_is_none_is_refused_without_showing_it(wrong: str) -> None:
    """What cannot be a topic is a fault of the configuration; the address is not in its text."""
    with pytest.raises(ValueError, match="HOST/TOPIC") as found:
        ReplySettings(ntfy=SecretStr(wrong))
    assert wrong not in str(found.value)
