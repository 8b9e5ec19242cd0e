"""What programs may ask over HTTP, a row each: the routes are made of the rows, and so is the document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.serve import body
from watcher.serve.body import Fields
from watcher.serve.desk import Desk
from watcher.serve.fields import Schema

BODILESS = ("GET", "DELETE")
"""Methods without a body; what they are told stands in the query."""

Endpoint = Callable[[Request, Fields], Awaitable[Any]]
Act = Callable[[Desk, Request, Fields], Awaitable[Any]]
"""An endpoint that was not given its desk yet."""
Served = tuple["Operation", Endpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one address."""

    name: str  # as the command line calls it, where it has it
    method: str
    path: str
    says: str  # in a sentence
    answers: str  # a shape of `shapes.SHAPES`
    takes: tuple[str, ...] = ()  # fields of the body; of the query where there is none
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()  # at least one of them
    own: Mapping[str, Schema] = field(default_factory=dict)  # fields that take something else here
    headers: Mapping[str, str] = field(default_factory=dict)  # it is signed by these, and needs no token
    example: Mapping[str, Any] = field(default_factory=dict)


def routes(served: Iterable[Served]) -> list[Route]:
    """One route an address, so that a method that it does not take is answered with those that it does."""
    ways: dict[str, dict[str, Served]] = {}
    for one in served:
        ways.setdefault(one[0].path, {})[one[0].method] = one
    return [_route(path, methods) for path, methods in ways.items()]


def _route(path: str, methods: Mapping[str, Served]) -> Route:
    async def answering(request: Request) -> Response:
        operation, endpoint = methods["GET" if request.method == "HEAD" else request.method]
        return JSONResponse(await endpoint(request, await _given(operation, request)))

    return Route(path, answering, methods=list(methods))


async def _given(operation: Operation, request: Request) -> Fields:
    if operation.method in BODILESS:
        return body.query(request, operation.takes)
    body.query(request, ())
    return await body.fields(request, operation.takes)
