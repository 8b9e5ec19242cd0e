"""What the pages share: the desk, who may enter, the seals of forms; and what every page says of its visitor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rules.mask import clean, mask
from watcher.incident.state import FINAL
from watcher.oncall.names import folded, named
from watcher.serve import answers, body
from watcher.serve.desk import Desk
from watcher.serve.door import Door
from watcher.serve.problem import Problem
from watcher.serve.web.forms import Given, Seals
from watcher.serve.web.live import Live
from watcher.serve.web.session import EVERYTHING, LIMITED, LINK, VALID_FOR, WHOLE, Sessions
from watcher.serve.web.visitor import Visitor
from watcher.settings.serve import LOOPBACK

SAID = "watcher_said"
"""What was just done, for the page that follows; gone after a few seconds."""
SAID_SECONDS = 10
WHO = "Say who you are: choose a name, or write one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Everything that a page needs beside its own matter."""

    desk: Desk
    door: Door
    sessions: Sessions
    seals: Seals
    live: Live
    _one: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """One page is made in each turn of the loop: whoever loads many delays other readers, and no probe."""
        async with self._one:
            yield
            loop = asyncio.get_running_loop()
            passed = loop.create_future()
            loop.call_soon(passed.set_result, None)
            await passed

    def page(self, request: Request, template: str, code: int = 200, /, **values: Any) -> Response:
        """A page for whoever asks."""
        return answers.page(template, code, here=self.here(request), **values)

    def here(self, request: Request) -> dict[str, Any]:
        """What every page knows: who looks, what they may do, and when it was made."""
        visitor = visitor_of(request)
        limited = visitor.session.scope if visitor.session is not None else ""
        return {
            "service": self.desk.config().service.name,
            "name": visitor.name,
            "everything": visitor.everything,
            "acts": visitor.acts,
            "leave": f"/incidents/{limited}/sign-out" if limited else "/sign-out",
            "signed": visitor.session is not None,
            "tokens": bool(self.desk.config().serve.tokens),
            "seal": self.seals.make(visitor) if visitor.acts else "",
            "contacts": list(self.desk.config().contacts),
            "at": self.desk.clock.now().isoformat(),
        }

    def person(self, given: Given) -> str:
        """Who a form says that somebody is: a contact where the name is one's. Raises Problem 400."""
        said = given.get("name", "").strip() or given.get("who", "").strip()
        name = " ".join(clean(mask(said), body.NAME_MAX).split())
        if not name or len(said) > body.NAME_MAX:
            raise Problem(400, WHO)
        return named(self.desk.config().aliases).known.get(folded(name)) or body.person(name)

    def remember(self, request: Request, answer: Response, name: str, *, opened_by: str) -> None:
        """A session of everything, by a cookie."""
        value = self.sessions.open(name, EVERYTHING, opened_by)
        self._cookie(request, answer, WHOLE, value, "/")

    def admit(self, request: Request, answer: Response, name: str, id_: str) -> None:
        """A session of one incident, by a cookie that goes to its pages alone."""
        value = self.sessions.open(name, id_, LINK)
        self._cookie(request, answer, LIMITED, value, f"/incidents/{id_}")

    def say(self, request: Request, answer: Response, words: str, path: str) -> None:
        """Words for the page that follows: a key of a table of ours."""
        self._cookie(request, answer, SAID, words, path, SAID_SECONDS)

    def _cookie(
        self,
        request: Request,
        answer: Response,
        key: str,
        value: str,
        path: str,
        seconds: float | None = None,
    ) -> None:
        answer.set_cookie(
            key,
            value,
            max_age=round(VALID_FOR.total_seconds() if seconds is None else seconds),
            path=path,
            httponly=True,
            samesite="strict",
            secure=self._secure(request),
        )

    def _secure(self, request: Request) -> bool:
        """Over TLS alone: where this came so, or people reach us so. At this machine itself there is none."""
        if request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https":
            return True
        public = self.desk.config().service.public_url or ""
        return public.startswith("https://") and request.url.hostname not in LOOPBACK


def visitor_of(request: Request) -> Visitor:
    """Whoever the door let in."""
    found = request.scope.get("state", {}).get("visitor")
    return found if isinstance(found, Visitor) else Visitor(everything=False)


def onward(path: str) -> Response:
    """Done: the page that shows it. A page that is loaded again does nothing twice."""
    return RedirectResponse(path, 303)


def within(path: str) -> str:
    """An address of ours to go on to; the overview where it is none."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain and path.isascii() and path.isprintable() and len(path) <= 300 else "/"  # noqa: PLR2004 - our longest is 40


def over(state: Any) -> bool:
    return state.status in (*FINAL, "confirmed", "dismissed")
