"""What comes from a foreign page, or to fetch a page ahead, never acts.

A browser says where a request was begun (Sec-Fetch-Site, Origin); programs and older browsers say nothing, and for them
the token or the signed link decides alone.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from watcher.serve.answers import answer
from watcher.serve.problem import Problem

LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Where browsers and mail programs say that nobody has asked for this page yet."""
PORTS = {"http": 80, "https": 443}
"""Left out of an address."""

Place = tuple[str | None, int | None]


class Border:
    """The middleware that turns acts away which no person began on a page of ours."""

    def __init__(self, app: ASGIApp, public_url: Callable[[], str | None]) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in LOOKING:
            because = refusal(HTTPConnection(scope), self._public_url())
            if because:
                await answer(scope["path"], Problem(403, because))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def refusal(asking: HTTPConnection, public_url: str | None) -> str:
    """Why this act is not carried out; empty where nothing speaks against it."""
    if any(
        word in asking.headers.get(name, "").lower() for name in AHEAD for word in ("prefetch", "preview")
    ):
        return "a page that is fetched ahead changes nothing; open it and press the button"
    if _foreign(asking, public_url):
        return "this came from a page of another site; open the link from your message again"
    return ""


def _foreign(asking: HTTPConnection, public_url: str | None) -> bool:
    """Where the browser itself has compared, it knows best: a proxy may have changed our name."""
    site = asking.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = asking.headers.get("origin")
    if origin is None:
        return False
    ours = {_place(f"{asking.url.scheme}://{asking.headers.get('host', '')}"), _place(public_url or "")}
    return _place(origin) not in ours - {(None, None)}


def _place(address: str) -> Place:
    """Host and port (None: the usual one). The scheme does not count: TLS may end at a proxy."""
    try:
        parts = urlsplit(address)
        return parts.hostname, None if parts.port == PORTS.get(parts.scheme) else parts.port
    except ValueError:
        return None, None
