"""Acknowledgement links: a signed token names an incident and the person it was sent to, and nothing is stored.

A token is `expires | id NUL contact | mac`, base64url without padding: short enough for an SMS. Who holds it may
work on that one incident, which is what a page is for; everything else needs a sign-in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets  # noqa: TID251 - this is the one place
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from watcher.clock import Clock

VALID_FOR = timedelta(days=7)
"""Longer than any incident stays open, shorter than a phone's message history is passed around."""
KEY_BYTES = 32
MAC_BYTES = 16
"""128 bits of HMAC-SHA256: nobody guesses them, and the link still fits into an SMS."""
TOKEN_MAX = 512
"""A contact's name is a word; what is longer was not made here."""

CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's thirty-two: none that is read as another."""
CODE_LENGTH = 8
"""40 bits: short enough to type in bed; how often one may be tried is limited where it is read."""

_HEAD = struct.Struct(">I")
_PURPOSE = b"watcher acknowledgement v1\0"
_CODE_PURPOSE = b"watcher reply code v1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a valid token allows: work on this incident. `contact` is whom the page was for, where that is known."""

    id: str
    contact: str | None


NONCE_BYTES = 12
"""Enough that two of one moment are never the same."""


def new_nonce() -> str:
    """A word that nobody guesses, and that comes once."""
    return secrets.token_urlsafe(NONCE_BYTES)


class BadToken(Exception):  # noqa: N818 - the word people read
    """The link cannot be used; the text says why, for people, and `reason` for programs."""

    def __init__(self, reason: Literal["forged", "expired"], because: str) -> None:
        super().__init__(because)
        self.reason: Literal["forged", "expired"] = reason
        self.because = because


def new_key() -> bytes:
    """A fresh signing key. Made once for a log and kept in it, so that links outlive a restart."""
    return secrets.token_bytes(KEY_BYTES)


class Links:
    """Makes and reads links. `public_url` is asked each time: a reload may change it."""

    def __init__(self, key: bytes, public_url: Callable[[], str | None], clock: Clock) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"a signing key has at least {KEY_BYTES} bytes")
        self._key = key
        self._public_url = public_url
        self._clock = clock

    def __repr__(self) -> str:
        return "Links()"

    def __call__(self, id_: str, contact: str | None) -> str:
        """The address at which the bearer may acknowledge; empty without a public one."""
        base = self._public_url()
        return f"{base.rstrip('/')}/ack/{self.token(id_, contact)}" if base else ""

    def key_for(self, purpose: bytes) -> bytes:
        """A key of its own for another purpose: what is signed for one is never taken for the other."""
        return hmac.digest(self._key, b"watcher key v1\0" + purpose, hashlib.sha256)

    def token(self, id_: str, contact: str | None) -> str:
        """A token for one incident and one person, valid for VALID_FOR."""
        expires = int((self._clock.now() + VALID_FOR).timestamp())
        body = _HEAD.pack(expires) + id_.encode() + b"\0" + (contact or "").encode()
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()

    def read(self, token: str) -> Grant:
        """What the token allows. Raises BadToken where it was not made here, or is too old."""
        body = self._verified(token)
        expires = datetime.fromtimestamp(_HEAD.unpack_from(body)[0], UTC)
        if expires <= self._clock.now():
            raise BadToken(
                "expired", f"this link ended on {expires:%Y-%m-%d at %H:%M} UTC; use `watcher ack` instead"
            )
        id_, _, contact = body[_HEAD.size :].decode().partition("\0")
        return Grant(id=id_, contact=contact or None)

    def code(self, id_: str, page: int, contact: str | None) -> str:
        """The word by which one page to one person is answered; nothing else can make it, and nothing is stored."""
        said = f"{id_}/{page}\0{contact or ''}".encode()
        number = int.from_bytes(hmac.digest(self._key, _CODE_PURPOSE + said, hashlib.sha256)[:CODE_LENGTH])
        return "".join(CODE_LETTERS[number >> 5 * place & 31] for place in range(CODE_LENGTH))

    def _verified(self, token: str) -> bytes:
        raw = _decoded(token)
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(body) <= _HEAD.size or not hmac.compare_digest(mac, self._mac(body)):
            raise _forged()
        return body

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + body, hashlib.sha256)[:MAC_BYTES]


def _decoded(token: str) -> bytes:
    """The token's bytes. Only the one spelling that we write is read: a second one would be a second token."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _forged() from None
    if len(token) > TOKEN_MAX or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise _forged()
    return raw


def _forged() -> BadToken:
    return BadToken(
        "forged",
        "this link was not made by this watcher, or was cut off on its way; open it from the page again",
    )
