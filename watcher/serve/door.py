"""Sign-in: who may look and act. Tokens are compared in constant time, and whoever guesses is told nothing more.

- Without tokens (loopback only, as the configuration demands) whoever sits at this machine may do everything. What came
  through a proxy, or under a foreign host name (a web page that rebinds its name to 127.0.0.1), does not sit here.
- With tokens everything needs one, but for the acknowledgement link (which is its own key), what stakeholders may see
  (`/status`), the daemon's health, and the metrics for whoever sits at this machine.
- The token called `report` may report, and nothing else: it is the one to give to a support desk or a form.
- People sign in with a token and a name, or by a signed link; a cookie remembers it (`web.session`). It opens pages and
  their forms, and never the API.
- A token as the password of Basic opens pages, and never acts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from pydantic import SecretStr
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from watcher.clock import Clock
from watcher.serve.answers import MACHINES, answer, page
from watcher.serve.problem import Problem
from watcher.serve.web.session import LIMITED, NOBODY, WHOLE, Session, Sessions, covers, digest
from watcher.serve.web.visitor import Visitor

logger = logging.getLogger(__name__)

OPEN = ("/ack/", "/-/healthy", "/-/ready", "/status", "/static/", "/sign-in", "/hooks/sentry")
"""Answered to everybody."""
REPORTER = "report"
REPORTS = ("/hooks/report", "/api/v1/report")
"""All that the token called REPORTER opens."""
WRONG_MAX = 10
"""Different wrong tokens from one address; a stale one that is sent again and again counts once and locks nobody out."""
WRONG_FOR = timedelta(minutes=10)
ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address: the rest is its owner's to choose, anew for each guess."""
ADDRESSES_MAX = 1000
"""Addresses remembered for guessing; the longest unseen is forgotten first."""
TOKEN_MAX = 512
ENDED = "Your sign-in has ended, and what you sent was not taken. Sign in, and do it again."
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(slots=True)
class Guesses:
    since: datetime
    tokens: set[bytes] = field(default_factory=set)  # digests


