"""The calendar that says who is on call: read again and again, from a file or an address.

What was read last is remembered in the log and goes on counting where the calendar cannot be read; that it cannot is
said as of every other eye.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from watcher.observation import Blind, BlindReason, Submit, Sweep
from watcher.oncall import ical
from watcher.oncall.names import Names
from watcher.oncall.shift import Shift, kept, recalled
from watcher.settings.oncall import Calendar
from watcher.sources.apart import Apart
from watcher.world import World

NAME = "calendar"
BODY_MAX = 2 * 1024 * 1024
"""A thousand events with their guests and notes."""


class Unseen(Exception):  # noqa: N818 - it is the calendar's state
    """The calendar cannot be had. `detail` is safe to show: it holds neither the address nor what was answered."""

    def __init__(self, reason: BlindReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: BlindReason = reason
        self.detail = detail


class CalendarSource:
    """One calendar. A look is a sweep without signals, and with the shifts for the log's memory."""

    name = NAME

    def __init__(self, settings: Calendar, names: Names, zone: ZoneInfo, world: World) -> None:
        self._settings = settings
        self._names = names
        self._zone = zone
        self._world = world

    async def run(self, submit: Submit, nudge: asyncio.Event) -> None:
        while True:
            await submit(await self.look())
            await self._world.clock.sleep(self._settings.every, nudge)
            nudge.clear()

    async def look(self) -> Sweep | Blind:
        """What the calendar says now, or why nobody knows."""
        at = self._world.clock.now()
        try:
            found = await self.reading()
        except Unseen as error:
            return Blind(source=NAME, at=at, reason=error.reason, detail=error.detail)
        return Sweep(source=NAME, at=at, signals=(), memory={"shifts": kept(found.shifts)})

    async def reading(self) -> ical.Reading:
        """The calendar as it is now. Raises Unseen."""
        text = await self._text()
        now, only = self._world.clock.now(), self._settings.only
        apart = Apart()
        try:
            return await self._world.offload(apart.read, text, self._names, self._zone, now, only)
        except ical.NotReadable as error:
            raise Unseen("unreadable", str(error)) from None
        finally:
            apart.stop()

    async def _text(self) -> str:
        if self._settings.file is not None:
            body = await self._world.offload(_read, self._settings.file)
        else:
            body = await self._fetched()
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Unseen("unreadable", "it is not UTF-8 text") from None

    async def _fetched(self) -> bytes:
        within = self._settings.timeout.total_seconds()
        try:
            async with asyncio.timeout(within):
                return await self._get()
        except TimeoutError:
            raise Unseen("timeout", f"no whole answer within {within:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
            raise Unseen("unreachable", type(error).__name__) from None  # its text may hold the address

    async def _get(self) -> bytes:
        assert self._settings.url is not None
        none = CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
        headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "hotfix-watcher"}
        async with (
            httpx2.AsyncClient(
                transport=self._world.http(),
                trust_env=False,
                follow_redirects=False,
                timeout=None,
                cookies=none,
            ) as client,
            client.stream("GET", self._settings.url.get_secret_value(), headers=headers) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise Unseen(_reason(response.status_code), f"it answers {response.status_code}")
            return await _body(response)


def shifts_of(memory: Mapping[str, Any]) -> tuple[Shift, ...]:
    """The last good copy, as the log remembers it."""
    return recalled(memory.get("shifts"))


async def _body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_MAX:
            raise Unseen("too_large", f"it is larger than {BODY_MAX >> 20} MB")
    return bytes(body)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(BODY_MAX + 1)
    except OSError as error:
        reason: BlindReason = "not_found" if isinstance(error, FileNotFoundError) else "unreadable"
        raise Unseen(reason, f"the file cannot be read: {error.strerror}") from None
    if len(body) > BODY_MAX:
        raise Unseen("too_large", f"it is larger than {BODY_MAX >> 20} MB")
    return body


def _reason(status: int) -> BlindReason:
    known: dict[int, BlindReason] = {
        401: "auth",
        403: "auth",
        404: "not_found",
        410: "not_found",
        429: "rate_limited",
    }
    return known.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client_error")
