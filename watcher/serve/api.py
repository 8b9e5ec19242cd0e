"""The API: the commands of the command line, one for one, and the readings behind them. Everything is in one table."""

from __future__ import annotations

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rules.signal import CATEGORIES
from watcher.incident.people import NOTE_MAX
from watcher.serve import acting, duty, explaining, practice, readings, silencing
from watcher.serve.desk import Desk
from watcher.serve.fields import LOCAL, needed_text
from watcher.serve.operation import Act, Operation
from watcher.serve.operation import routes as routes_of
from watcher.serve.problem import Problem
from watcher.serve.verbs import VERBS
from watcher.view.documents.written import NAMES

ON_CALL = Operation(
    name="who",
    method="GET",
    path="/api/v1/on-call",
    says="Who is on call at a moment (now), until when, who is next, and the duties that follow.",
    answers="Duties",
    takes=("at",),
    own={"at": LOCAL},
)
OVERRIDES = Operation(
    name="overrides",
    method="GET",
    path="/api/v1/overrides",
    says="Who stands in for whom, now or later.",
    answers="Overrides",
)
OVERRIDE = Operation(
    name="override",
    method="POST",
    path="/api/v1/overrides",
    says="Somebody else is on call for a while; its end is one of until and for.",
    answers="Overridden",
    takes=("person", "from", "until", "for", "because", "by", "as"),
    needs=("person", "because"),
    any_of=("until", "for"),
    own={"until": LOCAL},
    example={"person": "bob", "for": "2h", "because": "Ann is at the dentist"},
)
END_OVERRIDE = Operation(
    name="end-override",
    method="DELETE",
    path="/api/v1/overrides/{number}",
    says="An override ends now.",
    answers="TakenBack",
    takes=("as",),
)
PAGE_TEST = Operation(
    name="page-test",
    method="POST",
    path="/api/v1/page-test",
    says="A test page through the real path, to a contact or whoever is on call.",
    answers="TestPage",
    takes=("contact", "as"),
    example={"contact": "ann"},
)
TESTED = Operation(
    name="page-test-result",
    method="GET",
    path="/api/v1/page-test/{id}",
    says="Who took a test page, on which target, and who answered it.",
    answers="TestPage",
)
DRILL = Operation(
    name="drill",
    method="POST",
    path="/api/v1/drill",
    says="A practised P0: it pages as a real one does, is marked, and counts in no response time.",
    answers="Drilled",
    takes=("category", "text", "speed", "as"),
    needs=("category", "text"),
    own={
        "text": needed_text(NOTE_MAX),
        "speed": {"type": ["integer", "null"], "minimum": 1, "maximum": practice.SPEED_MAX},
    },
    example={"category": CATEGORIES[0], "text": "nobody can sign in", "speed": 10},
)

SERVED: tuple[tuple[Operation, Act], ...] = (
    *readings.SERVED,
    *acting.SERVED,
    *explaining.SERVED,
    *silencing.SERVED,
    (ON_CALL, duty.who),
    (OVERRIDES, duty.held),
    (OVERRIDE, duty.override),
    (END_OVERRIDE, duty.end),
    (PAGE_TEST, practice.begin),
    (TESTED, practice.result),
    (DRILL, practice.drill),
)
UNDER = "/api/v1/incidents/{id}/{name}"
OPERATIONS: tuple[Operation, ...] = tuple(operation for operation, _ in SERVED)


def routes(desk: Desk) -> list[Route]:
    """Everything below /api/v1 but words of no incident yet, and what is neither a command nor a document."""
    served = [(operation, partial(act, desk)) for operation, act in SERVED]
    return [*routes_of(served), Route(UNDER, _unknown, methods=["GET", "POST"])]


async def _unknown(request: Request) -> Response:
    name = request.path_params["name"]
    method = next((one.method for one in OPERATIONS if one.path == UNDER.replace("{name}", name)), None)
    if method is not None:
        raise HTTPException(405, headers={"Allow": method})
    if request.method == "POST":
        raise Problem(404, f"there is no such command; known are {', '.join(VERBS)}")
    raise Problem(404, f"there is no such document; known are {', '.join(NAMES)}, explain")
