"""Forms: what a page's own forms carry so that no other page can send them, and what was sent, read with a bound.

1. A form carries a *seal*: a word that comes once, and its signature over whom the page was made for. What carries none, or
   that of another visitor, is refused. Who signs in again under the same name is the same visitor.
2. The same form sent twice (a double tap, a page that is loaded again) is carried out once; the second waits for the first,
   and where that was refused it is refused as well.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
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
        self._sent: OrderedDict[bytes, asyncio.Future[bool]] = OrderedDict()  # whether it was carried out

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

    @asynccontextmanager
    async def once(self, path: str, given: Given) -> AsyncIterator[bool]:
        """Whether this very form is to be carried out; what fails within may be sent again."""
        mark = hashlib.sha256(repr((path, sorted(given.items()))).encode()).digest()
        while (sent := self._sent.get(mark)) is not None:
            if await asyncio.shield(sent):
                yield False
                return
        carried = self._sent[mark] = asyncio.get_running_loop().create_future()
        while len(self._sent) > SENT_MAX:
            self._sent.popitem(last=False)
        try:
            yield True
        except BaseException:
            self._sent.pop(mark, None)
            carried.set_result(False)
            raise
        carried.set_result(True)

    def _mac(self, nonce: str, visitor: Visitor) -> str:
        said = f"{nonce}\0{visitor.identity}".encode()
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
