"""Fingerprints: what an error says, without what is different each time it says it.

Trackers group by stack trace or by value, so one fault opens many issues: one a route, or one an event where the text
holds an id. What has the same fingerprint is one fault.
"""

from __future__ import annotations

from functools import lru_cache

import re2

from rules.haystack import plain
from rules.mask import clean
from rules.signal import IssueSignal

TEXT_MAX = 600
"""Characters of a text that are compared: what it says, it says at its beginning."""

KEPT = 4_096
"""Fingerprints kept: the same issues come with every look."""

_SEPARATORS = frozenset((",", ";"))

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True

_VARYING = re2.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>]+"  # addresses
    r'|"[^"\n]{0,200}"|\B\'[^\'\n]{0,200}\'\B'  # quoted values; the apostrophe of "can't" stands inside a word
    r"|\[[a-z ]{3,20}\]"  # what masking left
    r"|[\w.:/@-]*[0-9][\w.:/@-]*"  # numbers, ids, hashes, hosts with ports, paths with ids
    r"|\b[a-f]{8,64}\b",
    _OPTIONS,
)


def fingerprint(signal: IssueSignal) -> str:
    """The issue's own words, comparable: small letters, single spaces, `#` for whatever varies."""
    text = signal.value or signal.title
    kind = "" if signal.error_type and signal.error_type in text else signal.error_type
    return normalised(f"{kind} {text[: 2 * TEXT_MAX]}")


@lru_cache(maxsize=KEPT)
def normalised(text: str) -> str:
    """A text without what varies."""
    words: list[str] = []
    for word in _VARYING.sub(" # ", clean(plain(text), TEXT_MAX)).casefold().split():
        if not (words and words[-1] == "#" and (word == "#" or word in _SEPARATORS)):  # a list is one value
            words.append(word)
    return " ".join(words)
