"""Forms: what a page's own forms carry so that no other page can send them, and what was sent, read with a bound.

1. A form carries a *seal*: a word that comes once, and its signature over the visitor's cookie. What carries none, or that
   of another visitor, is refused.
2. The same form sent twice (a double tap, a page that is loaded again) is carried out once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request

from watcher.serve import body
from watcher.serve.links import Links, new_nonce
from watcher.serve.problem import Problem
from watcher.serve.web.visitor import Visitor

FIELDS_MAX = 40
"""The longest form states eight facts, each beside what it was before."""
SENT_MAX = 2000
"""Forms remembered as sent; the one that was sent longest ago is forgotten first."""
KIND = "application/x-www-form-urlencoded"
SEAL = "seal"

Given = Mapping[str, str]


class Seals:
    """Makes the seals of a page's forms, and breaks them."""

    def __init__(self, links: Links) -> None:
        self._key = links.key_for(b"form")
        self._sent: OrderedDict[bytes, None] = OrderedDict()

    def __repr__(self) -> str:
        return "Seals()"

    def make(self, visitor: Visitor) -> str:
        """The seal of one page for one visitor."""
        nonce = new_nonce()
        return f"{nonce}.{self._mac(nonce, visitor)}"

    def check(self, visitor: Visitor, given: Given) -> None:
        """Raises Problem 403 where a form is none of this visitor's pages."""
        nonce, _, mac = given.get(SEAL, "").partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(nonce, visitor).encode()):
            raise Problem(
                403, "this form is not of a page that was made for you; load the page and do it again"
            )

    def first(self, path: str, given: Given) -> bool:
        """Whether this very form is sent for the first time."""
        said = repr((path, sorted(given.items()))).encode()
        mark = hashlib.sha256(said).digest()
        if mark in self._sent:
            return False
        self._sent[mark] = None
        while len(self._sent) > SENT_MAX:
            self._sent.popitem(last=False)
        return True

    def again(self, path: str, given: Given) -> None:
        """It was refused: the same may be tried again."""
        said = repr((path, sorted(given.items()))).encode()
        self._sent.pop(hashlib.sha256(said).digest(), None)

    def _mac(self, nonce: str, visitor: Visitor) -> str:
        said = f"{nonce}\0{visitor.cookie}".encode()
        return hmac.digest(self._key, said, hashlib.sha256).hex()[:32]


async def read(request: Request) -> dict[str, str]:
    """The fields of a form; of a repeated one the first. Raises Problem 400, 408, 413, 415."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise Problem(415, "this is not what a form sends; load the page and use its form")
    try:
        sent = (await body.read(request)).decode()
        found = parse_qs(sent, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except (UnicodeDecodeError, ValueError):
        raise Problem(400, "this is not what the form sends; load the page again") from None
    return {name: values[0] for name, values in found.items()}
