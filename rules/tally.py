"""Tallies: whether the numbers of a text say all, a part, or none. Patterns cannot compare numbers.

"212 of 212 rows" and "41 of 212 rows" differ in nothing but their numbers, and mean the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

import re2

TALLIES_MAX = 8
"""Pairs of numbers that are compared in one line; a sentence has one or two."""

_NUMBER = r"\d{1,12}(?:[.,]\d{3}){0,4}"
_OF = re.compile(
    rf"(?<![\w./:-])(?P<part>{_NUMBER})(?: (?:\w{{1,20}} )?(?:out )?of (?:the |our |all )?|/)(?P<whole>{_NUMBER})(?![\w/:-]|\.\d)"
)
_EXPECTED = re.compile(
    rf"(?P<part>(?<![\w.]){_NUMBER})(?: \w{{1,20}}){{0,3}}[,;]? (?:but |and )?(?:expected|instead of|should be|should have been) "
    rf"(?:at least |about |>= ?)?(?P<whole>{_NUMBER})"
)
_GOT = re.compile(
    rf"expected (?:at least |about |>= ?)?(?P<whole>{_NUMBER})(?: \w{{1,20}}){{0,3}}[,;]? "
    rf"(?:but |and |only )?(?:got|found|has|have|was|is|saw|wrote|there (?:are|is)) (?:only )?(?P<part>{_NUMBER})"
)
_OWNERS = "user|customer|tenant|account|org|workspace|member|client"
_OWNER = re.compile(rf"\b(?:{_OWNERS}) ?#?(\d{{1,12}})\b")

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_PAIRED = re2.compile(
    r"\d (?:\w+ )?(?:out )?of |\d/\d|(?:expected|instead of|should be|should have been) .*\d"
    rf"|(?:{_OWNERS}) ?#?\d.*(?:{_OWNERS}) ?#?\d",
    _OPTIONS,
)
"""Most texts hold no such pair, and this one search says so."""


def tally(text: str) -> str:
    """The text, and behind each of its lines in words what the numbers of the line say."""
    return "\n".join(map(_told, text.split("\n"))) if _PAIRED.search(text) else text


def _told(line: str) -> str:
    return " ".join((line, *(f"(counted: {word})" for word in dict.fromkeys(_said(line)))))


def _said(text: str) -> Iterator[str]:
    pairs = chain(_OF.finditer(text), _EXPECTED.finditer(text), _GOT.finditer(text))
    for found in islice(pairs, TALLIES_MAX):
        part, whole = _value(found["part"]), _value(found["whole"])
        if whole:
            yield "none" if not part else "all" if part == whole else "some" if part < whole else "more"
    owners = [found[1] for found in islice(_OWNER.finditer(text), TALLIES_MAX)]
    if len(owners) > 1 and len(set(owners)) == 1:
        yield "one owner"


def _value(number: str) -> int:
    return int(number.replace(",", "").replace(".", ""))
