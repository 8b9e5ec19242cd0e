"""Tallies: whether the numbers of a text say all, a part, or none. Patterns cannot compare numbers.

"212 of 212 rows" and "41 of 212 rows" differ in nothing but their numbers, and mean the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

TALLIES_MAX = 8
"""Pairs of numbers that are compared in one line; a sentence has one or two."""

_NUMBER = r"\d{1,12}(?:[.,]\d{3}){0,4}"
_OF = re.compile(
    rf"(?<![\w./:-])(?P<part>{_NUMBER})(?: (?:\w{{1,20}} )?(?:out )?of (?:the |our |all )?|/)(?P<whole>{_NUMBER})(?![\w/:-]|\.\d)"
)
_SLASH = re.compile(r"\d/\d")


def tally(text: str) -> str:
    """The text, and behind each of its lines in words what the numbers of the line say."""
    if " of " not in text and _SLASH.search(text) is None:
        return text
    return "\n".join(map(_told, text.split("\n")))


def _told(line: str) -> str:
    return " ".join((line, *(f"(counted: {word})" for word in dict.fromkeys(_said(line)))))


def _said(text: str) -> Iterator[str]:
    for found in islice(_OF.finditer(text), TALLIES_MAX):
        part, whole = _value(found["part"]), _value(found["whole"])
        if whole:
            yield "none" if not part else "all" if part == whole else "part" if part < whole else "more"


def _value(number: str) -> int:
    return int(number.replace(",", "").replace(".", ""))
