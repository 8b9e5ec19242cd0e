"""One look into an ntfy topic: what was written since the last look. Everything in it is a stranger's."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from watcher.observation import BlindReason
from watcher.settings.reply import ReplySettings

BODY_MAX = 256 * 1024
"""Some thousand messages; of a longer answer the rest comes with the next look."""
ANSWER_WITHIN = timedelta(seconds=10)
LOOK_BACK = "10m"
"""What was written while we were away for a restart still counts; by the server's clock, so that ours does not matter."""
_ID = re.compile(r"[A-Za-z0-9]{1,64}")
"""It goes back to the server in the next question."""
STATUS_OK = 200
TOO_MANY = 429
SERVER_ERROR = 500


class TopicLost(Exception):  # noqa: N818 - it is a state of the world
    """The topic cannot be read. The text says why, without its address, which is a secret."""

    def __init__(self, because: str, reason: BlindReason, wait: timedelta = timedelta(0)) -> None:
        super().__init__(because)
        self.reason = reason
        self.wait = wait  # as the server asked


@dataclass(frozen=True, slots=True)
class Written:
    """One message in the topic."""

    id: str
    text: str


async def look(client: httpx2.AsyncClient, settings: ReplySettings, after: str | None) -> list[Written]:
    """The messages after one of them, oldest first; those of the last minutes where none is named. Raises TopicLost."""
    address = settings.ntfy.get_secret_value().rstrip("/")
    headers = {
        "accept": "application/x-ndjson",
        "accept-encoding": "identity",
        "user-agent": "hotfix-watcher",
    }
    if settings.token is not None:
        headers["authorization"] = f"Bearer {settings.token.get_secret_value()}"
    asked = {"poll": "1", "since": after or LOOK_BACK}
    try:
        async with (
            asyncio.timeout(ANSWER_WITHIN.total_seconds()),
            client.stream("GET", f"{address}/json", params=asked, headers=headers) as answer,
        ):
            _refuse(answer)
            return [written async for line in _lines(answer) if (written := _message(line))]
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
        reason: BlindReason = "timeout" if isinstance(error, TimeoutError) else "unreachable"
        raise TopicLost(f"no answer ({type(error).__name__})", reason) from None


def _refuse(answer: httpx2.Response) -> None:
    if answer.status_code == TOO_MANY:
        asked = answer.headers.get("retry-after", "")
        raise TopicLost("it says that we ask too often", "rate_limited", timedelta(seconds=_seconds(asked)))
    if answer.status_code != STATUS_OK:
        raise TopicLost(f"it answers {answer.status_code}", _reason(answer.status_code))


def _reason(status: int) -> BlindReason:
    known: dict[int, BlindReason] = {401: "auth", 403: "auth", 404: "not_found"}
    return known.get(status, "server_error" if status >= SERVER_ERROR else "client_error")


def _seconds(asked: str) -> int:
    return min(int(asked), 600) if asked.isascii() and asked.isdigit() and len(asked) <= 6 else 0  # noqa: PLR2004 - a number of days


async def _lines(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """Whole lines, up to the cap: a line that is cut there is no message."""
    held, read = b"", 0
    async for chunk in _chunks(answer):
        *whole, held = (held + chunk[: BODY_MAX - read]).split(b"\n")
        for line in whole:
            yield line
        read += len(chunk)
        if read >= BODY_MAX:
            return
    yield held


async def _chunks(answer: httpx2.Response) -> AsyncIterator[bytes]:
    if answer.is_stream_consumed:  # made in memory: a simulated world
        yield answer.content
        return
    async for chunk in answer.aiter_raw():
        yield chunk


def _message(line: bytes) -> Written | None:
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("event") != "message":
        return None
    id_, text = said.get("id"), said.get("message")
    if not isinstance(id_, str) or not isinstance(text, str) or not _ID.fullmatch(id_):
        return None
    return Written(id_, text)
