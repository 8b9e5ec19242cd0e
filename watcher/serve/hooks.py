"""`POST /hooks/sentry`: a nudge to look at once. Nothing of what it says is believed: the poll is what counts.

1. The signature (HMAC-SHA256 of the raw body, under the integration's client secret) names the sources.
2. A delivery that was seen, or is minutes old, does nothing: a captured one cannot be played again and again. Only the body
   is signed, so it is the body that is remembered: whoever captured it can put another time and another id to it.
3. It answers at once. Sentry waits a second, and does not try again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watcher.serve import body
from watcher.serve.allowance import Allowance
from watcher.serve.desk import Desk
from watcher.serve.operation import Operation
from watcher.serve.problem import Problem
from watcher.serve.recent import Recent

BODY_MAX = 1024 * 1024
"""An alert brings a whole event along."""
OLD_AFTER = timedelta(minutes=5)
"""Its clock and ours may differ; Sentry delivers within seconds."""
SEEN_MAX = 1000
STAMP = re.compile(r"[0-9]{1,11}")
"""Seconds since 1970, for some thousand years."""
NUDGES_MAX, NUDGES_FOR = 6, timedelta(minutes=1)
"""A storm of issues is one look each ten seconds: the server has limits."""
SIGNED = re.compile(r"[0-9a-fA-F]{64}")
SIGNATURE, STAMPED = "Sentry-Hook-Signature", "Sentry-Hook-Timestamp"
SENTRY = Operation(
    name="sentry-hook",
    method="POST",
    path="/hooks/sentry",
    says="A webhook of Sentry's: look at once.",
    answers="Nudged",
    headers={
        SIGNATURE: "The body's HMAC-SHA256 under the integration's client secret, in hexadecimal digits.",
        STAMPED: "Seconds since 1970; it is good for five minutes.",
    },
    example={"action": "created", "data": {}},
)
OPERATIONS = (SENTRY,)


class Hooks:
    """Remembers which deliveries were seen, and how often it nudged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: Recent[bytes] = Recent(SEEN_MAX)
        self._allowances: dict[str, Allowance] = {}

    async def sentry(self, request: Request) -> Response:
        """What became of it, in one word: looking, known, or enough."""
        names, raw = [], b""
        if self._listening() and SIGNED.fullmatch(request.headers.get(SIGNATURE, "").strip()):
            raw = await body.read(request, BODY_MAX)
            names = self._signed(raw, request.headers[SIGNATURE])
        if not names:
            raise Problem(401, "this is not signed with the hook_secret of any sentry that is configured")
        self._demand_fresh(request.headers.get(STAMPED, ""))
        if self._known(raw):
            return JSONResponse({"outcome": "known"})
        looking = [name for name in names if self._allowance(name).take()]
        for name in looking:
            self._desk.nudge(f"sentry:{name}")
        return JSONResponse({"outcome": "looking" if looking else "enough"})

    def _listening(self) -> bool:
        """Whether anybody may send at all: a stranger's megabyte is not read for nothing."""
        return any(sentry.hook_secret is not None for sentry in self._desk.config().sentry)

    def _signed(self, raw: bytes, signature: str) -> list[str]:
        """The sources whose secret signed it. Each is compared, so that the time tells nothing."""
        found, sent = [], signature.strip().lower().encode()
        for sentry in self._desk.config().sentry:
            if sentry.hook_secret is None:
                continue
            key = sentry.hook_secret.get_secret_value().encode()
            right = hmac.new(key, raw, hashlib.sha256).hexdigest()
            if hmac.compare_digest(right.encode(), sent):
                found.append(sentry.name)
        return found

    def _demand_fresh(self, stamp: str) -> None:
        seconds = int(stamp) if STAMP.fullmatch(stamp) else 0
        if abs(self._desk.clock.now() - datetime.fromtimestamp(seconds, UTC)) > OLD_AFTER:
            raise Problem(403, "this delivery is old, or says no time")

    def _known(self, raw: bytes) -> bool:
        return not self._seen.add(hashlib.sha256(raw).digest())

    def _allowance(self, name: str) -> Allowance:
        if name not in self._allowances:
            self._allowances[name] = Allowance(self._desk.clock, NUDGES_MAX, NUDGES_FOR)
        return self._allowances[name]


def routes(desk: Desk) -> list[Route]:
    return [Route(SENTRY.path, Hooks(desk).sentry, methods=[SENTRY.method])]
