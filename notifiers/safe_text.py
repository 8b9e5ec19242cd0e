"""Foreign text made harmless for chat, mail and terminals. Pure, and idempotent: what is safe stays as it is.

1. What cannot be seen goes: control, bidi, zero-width and filler characters; no letter carries more than MARKS_MAX marks.
2. What would call people is broken by a zero-width space: `@everyone`, `<!channel>`, `<@U1>`.
3. What would be markup is broken the same way: links with a text of their own, HTML, spoilers; backquotes become quotes.
4. Addresses are kept readable but not clickable: `https` is written `hxxps`, and other schemes are broken. The exception
   are the hosts that the caller names as ours. A bare host name stays: it hides nothing, and `app.py` looks like one.
5. What is too long ends in an ellipsis. Nothing is ever dropped whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

MARKS_MAX = 3
"""Marks on one letter: Vietnamese needs two, Hebrew three; towers of marks cover the lines around them."""
INPUT_MAX = 65_536
"""Longer text is cut before it is read: no page shows more, and no hostile megabyte costs us a turn."""

_BREAK = "\u200b"
_ELLIPSIS = "\u2026"
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters by class, blank to the eye
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

_MARKUP = re.compile(
    r"(?P<address>(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{0,20})://)|@|<(?=\S)|\](?=[(\[])|\|(?=\|)|(?i:\bwww)(?=\.)"
)
_HARMLESS = {"http": "hxxp", "https": "hxxps", "hxxp": "hxxp", "hxxps": "hxxps"}


def safe_line(text: str, limit: int, *, hosts: Collection[str] = ()) -> str:
    """The text on one line of at most `limit` characters. Addresses on `hosts` ("host" or "host:port") stay links."""
    return _capped(" ".join(_seen(text).split()), limit, hosts)


def safe_text(text: str, limit: int, *, hosts: Collection[str] = ()) -> str:
    """The same, keeping its lines; empty ones are left out."""
    lines = (" ".join(line.split()) for line in _seen(text).split("\n"))
    return _capped("\n".join(line for line in lines if line), limit, hosts)


def _seen(text: str) -> str:
    """Only what the eye can see, with plain spaces and line ends."""
    kept: list[str] = []
    marks = 0
    for character in text[:INPUT_MAX].replace("\r\n", "\n"):
        kind = unicodedata.category(character)
        shown = _shown(character, kind)
        marks = marks + 1 if kind.startswith("M") else 0 if shown else marks
        if marks <= MARKS_MAX:
            kept.append(shown)
    return "".join(kept)


def _shown(character: str, kind: str) -> str:
    if character in "\n\r\v\f\x85" or kind in {"Zl", "Zp"}:
        return "\n"
    if character == "\t" or kind == "Zs" or character in _FILLERS:
        return " "
    if character == "`":
        return "'"
    return "" if kind in _UNSEEN else character


def _capped(text: str, limit: int, hosts: Collection[str]) -> str:
    """The cut is made in the plain text, so that no break is ever cut in two."""
    if len(text) <= limit and len(broken := _broken(text, hosts)) <= limit:
        return broken
    keep = min(len(text), limit - 1)
    while keep > 0:
        broken = _broken(text[:keep].rstrip() + _ELLIPSIS, hosts)
        if len(broken) <= limit:
            return broken
        keep -= max(1, (len(broken) - limit) // 2)
    return _ELLIPSIS[:limit]


def _broken(text: str, hosts: Collection[str]) -> str:
    def broken(match: re.Match[str]) -> str:
        if match["address"] is None:
            return match[0] + _BREAK
        if _ours(text[match.start() :], hosts):
            return match[0]
        harmless = _HARMLESS.get(match["scheme"].lower())
        return f"{harmless}://" if harmless else f"{match['scheme']}:{_BREAK}//"

    return _MARKUP.sub(broken, text)


def _ours(address: str, hosts: Collection[str]) -> bool:
    """Only the plain form counts: no user part, no backslash, nothing behind the host but its path."""
    found = re.match(r"(?i:https?)://([A-Za-z0-9.\-]+(?::\d+)?)(?=[/?#\s]|$)", address)
    return found is not None and found[1].lower() in hosts
