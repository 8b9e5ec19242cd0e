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
_BOOKED = (
    r"(?:reads?|files?|sources?|sent|selected|uploaded|submitted|collected|captured|charged|paid|bought|purchased|billed|redeemed|provider|bank|"
    r"index|manifest|header|received|total|moved|arrived|credited|produced|published|acked|posted|tables? (?:has|have|holds?)|written|wrote|holds|contains|imported|exported|copied|"
    r"migrated|restored|granted|added|booked|issued|mailed|delivered|stored|saved|consumed|inserted|persisted|target|local|remote|"
    r"replica|primary|archive|zip|csv|backup|before|after|now|shown|listed|indexed|replayed|archived|settled|activated|provisioned)"
)
_LEFT = rf"\b{_BOOKED}\b(?: [a-z]{{1,20}}){{0,2}}:? (?P<a>{_NUMBER})(?: [a-z]{{1,20}}){{0,4}}|(?P<b>{_NUMBER})(?: [a-z]{{1,20}}){{0,4}} {_BOOKED}\b(?: [a-z]{{1,20}}){{0,3}}"
_RIGHT = rf"(?:[a-z]{{1,20}} ){{0,4}}{_BOOKED}\b(?: [a-z]{{1,20}}){{0,2}}:? (?P<c>{_NUMBER})|(?:[a-z]{{1,20}} ){{0,2}}(?P<d>{_NUMBER})(?: [a-z]{{1,20}}){{0,4}} {_BOOKED}\b"
_BOOKS = re.compile(
    rf"(?<![\w./:-])(?:{_LEFT})(?:[,;:] (?:but |and )?| but | and | vs\.? | versus | against )(?:{_RIGHT})",
    re.IGNORECASE,
)
_OWNERS = "user|customer|tenant|account|org|workspace|member|client"
_OWNER = re.compile(rf"\b(?:{_OWNERS}) ?#?([a-z]{{0,3}}\d[\da-f]{{0,11}})\b")

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_PAIRED = re2.compile(
    r"\d (?:\w+ )?(?:out )?of |\d/\d|(?:expected|instead of|should be|should have been) .*\d"
    rf"|(?:{_OWNERS}) ?#?[a-z]{{0,3}}\d.*(?:{_OWNERS}) ?#?[a-z]{{0,3}}\d"
    rf"|\d(?: \w+){{0,8}}(?:[,;:]| but| and| vs\.?| versus| against)(?: \w+){{0,7}}:? \d",
    _OPTIONS,
)
"""Most texts hold no such pair, and this one search says so."""


def tally(text: str) -> str:
    """The text, and behind each of its lines in words what the numbers of the line say."""
    return "\n".join(map(_told, text.split("\n"))) if _PAIRED.search(text) else text


def _told(line: str) -> str:
    return " ".join((line, *(f"(counted_{word})" for word in dict.fromkeys(_said(line)))))


def _said(text: str) -> Iterator[str]:
    pairs = chain(_OF.finditer(text), _EXPECTED.finditer(text), _GOT.finditer(text))
    for found in islice(pairs, TALLIES_MAX):
        part, whole = _value(found["part"]), _value(found["whole"])
        if whole:
            yield "none" if not part else "all" if part == whole else "some" if part < whole else "more"
    for found in islice(_BOOKS.finditer(text), TALLIES_MAX):
        one, other = _value(found["a"] or found["b"]), _value(found["c"] or found["d"])
        yield "differ" if one != other else "agree"
    owners = [found[1] for found in islice(_OWNER.finditer(text), TALLIES_MAX)]
    if len(owners) > 1:
        yield "one_owner" if len(set(owners)) == 1 else "two_owners"


def _value(number: str) -> int:
    return int(number.replace(",", "").replace(".", ""))
