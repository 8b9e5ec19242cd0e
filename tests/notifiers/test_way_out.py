"""The way a page takes: straight, or through the proxy of its target; never by what lies about in the environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr, ValidationError

from notifiers.apprise import AppriseSender
from notifiers.page import Destination, Page
from watcher.settings.target import Target

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Heads:
    """A server that takes everything, and keeps the heads of what it was asked."""

    port: int = 0
    seen: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(OK)
            await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def heads() -> AsyncIterator[Heads]:
    found = Heads()
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


def destination(service: Heads, proxy: Heads | None = None) -> Destination:
    return Destination(
        name="phone",
        address=SecretStr(f"json://127.0.0.1:{service.port}/push"),
        timeout=timedelta(seconds=5),
        proxy=SecretStr(f"http://user:secret@127.0.0.1:{proxy.port}") if proxy else None,
    )


async def test_a_page_leaves_through_no_proxy_that_the_environment_names(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell's HTTP_PROXY at a restart must not carry pages, tokens and all, to somebody else."""
    async with heads() as service, heads() as surprise:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{surprise.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        receipt = await AppriseSender().send(page, destination(service))
    assert (receipt.outcome, len(service.seen), surprise.seen) == ("accepted", 1, [])


async def test_a_page_carries_no_password_of_this_users_netrc(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What stands there is for people's tools; outside of a page's attempt it counts as ever."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password a-secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with heads() as service:
        receipt = await AppriseSender().send(page, destination(service))
        address = f"http://127.0.0.1:{service.port}/"
        await asyncio.to_thread(lambda: requests.get(address, timeout=5).close())
    ours, theirs = service.seen
    assert (receipt.outcome, "authorization" in ours.lower()) == ("accepted", False)
    assert "authorization: basic" in theirs.lower()


async def test_a_page_goes_through_the_proxy_of_its_target(page: Page) -> None:
    """Where the only way out is a proxy, the configuration says so, for each target."""
    async with heads() as service, heads() as proxy:
        receipt = await AppriseSender().send(page, destination(service, proxy))
    assert (receipt.outcome, service.seen) == ("accepted", [])
    assert proxy.seen[0].startswith(f"POST http://127.0.0.1:{service.port}/push")
    assert "secret" not in repr(destination(service, proxy))


def test_a_proxy_that_is_no_address_is_refused() -> None:
    """And its words, which may hold a password, are not repeated."""
    with pytest.raises(ValidationError, match="http://HOST:PORT") as refused:
        Target(apprise="console://", proxy=SecretStr("ftp://hunter2@proxy"))
    assert "hunter2" not in str(refused.value)
