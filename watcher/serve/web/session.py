"""Sessions: a signed cookie says who somebody is, what they may see and until when. Nothing of it is stored.

1. A token opens everything. The cookie names the token by a digest: when the token leaves the configuration, it ends.
2. A signed link opens the one incident that it is about, by a cookie that browsers send to that incident's pages alone.
3. Without tokens, whoever sits at this machine only says a name: that cookie is good for as long as there are none.
4. Who signs out is remembered until the cookie would have ended anyway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from watcher.clock import Clock
from watcher.serve.links import Links, new_nonce
from watcher.serve.recent import Recent

VALID_FOR = timedelta(hours=12)
"""A night, or a day of work."""
COOKIE_MAX = 1024
"""A name of a hundred letters in any script, and the rest."""
ENDED_MAX = 1000
"""Sessions that were signed out of; the one that ended longest ago is forgotten first."""
EVERYTHING = ""
LINK, NOBODY = "link", ""
"""What opened a session, where no token did."""
WHOLE, LIMITED = "watcher_session", "watcher_incident"
"""The cookies: of everything, and of one incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who somebody says to be. `scope` is the id of the one incident, or EVERYTHING; `opened_by` a token's digest."""

    name: str
    scope: str
    opened_by: str
    nonce: str


class Sessions:
    """Makes and reads the cookies' values."""

    def __init__(self, links: Links, clock: Clock) -> None:
        self._key = links.key_for(b"session")
        self._clock = clock
        self._ended: Recent[str] = Recent(ENDED_MAX)

    def __repr__(self) -> str:
        return "Sessions()"

    def open(self, name: str, scope: str, opened_by: str) -> str:
        """A cookie's value, good for VALID_FOR."""
        ends = int((self._clock.now() + VALID_FOR).timestamp())
        body = json.dumps([name, scope, opened_by, ends, new_nonce()], ensure_ascii=False).encode()
        return f"{_plain(body)}.{_plain(self._mac(body))}"

    def read(self, value: str) -> Session | None:
        """The session that a cookie's value says; None where it was not made here, or is over."""
        try:
            body, mac = (_bytes(part) for part in value[:COOKIE_MAX].split("."))
        except ValueError:
            return None
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        name, scope, opened_by, ends, nonce = json.loads(body)
        if datetime.fromtimestamp(ends, UTC) <= self._clock.now() or nonce in self._ended:
            return None
        return Session(name=name, scope=scope, opened_by=opened_by, nonce=nonce)

    def end(self, session: Session) -> None:
        """Somebody signs out."""
        self._ended.add(session.nonce)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)


def digest(token: str) -> str:
    """A token's name in a cookie: it says which one it was, and not what it is."""
    return hashlib.sha256(b"watcher token\0" + token.encode()).hexdigest()[:32]


def covers(session: Session, path: str) -> bool:
    """Whether a page is within what the session may see."""
    if session.scope == EVERYTHING:
        return True
    home = f"/incidents/{session.scope}"
    return path == home or path.startswith(f"{home}/")


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError(str(error)) from None
