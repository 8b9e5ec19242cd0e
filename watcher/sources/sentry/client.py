"""One server's web API: a deadline, a cap and a demand for JSON on every answer, no redirect followed.

It reads; all that it ever writes is a note, where the configuration asks for one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import httpx2

from watcher.settings.sentry import SentrySettings
from watcher.sources.sentry.failure import Failure, failure_of
from watcher.sources.sentry.link import is_glitchtip, next_cursor
from watcher.world import World

BODY_MAX = 8 * 1024 * 1024
"""A full page of a hundred issues is about 300 kB, an event with its stack rarely over 1 MB."""
ERROR_BODY_MAX = 64 * 1024
"""An explanation is short; more is a web page."""
PAGES_MAX = 10
"""A thousand issues active in one window; beyond this the walk is cut, and said to be."""
IN_FLIGHT_MAX = 2
"""Requests at a time: a self-hosted server has no limits of its own and is easily overrun."""

WALK_WITHIN = timedelta(seconds=60)
"""No further page is begun after this: a look that takes longer tells of another time."""

DUPLICATE = "already posted"
"""In the words with which Sentry refuses the same note twice within an hour."""

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of 200: its JSON value, and its Link header."""

    value: Any
    link: str


@dataclass(frozen=True, slots=True)
class Walked:
    """The rows of one list. `cut` where pages are left that were not read."""

    rows: list[Any]
    cut: bool
    glitchtip: bool = False


class SentryClient:
    """Asks one server. Every fault is a Failure; neither it nor a log line ever holds the token."""

    def __init__(self, settings: SentrySettings, world: World) -> None:
        self._settings = settings
        self._clock = world.clock
        self._slots = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._http = httpx2.AsyncClient(
            transport=world.http(),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            timeout=None,  # the whole request has a deadline; single steps need none
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "hotfix-watcher",
            },
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def walk(
        self, path: str, parameters: Parameters = (), enough: Callable[[Any], bool] | None = None
    ) -> Walked:
        """Read a list page by page: to its end, until `enough` says of a page's last row that it will do, or to a limit.

        Raises Failure.
        """
        rows: list[Any] = []
        cursor: str | None = None
        used: set[str] = set()
        answer = Answer([], "")
        until = self._clock.now() + WALK_WITHIN
        for _ in range(PAGES_MAX):
            asked = [*parameters, ("cursor", cursor)] if cursor else list(parameters)
            answer = await self.read(path, asked)
            rows.extend(_rows(answer))
            cursor = next_cursor(answer.link)
            if cursor is None or (enough is not None and rows and enough(rows[-1])):
                return Walked(rows, cut=False, glitchtip=is_glitchtip(answer.link))
            if cursor == "" or cursor in used or self._clock.now() > until:
                break
            used.add(cursor)
        return Walked(rows, cut=True, glitchtip=is_glitchtip(answer.link))

    async def read(self, path: str, parameters: Parameters = (), *, token: bool = True) -> Answer:
        """GET one path below the server's address. Raises Failure."""
        within = self._settings.timeout.total_seconds()
        async with self._slots:
            try:
                async with asyncio.timeout(within):
                    return await self._read(path, parameters, token=token)
            except (TimeoutError, httpx2.TimeoutException):
                raise Failure("timeout", f"no whole answer within {within:g} s") from None
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
                raise _unreachable(error) from None  # the cause would carry our headers along

    async def note(self, issue: str, text: str) -> None:
        """Put a note at an issue; one that stands already is success. Raises Failure.

        GlitchTip calls it a comment, at another address: it is asked there where the first one is refused.
        """
        within = self._settings.timeout.total_seconds()
        organization = f"/api/0/organizations/{self._settings.organization}/issues/{issue}/notes/"
        async with self._slots:
            try:
                async with asyncio.timeout(within):
                    if not await self._noted(organization, {"text": text}):
                        await self._note(f"/api/0/issues/{issue}/comments/", {"data": {"text": text}})
            except (TimeoutError, httpx2.TimeoutException):
                raise Failure("timeout", f"no answer within {within:g} s") from None
            except Failure as failure:
                if failure.status == HTTPStatus.BAD_REQUEST and DUPLICATE in failure.detail.lower():
                    return
                raise
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
                raise _unreachable(error) from None

    async def _noted(self, path: str, body: Mapping[str, Any]) -> bool:
        """Whether this server takes notes here. Raises Failure where it does and failed."""
        try:
            await self._note(path, body)
        except Failure as failure:
            if failure.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
                return False
            raise
        return True

    async def _note(self, path: str, body: Mapping[str, Any]) -> None:
        secret = self._settings.token.get_secret_value()
        headers = {"Authorization": f"Bearer {secret}"}
        async with self._http.stream(
            "POST", f"{self._settings.url}{path}", json=body, headers=headers
        ) as answer:
            if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
                said = await _body(answer, ERROR_BODY_MAX, cut=True)
                now = self._clock.now()
                raise failure_of(answer.status_code, answer.headers, said, now=now, secret=secret)

    async def _read(self, path: str, parameters: Parameters, *, token: bool) -> Answer:
        secret = self._settings.token.get_secret_value()
        headers = {"Authorization": f"Bearer {secret}"} if token else {}
        url = f"{self._settings.url}{path}"
        async with self._http.stream("GET", url, params=list(parameters), headers=headers) as response:
            if response.status_code != HTTPStatus.OK:
                body = await _body(response, ERROR_BODY_MAX, cut=True)
                raise failure_of(
                    response.status_code, response.headers, body, now=self._clock.now(), secret=secret
                )
            _demand_json(response)
            return Answer(_parsed(await _body(response, BODY_MAX)), response.headers.get("link", ""))


async def _body(response: httpx2.Response, limit: int, *, cut: bool = False) -> bytes:
    """The body, at most `limit` bytes; a larger one is a Failure, or `cut`.

    A compressed one is not opened: a kilobyte may hold a gigabyte, and we asked for none.
    """
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failure("not_json", "a compressed answer, which was not asked for", status=response.status_code)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > limit:
            if cut:
                break
            raise Failure("too_large", f"the answer is larger than {limit // 1024 // 1024} MiB")
    return bytes(body[:limit])


def _demand_json(response: httpx2.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        page = " (a login page, or another address's?)" if kind == "text/html" else ""
        raise Failure("not_json", f"a web page or file instead of JSON{page}", status=200)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Failure(
            "not_json", "the answer calls itself JSON and is not, or not within reason", status=200
        ) from None


def _rows(answer: Answer) -> list[Any]:
    if not isinstance(answer.value, list):
        raise Failure("not_json", "something else where a list was asked for", status=200)
    return answer.value


def _unreachable(error: Exception) -> Failure:
    """Words from the kind of the error alone: its text may hold what was sent."""
    if isinstance(error, httpx2.ConnectError):
        certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return Failure("unreachable", "its certificate is not trusted" if certificate else "no connection")
    broken_off = any(word in str(error) for word in ("disconnected", "closed"))
    if isinstance(error, httpx2.RemoteProtocolError) and not broken_off:
        return Failure("not_json", "the answer is not HTTP")
    return Failure("unreachable", f"the connection broke ({type(error).__name__})")
