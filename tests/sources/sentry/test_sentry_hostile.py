"""A server that means us harm, or is simply broken, on a real socket: named, bounded, and never heard with our token."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from tests.sources.sentry.stage import (
    TOKEN,
    always,
    blind,
    packed,
    poll,
    row,
    seen,
    server,
    settings,
    still,
    world,
)
from watcher.observation import Observation
from watcher.sources.sentry.client import BODY_MAX, SentryClient
from watcher.sources.sentry.failure import Failure

Answer = Callable[[str, dict[str, str], asyncio.StreamWriter], Awaitable[None]]
DEEP = b"[" * 10_000 + b"]" * 10_000


async def ask(answer: Answer, **changes: Any) -> Observation:
    async with server(answer) as url:
        return await poll(settings(url, **({"timeout": "400ms"} | changes)), world(clock=still()))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (packed(200, b"<html>sign in</html>", "text/html"), "not_json"),
        (packed(200, b"[]", "text/plain"), "not_json"),
        (packed(200, b"not json at all"), "not_json"),
        (packed(200, b"\xff\xfe\xfa"), "not_json"),
        (packed(200, DEEP), "not_json"),
        (packed(200, b"[" + b"9" * 5000 + b"]"), "not_json"),
        (packed(200, {"detail": "an object"}), "not_json"),
        (packed(200, "text"), "not_json"),
        (packed(200, gzip.compress(b"[]"), content_encoding="gzip"), "not_json"),
        (packed(500, gzip.compress(b"x" * 10_000_000), content_encoding="gzip"), "not_json"),
        (packed(429, "slow down", "text/html"), "rate_limited"),
        (packed(500, {"detail": "Internal Error"}), "server_error"),
        (packed(503, b"x" * 3_000_000, "text/html"), "server_error"),
        (packed(302, b"", location="http://127.0.0.1:1/"), "not_found"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not_json"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n[", "unreachable"),
        (b"", "unreachable"),
    ],
)
async def test_each_kind_of_bad_answer_is_blindness_with_its_reason(raw: bytes, reason: str) -> None:
    """Whatever comes instead of a list of issues: the source is blind, says why, and lives on."""
    assert blind(await ask(always(raw))).reason == reason


async def test_a_hundred_megabytes_are_not_read() -> None:
    """The body is cut off at its cap: neither the time nor the memory of the rest is spent."""
    chunk = b" " * 65_536
    sent = 0

    async def flood(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        if not target.startswith("/api/0/organizations/acme/issues/"):
            writer.write(packed(404, {}))
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n"
        )
        while sent < 100_000_000:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)

    tracemalloc.start()
    try:
        found = blind(await ask(flood, timeout="30s"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.reason, found.detail) == ("too_large", "the answer is larger than 8 MiB")
    assert sent < 40_000_000
    assert peak < 4 * BODY_MAX


async def test_a_byte_at_a_time_ends_at_the_deadline() -> None:
    """No single byte is late, yet the whole answer is: the deadline is for the whole."""

    async def drip(_: str, __: dict[str, str], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n[")
        while True:
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)
            writer.write(b" ")

    began = time.monotonic()
    found = blind(await ask(drip, timeout="200ms"))
    assert (found.reason, found.detail) == ("timeout", "no whole answer within 0.2 s")
    assert time.monotonic() - began < 2


async def test_a_closed_port_is_unreachable() -> None:
    """Nobody listens: no connection, in words without an address."""
    async with server(always(b"")) as url:
        pass
    found = blind(await poll(settings(url), world(clock=still())))
    assert (found.reason, found.detail) == ("unreachable", "no connection")


async def test_a_redirect_is_not_followed_and_takes_no_token_along() -> None:
    """Another address never hears the token, nor does the place where GlitchTip introduces itself."""
    heard: list[str] = []

    async def elsewhere(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        heard.append(target)
        writer.write(packed(200, []))

    async with server(elsewhere) as there:
        found = blind(await ask(always(packed(301, b"", location=f"{there}/api/0/"))))
    assert found.reason == "not_found"
    assert heard == []


async def test_the_introduction_is_asked_without_the_token() -> None:
    """Only the organization's own paths get the token."""
    bearers: dict[str, bool] = {}

    async def answer(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        bearers[target.partition("?")[0]] = headers.get("authorization") == f"Bearer {TOKEN}"
        writer.write(packed(200, [], accept=headers.get("accept-encoding", "")))

    await ask(answer, projects=())
    assert bearers.pop("/api/settings/") is False
    assert bearers
    assert all(bearers.values())


@pytest.mark.parametrize(
    "raw",
    [
        packed(401, {"detail": f"Invalid token {TOKEN}"}),
        packed(400, {"detail": {"message": TOKEN}}),
        packed(200, TOKEN),
        packed(302, b"", location=f"https://{TOKEN}.example/"),
        f"HTTP/1.1 {TOKEN} OK\r\n\r\n".encode(),
        b"",
    ],
)
async def test_the_token_reaches_no_log_and_no_exception(
    raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """However the server throws it back at us, and at whatever level is logged."""
    async with server(always(raw)) as url:
        chosen = settings(url)
        with caplog.at_level(logging.DEBUG):
            found = await poll(chosen, world(clock=still()))
            async with SentryClient(chosen, world(clock=still())) as client:
                with pytest.raises(Failure) as caught:
                    await client.walk("/api/0/organizations/acme/issues/")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("watcher")]
    shown = [repr(found), *ours, repr(caught.value), str(caught.value), repr(chosen), repr(client)]
    shown += [repr(caught.value.__cause__)]
    assert not any(TOKEN in text for text in shown)


async def test_a_server_that_turns_in_circles_is_left() -> None:
    """A cursor that comes twice, or cannot be sent, ends the walk as cut."""
    loop = '<x>; rel="next"; results="true"; cursor="0:1:0"'

    asked: list[str] = []

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        asked.append(target)
        writer.write(packed(200, [row()], link=loop) if "/issues/?" in target else packed(404, {}))

    found = seen(await ask(answer))
    assert sum("/issues/?" in target for target in asked) == 2
    assert len(found.signals) == 1
    assert not found.complete


@pytest.mark.parametrize(
    "name", ["x\ud800", "\x1b[2J\u202eevil", "pr\n  ok   all is well", "\x00", "x" * 5000]
)
async def test_an_environment_s_name_that_is_none_is_left_out(name: str) -> None:
    """It could not be sent, or would be printed: the source lives on, and sees what there is to see."""
    asked: list[str] = []

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        asked.append(target)
        answers = {
            "/environments/": [{"name": name}, {"name": "production"}, {"name": "eu"}],
            "/projects/": [{"id": "2", "slug": "shop"}],
            "/issues/": [row()],
        }
        found = next((rows for end, rows in answers.items() if end in target), {})
        writer.write(packed(200, found))

    sweep = seen(await ask(answer))
    assert {signal.environment for signal in sweep.signals} == {"production", "eu"}
    assert sum("/issues/?" in target for target in asked) == 2


async def test_a_cookie_is_never_sent_back() -> None:
    """A server could fill our requests with them until it refuses them, or know us again."""
    cookies: list[str] = []

    async def answer(target: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        cookies.append(headers.get("cookie", ""))
        writer.write(
            packed(200, [row()] if "/issues/?" in target else [], set_cookie="a=" + "v" * 1000 + "; Path=/")
        )

    await ask(answer)
    assert len(cookies) > 2
    assert set(cookies) == {""}


async def test_rows_of_the_wrong_kind_are_set_aside_together() -> None:
    """A list of nonsense is a look that found nothing, not an error of ours."""
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    rows = [
        None,
        1,
        "x",
        [],
        {},
        {"id": {}},
        {"id": deep},
        row("8", count=deep),
        row("9", project="shop", metadata=[1], title=7, firstSeen=12),
    ]

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        writer.write(packed(200, rows) if "/issues/?" in target else packed(200, [1, None, {"id": []}]))

    (found,) = seen(await ask(answer)).signals
    assert (found.key, found.title) == ("9", "issue 9")


async def test_a_slow_event_costs_a_poll_little() -> None:
    """An issue whose latest event never comes is judged without tags."""

    async def answer(target: str, _: dict[str, str], writer: asyncio.StreamWriter) -> None:
        if "/events/latest/" in target:
            await asyncio.Event().wait()
        writer.write(packed(200, [row()]) if "/issues/?" in target else packed(404, {}))

    (found,) = seen(await ask(answer)).signals
    assert found.tags is None


async def test_compression_is_not_asked_for() -> None:
    """A compressed answer could unpack to anything; none is invited."""
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("accept-encoding"))
        return httpx2.Response(200, json=[])

    await poll(settings(projects=()), world(lambda: httpx2.MockTransport(answer), still()))
    assert set(asked) == {"identity"}
