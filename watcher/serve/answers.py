"""How answers look: JSON for programs, plain pages for people, and the headers that every answer carries.

Titles and notes are foreign text: templates escape everything, and the policy allows a page nothing but its own style, its
own script and to ask us again.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watcher.incident.compose import clock, spell
from watcher.serve.problem import Problem
from watcher.serve.web.static import address

if TYPE_CHECKING:
    from jinja2 import Environment

MACHINES = ("/api/", "/hooks/", "/-/", "/metrics")
"""Where programs ask: they hear of a problem in JSON."""

NOT_KEPT = "no-store"
"""Of every answer but the script's: what stands on a page was for one person, at one moment."""
_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # the address of an acknowledgement page is a key; our own forms say whence they come
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@cache
def _pages() -> Environment:
    """Made for the first page: a daemon at which nobody looks starts without it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = lambda iso: f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC" if iso else ""
    made.filters["clock"] = lambda iso: clock(datetime.fromisoformat(iso)) if iso else ""
    made.filters["second"] = lambda iso: f"{datetime.fromisoformat(iso):%H:%M:%S} UTC"
    made.filters["span"] = _span
    made.filters["took"] = lambda seconds: spell(timedelta(seconds=seconds))
    made.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own file, whose hash the policy names
    made.globals.update(script=address("watcher.js"), mark=address("mark.svg"))
    return made


def _span(iso: str, at: str) -> str:
    """How long from one moment to another, in words."""
    return spell(abs(datetime.fromisoformat(at) - datetime.fromisoformat(iso)))


def page(template: str, code: int = 200, /, **values: Any) -> Response:
    """A page from a template of ours."""
    return HTMLResponse(_pages().get_template(template).render(**{"here": None, **values}), code)


def answer(path: str, problem: Problem) -> Response:
    """A problem as JSON, or as a page where people are looking."""
    if path.startswith(MACHINES):
        body = {"error": problem.because, **problem.more}
        return JSONResponse(body, problem.status, headers=problem.headers)
    title, back = _TITLES.get(problem.status, "Not done"), _back(path)
    found = page("message.html", problem.status, title=title, text=problem.because, back=back)
    found.headers.update(problem.headers)
    return found


FORM_PARTS = 3
"""More of them has the address of a form than that of its page: "", "incidents", the id, and what is done."""


def _back(path: str) -> str:
    """Where to go on: the page whose form it was, else the overview."""
    parts = path.split("/")
    inner = (
        parts[1] == "incidents" and len(parts) > FORM_PARTS and parts[2].isascii() and parts[2].isprintable()
    )
    return "/".join(parts[:3]) if inner else "/"


_TITLES = {401: "Sign in", 403: "Not allowed", 404: "Not found", 409: "Already done", 410: "Too late"}


class Headers:
    """The middleware that puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", NOT_KEPT)
            await send(message)

        await self._app(scope, receive, sending)