class Door:
    """Knows the tokens, and who guesses them."""

    def __init__(
        self, tokens: Callable[[], dict[str, SecretStr]], clock: Clock, sessions: Sessions | None = None
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._sessions = sessions
        self._guesses: OrderedDict[str, Guesses] = OrderedDict()

    def enter(self, asking: HTTPConnection) -> Visitor:
        """Whoever asks. Raises Problem 401, 403 or 429."""
        token = _token(asking) if self._tokens() else None
        if token is not None:
            return Visitor(caller=self.prove(asking, token))
        known = self._known(asking)
        if known is not None:
            return known
        if not self._tokens():
            return Visitor(caller=_sitting_here(asking), acts=True)
        raise _unknown("sign in: send a token of serve.tokens as `Authorization: Bearer TOKEN`")

    def prove(self, asking: HTTPConnection, token: str) -> str:
        """The name of a token. Raises Problem 401, or 429 where somebody guesses.

        A right one is good at any time: behind a proxy all come from one address, and who guesses there must not lock out
        the others. What keeps tokens from being guessed is their length.
        """
        name = self._name(token)
        if name is None:
            self._refuse_guessing(asking)
            self._count(asking, token)
            raise _unknown("this token is not one of serve.tokens")
        return name

    def _known(self, asking: HTTPConnection) -> Visitor | None:
        """By a cookie. What a link opened says most of its own incident: it was said last, and for this."""
        if self._sessions is None or asking.scope["path"].startswith(MACHINES):
            return None
        whole, limited = self._whole(asking), self._limited(asking)
        chosen = limited or whole
        if chosen is None:
            return None
        here = bool(self._tokens()) or _here(asking)
        if limited is None and not here:
            return None
        return Visitor(
            caller=self._opener(whole),
            session=chosen,
            everything=here and (whole is not None or not self._tokens()),
            acts=True,
        )

    def _whole(self, asking: HTTPConnection) -> Session | None:
        assert self._sessions is not None
        found = self._sessions.read(asking.cookies.get(WHOLE, ""))
        return found if found is not None and not found.scope and self._holds(found) else None

    def _limited(self, asking: HTTPConnection) -> Session | None:
        assert self._sessions is not None
        found = self._sessions.read(asking.cookies.get(LIMITED, ""))
        return found if found is not None and found.scope and covers(found, asking.scope["path"]) else None

    def _holds(self, session: Session) -> bool:
        """Whether what opened a session of everything is still there. The token for reports opens none."""
        if not self._tokens():
            return session.opened_by == NOBODY
        return self._opener(session) not in ("", REPORTER)

    def _opener(self, session: Session | None) -> str:
        """The name of the token that opened a session."""
        named = self._tokens().items() if session is not None else ()
        return next(
            (n for n, t in named if session and digest(t.get_secret_value()) == session.opened_by), ""
        )

    def _name(self, token: str) -> str | None:
        """Whose token it is. Every token is compared, so that the time tells nothing."""
        sent, found = token.encode(), None
        for name, known in self._tokens().items():
            if hmac.compare_digest(sent, known.get_secret_value().encode()):
                found = name
        return found

    def _refuse_guessing(self, asking: HTTPConnection) -> None:
        household = _household(asking)
        guesses = self._guesses.get(household)
        if guesses is None:
            return
        until = guesses.since + WRONG_FOR
        if until <= self._clock.now():
            del self._guesses[household]
        elif len(guesses.tokens) >= WRONG_MAX:
            wait = max(1, round((until - self._clock.now()).total_seconds()))
            raise Problem(429, "too many wrong tokens from this address; wait", {"retry-after": str(wait)})

    def _count(self, asking: HTTPConnection, token: str) -> None:
        household = _household(asking)
        guesses = self._guesses.setdefault(household, Guesses(self._clock.now()))
        self._guesses.move_to_end(household)
        digest = hashlib.sha256(token.encode()).digest()
        if digest not in guesses.tokens:
            guesses.tokens.add(digest)
            logger.warning("a wrong token from %s", household, extra={"event": "sign_in_refused"})
        while len(self._guesses) > ADDRESSES_MAX:
            self._guesses.popitem(last=False)


class Doorway:
    """The middleware that lets nobody past who may not: what is not named as open is closed."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        try:
            visitor = self._door.enter(HTTPConnection(scope))
            _confine(visitor.caller, scope["path"])
            scope.setdefault("state", {}).update(caller=visitor.caller, visitor=visitor)
        except Problem as problem:
            await _refused(scope, problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _refused(scope: Scope, problem: Problem) -> Response:
    """People are asked to sign in, and come back to where they wanted to go."""
    path: str = scope["path"]
    if problem.status != 401 or path.startswith(MACHINES):  # noqa: PLR2004 - not signed in
        return answer(path, problem)
    onward = path if scope["method"] in ("GET", "HEAD") else path.rpartition("/")[0]
    fault = "" if scope["method"] in ("GET", "HEAD") else ENDED
    found = page("sign-in.html", 401, onward=onward, fault=fault, name="", names=[], tokens=True)
    found.headers.update(problem.headers)
    return found


def _confine(caller: str, path: str) -> None:
    if caller == REPORTER and path not in REPORTS:
        raise Problem(
            403, f"the token {REPORTER!r} may report, and nothing else; use another of serve.tokens"
        )


def _is_open(asking: HTTPConnection) -> bool:
    path: str = asking.scope["path"]  # asking.url is made of what the Host header says
    return path.startswith(OPEN) or (path == "/metrics" and _here(asking))


def _here(asking: HTTPConnection) -> bool:
    """From this machine, under its own name, and not through a proxy on it."""
    return _direct(asking) and _loopback(_host(asking.headers.get("host", "")))


def _direct(asking: HTTPConnection) -> bool:
    """No sign of a proxy. Some say nothing of themselves, but speak HTTP/1.0, as people's programs no longer do."""
    proxied = asking.scope["http_version"] == "1.0" or any(name in asking.headers for name in FORWARDED)
    return _loopback(_address(asking)) and not proxied


def _sitting_here(asking: HTTPConnection) -> str:
    if not _here(asking):
        raise Problem(403, "beyond this machine a token is needed: add one under serve.tokens and send it")
    return ""


def _host(header: str) -> str:
    """The name in a Host header, without the port: of [::1]:9120 it is ::1."""
    found = re.fullmatch(r"\[([^\]]*)\](?::\d+)?|([^:]*)(?::\d+)?", header)
    return (found[1] or found[2] or "") if found else ""


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _ip(asking: HTTPConnection) -> IPv4Address | IPv6Address | None:
    host = asking.client.host if asking.client else "127.0.0.1"  # a socket file is this machine
    try:
        found = ip_address(host)
    except ValueError:  # what a proxy passed on
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _address(asking: HTTPConnection) -> str:
    found = _ip(asking)
    return found.compressed if found is not None else "unknown"


def _household(asking: HTTPConnection) -> str:
    """Whose guesses are counted together."""
    found = _ip(asking)
    if not isinstance(found, IPv6Address) or found.is_loopback:
        return _address(asking)
    spare = found.max_prefixlen - ONE_HOUSEHOLD
    return f"{IPv6Address(int(found) >> spare << spare).compressed}/{ONE_HOUSEHOLD}"


def _token(asking: HTTPConnection) -> str | None:
    scheme, _, value = asking.headers.get("authorization", "")[: 2 * TOKEN_MAX].partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()[:TOKEN_MAX] or None
    if scheme.lower() == "basic" and asking.scope["method"] in ("GET", "HEAD"):
        return _password(value)
    return None


def _password(basic: str) -> str | None:
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[2][:TOKEN_MAX] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _unknown(because: str) -> Problem:
    """Never Basic: a browser would ask in a window of its own, before it shows our page."""
    return Problem(401, because, {"www-authenticate": "Bearer"})
