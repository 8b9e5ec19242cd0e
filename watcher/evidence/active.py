"""How many users are active, by the operator's word: a number, an address that answers JSON, a Prometheus query."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import timedelta
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from watcher.evidence.impact import Active
from watcher.settings.evidence import ActiveUsers
from watcher.sources.sentry.row import COUNT_MAX
from watcher.world import World

ASK_WITHIN = timedelta(seconds=10)
BODY_MAX = 256 * 1024
"""One number, with whatever stands beside it."""
STEPS_MAX = 20
"""Of a path into JSON."""


class NotTold(Exception):  # noqa: N818 - it is the operator's server's state
    """No number came. The text is safe to show. `passing`: it may be another time; else something is to be mended."""

    def __init__(self, because: str, *, passing: bool = False) -> None:
        super().__init__(because)
        self.passing = passing


async def ask(settings: ActiveUsers, world: World) -> Active:
    """The number, now. Raises NotTold."""
    if settings.number is not None:
        return Active(users=settings.number, told_by="the configured number")
    if settings.url is not None:
        body = await _get(settings, world, settings.url, {})
        return Active(users=_count(at(body, settings.json_ or "")), told_by="the configured address")
    url = f"{(settings.prometheus or '').rstrip('/')}/api/v1/query"
    body = await _get(settings, world, url, {"query": settings.query or ""})
    return Active(users=_count(sample(body)), told_by="Prometheus")


async def _get(settings: ActiveUsers, world: World, url: str, parameters: dict[str, str]) -> Any:
    none = CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "hotfix-watcher"}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    try:
        async with (
            asyncio.timeout(ASK_WITHIN.total_seconds()),
            httpx2.AsyncClient(
                transport=world.http(), trust_env=False, follow_redirects=False, timeout=None, cookies=none
            ) as client,
            client.stream("GET", url, params=parameters or None, headers=headers) as response,
        ):
            return await _read(response)
    except TimeoutError:
        raise NotTold(f"no whole answer within {ASK_WITHIN.total_seconds():g} s", passing=True) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
        raise NotTold(_why(error), passing=isinstance(error, httpx2.TransportError)) from None


def _why(error: Exception) -> str:
    """Words from the kind of the error alone: its text may hold what was sent."""
    return "no connection" if isinstance(error, httpx2.ConnectError) else type(error).__name__


async def _read(response: httpx2.Response) -> Any:
    if response.status_code != HTTPStatus.OK:
        passing = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise NotTold(f"it answers {response.status_code}", passing=passing)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > BODY_MAX:
            raise NotTold("the answer is too large")
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise NotTold("the answer is not JSON") from None


def at(body: Any, path: str) -> Any:
    """What stands at a path of names and places: data.users.0; None where nothing does."""
    for step in path.split(".", STEPS_MAX)[:STEPS_MAX]:
        if isinstance(body, list) and step.isascii() and step.isdecimal() and len(step) < STEPS_MAX:
            body = body[int(step)] if int(step) < len(body) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def sample(body: Any) -> Any:
    """The one sample of a Prometheus answer; None where it is not one."""
    result = at(body, "data.result")
    if at(body, "status") != "success" or not isinstance(result, list):
        return None
    if at(body, "data.resultType") == "scalar":
        return at(result, "1")
    return at(result, "0.value.1") if len(result) == 1 else None


def _count(value: Any) -> int:
    """At least one user; a nought is no denominator. Raises NotTold."""
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not math.isfinite(found) or not 1 <= found <= COUNT_MAX:
        raise NotTold("the answer holds no single number of users there")
    return round(found)
