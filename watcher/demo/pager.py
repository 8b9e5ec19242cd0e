"""The simulated phone: it takes what a JSON webhook of Apprise posts, keeps it, and lists it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.clock import Clock

KEPT_MAX = 200
"""Messages kept; the oldest is forgotten first."""

BODY_MAX = 64 * 1024
"""A message to a phone is short; a longer body is refused."""

_ACKNOWLEDGE = re.compile(r"https?://[^\s<>\"]+/ack/[^\s<>\"]+")
_INCIDENT = re.compile(r"\bINC-\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it came."""

    at: datetime
    title: str
    text: str

    @property
    def link(self) -> str | None:
        """Where it can be acknowledged."""
        found = _ACKNOWLEDGE.search(self.text)
        return found[0] if found else None

    @property
    def incident(self) -> str | None:
        found = _INCIDENT.search(self.title)
        return found[0] if found else None


@dataclass(slots=True)
class Pager:
    """What the phone holds. `arrived` is set at each message; who waits for one clears it."""

    clock: Clock = field(default_factory=Clock)
    messages: list[Message] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, title: str, text: str) -> None:
        self.messages = [*self.messages, Message(at=self.clock.now(), title=title, text=text)][-KEPT_MAX:]
        self.arrived.set()

    def first(self, fits: Callable[[Message], bool]) -> Message | None:
        return next((message for message in self.messages if fits(message)), None)


def pager_app(pager: Pager) -> Starlette:
    """POST /notify takes a message; GET /pages lists what came, oldest first."""

    async def notify(request: Request) -> Response:
        body = await _json(request)
        if body is None:
            return JSONResponse({"error": "not a message"}, status_code=400)
        pager.take(str(body.get("title", "")), str(body.get("message", "")))
        return JSONResponse({"kept": len(pager.messages)})

    async def pages(_request: Request) -> Response:
        return JSONResponse([asdict(m) | {"at": m.at.isoformat(), "link": m.link} for m in pager.messages])

    return Starlette(routes=[Route("/notify", notify, methods=["POST"]), Route("/pages", pages)])


async def _json(request: Request) -> dict[str, Any] | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    try:
        message = json.loads(body)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "message" in message else None
