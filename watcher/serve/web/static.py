"""The two files that a page loads: the script, without which everything works, and the mark in a browser's tab."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent.parent / "static"
KINDS = {"watcher.js": "text/javascript; charset=utf-8", "mark.svg": "image/svg+xml"}
FILES = {name: (FOLDER / name).read_bytes() for name in KINDS}
KEPT_SECONDS = 3600
"""A browser asks again after an hour; the address holds the script's digest, so that an upgrade is seen at once."""


def address(name: str) -> str:
    """Where a page finds it."""
    return f"/static/{name}?v={digest(name)}"


def digest(name: str) -> str:
    return hashlib.sha256(FILES[name]).hexdigest()[:12]


def routes() -> list[Route]:
    async def file(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        kept = {"cache-control": f"private, max-age={KEPT_SECONDS}"}
        return Response(FILES[name], media_type=KINDS[name], headers=kept)

    return [Route(f"/static/{name}", file, methods=["GET"]) for name in KINDS]
