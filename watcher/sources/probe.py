"""One probe: a request with a deadline for the whole answer, a cap on its size, and no blind following."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from rules.health import BODY_MAX, Reading
from watcher.clock import Clock
from watcher.settings.endpoint import Endpoint
from watcher.sources.expectation import HttpAnswer, judge
from watcher.sources.lost import reading_of, refused

REDIRECTS_MAX = 3
"""To the same host: from http to https, to a trailing slash. A fourth is a loop."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

USER_AGENT = "hotfix-watcher"

PLAIN = frozenset({"accept", "content-type", "user-agent"})
"""Headers that hold no secret, and whose words an answer may well use."""
SECRET_MIN = 6
HIDDEN = "[secret]"


def request_of(client: httpx2.AsyncClient, endpoint: Endpoint, url: str) -> httpx2.Request:
    """The request of each probe; made once, it can be sent again and again."""
    return client.build_request(endpoint.request.method, url, **_content(endpoint))


@dataclass(frozen=True, slots=True)
class Looked:
    """What one probe saw. `on_the_way`: no answer came, and our own network could be why."""

    reading: Reading
    body: bytes = b""
    on_the_way: bool = False


async def probe(
    client: httpx2.AsyncClient, request: httpx2.Request, endpoint: Endpoint, clock: Clock
) -> Looked:
    """Ask once. It never raises but on cancellation."""
    try:
        async with asyncio.timeout(endpoint.timeout.total_seconds()):
            answer = await _ask(client, request, endpoint, clock)
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError, TypeError) as error:
        return Looked(reading_of(error, endpoint.timeout), on_the_way=not refused(error))
    if answer is None:
        return Looked(Reading(state="unknown", because=("it redirects without end",)))
    reading, hidden = judge(endpoint.request, answer), _hidden(endpoint, answer)
    if hidden is answer:
        return Looked(reading, answer.body)
    words = judge(
        endpoint.request, hidden
    )  # the verdict is the answer's own, the words are without our secrets
    return Looked(replace(words, state=reading.state, announced=reading.announced), hidden.body)


async def _ask(
    client: httpx2.AsyncClient, request: httpx2.Request, endpoint: Endpoint, clock: Clock
) -> HttpAnswer | None:
    """The answer, after harmless redirects; None where they do not end."""
    began, url = clock.monotonic(), endpoint.url
    for _ in range(REDIRECTS_MAX + 1):
        response = await client.send(request, stream=True)
        try:
            followed = _follow(endpoint, url, response)
            if followed is None:
                return await _read(response, began, clock)
        finally:
            await response.aclose()
        url, request = followed, request_of(client, endpoint, followed)
    return None


def _hidden(endpoint: Endpoint, answer: HttpAnswer) -> HttpAnswer:
    """The answer without what we sent: a service in trouble likes to repeat it, and the answer is shown."""
    body, headers = answer.body, answer.headers
    for secret in _sent(endpoint):
        body = body.replace(secret.encode(), HIDDEN.encode())
        headers = {name: value.replace(secret, HIDDEN) for name, value in headers.items()}
    same = body == answer.body and headers == answer.headers
    return answer if same else replace(answer, body=body, headers=headers)


def _sent(endpoint: Endpoint) -> list[str]:
    """All of ours that may be a secret, as it is and as JSON writes it, the longest first."""
    request = endpoint.request
    heads = [
        value.get_secret_value() for name, value in request.headers.items() if name.casefold() not in PLAIN
    ]
    said = [*heads, *(word for head in heads for word in head.split())]
    said += [request.body.get_secret_value()] if request.body is not None else []
    said += _texts(request.json_.get_secret_value()) if request.json_ is not None else []
    words = {word for text in said for word in (text, json.dumps(text)[1:-1])}
    return sorted((word for word in words if len(word) >= SECRET_MIN), key=len, reverse=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _content(endpoint: Endpoint) -> dict[str, Any]:
    request = endpoint.request
    headers = {"user-agent": USER_AGENT, "accept-encoding": "identity"}
    headers |= {name.casefold(): value.get_secret_value() for name, value in request.headers.items()}
    content: dict[str, Any] = {"headers": headers}
    if request.json_ is not None:
        content["json"] = request.json_.get_secret_value()
    if request.body is not None:
        content["content"] = request.body.get_secret_value().encode()
    return content


def _follow(endpoint: Endpoint, url: str, response: httpx2.Response) -> str | None:
    """The next address, where following it leaks nothing: a plain question, to the same host, never from https to http."""
    asked = endpoint.request
    if response.status_code not in REDIRECTS or response.status_code in asked.expect:
        return None
    target = urljoin(url, response.headers.get("location", ""))
    old, new = urlsplit(url), urlsplit(target)
    secure = new.scheme == "https" or (new.scheme == "http" and old.scheme == "http")
    upgraded = old.scheme != new.scheme and old.port is None and new.port is None
    same = new.hostname == old.hostname and (new.port == old.port or upgraded)
    return target if asked.method in {"GET", "HEAD"} and secure and same and target != url else None


async def _read(response: httpx2.Response, began: float, clock: Clock) -> HttpAnswer:
    body = bytearray()
    async for chunk in _chunks(response):
        body += chunk
        if len(body) > BODY_MAX:
            break
    return HttpAnswer(
        status=response.status_code,
        headers=dict(response.headers),
        body=_unpacked(bytes(body[: BODY_MAX + 1]), response.headers.get("content-encoding", "")),
        latency=timedelta(seconds=clock.monotonic() - began),
        at=clock.now(),
    )


async def _chunks(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it arrives, still packed; an answer made in memory (a simulated world) is there already."""
    if response.is_stream_consumed:
        yield response.content
        return
    async for chunk in response.aiter_raw():
        yield chunk


def _unpacked(body: bytes, encoding: str) -> bytes:
    """A packed body although none was asked for; it never grows beyond the cap, whatever it was packed from."""
    if encoding.strip().casefold() not in {"gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, BODY_MAX + 1)
    except zlib.error:
        return body
