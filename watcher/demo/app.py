"""The simulated shop's own web application: its health, and its sign-in."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.clock import Clock
from watcher.demo.world import Stage

EMAIL = "probe@shop.example"


def shop_app(stage: Stage, *, password: str, clock: Clock | None = None) -> Starlette:
    """GET /api/health and POST /api/auth/login, as the shop on the stage answers them now.

    The health endpoint knows nothing of sign-in: it stays "ok" while every sign-in fails, as such endpoints do.
    """
    time = clock or Clock()

    async def health(_request: Request) -> Response:
        version = stage.shop.running(time.now())
        return JSONResponse(
            {"status": "ok", "version": version, "components": {"database": "ok", "payments": "ok"}}
        )

    async def sign_in(request: Request) -> Response:
        if not stage.shop.sign_in_works(time.now()):
            return JSONResponse({"error": "session could not be created"}, status_code=500)
        given = await _credentials(request)
        if given is None:
            return JSONResponse({"error": "email and password are needed"}, status_code=400)
        if given != (EMAIL, password):
            return JSONResponse({"error": "wrong e-mail address or password"}, status_code=401)
        return JSONResponse({"user": EMAIL})

    routes = [Route("/api/health", health), Route("/api/auth/login", sign_in, methods=["POST"])]
    return Starlette(routes=routes)


async def _credentials(request: Request) -> tuple[str, str] | None:
    try:
        body = json.loads(await request.body())
        return (str(body["email"]), str(body["password"]))
    except (ValueError, TypeError, KeyError):
        return None
