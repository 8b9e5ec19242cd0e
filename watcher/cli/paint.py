"""Colours on a terminal, and nowhere else. What is painted are our own words, by where they stand in a line."""

from __future__ import annotations

import os
import re
import sys

BOLD, RED, GREEN, YELLOW = "1", "1;31", "32", "33"
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(INC|SUS)-\d+(?=  )", re.MULTILINE), BOLD),
    (
        re.compile(
            r"(?<=  )DRILL(?=  )|\bBLIND since\b|\bNOT WELL\b|\bNOT WATCHING\b|\bDOES NOT HOLD$", re.MULTILINE
        ),
        RED,
    ),
    (
        re.compile(r"^(ROLL BACK|DO NOT ROLL BACK|HOTFIX|UNDECIDED|Nothing deployed in)\b.*$", re.MULTILINE),
        BOLD,
    ),
    (re.compile(r"^  missed: .*$", re.MULTILINE), RED),
    (
        re.compile(
            r"^  next by .*$|^Fix: .* (?:being|not) verified\b.*$|^Fix: .* went out\. .*$", re.MULTILINE
        ),
        YELLOW,
    ),
    (re.compile(r"^Fix: .*: verified$|^Clock: over after .*$", re.MULTILINE), GREEN),
    (re.compile(r"^# .*$", re.MULTILINE), BOLD),
)
"""The first that takes a place wins."""


def coloured() -> bool:
    """Whether whoever reads sees colours, and wants them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str) -> str:
    """The text with its colours; it must be free of escape sequences of others."""
    taken: list[tuple[int, int, str]] = []
    for pattern, colour in PATTERNS:
        for found in pattern.finditer(text):
            if all(found.end() <= start or found.start() >= end for start, end, _ in taken):
                taken.append((found.start(), found.end(), colour))
    for start, end, colour in sorted(taken, reverse=True):
        text = f"{text[:start]}\x1b[{colour}m{text[start:end]}\x1b[0m{text[end:]}"
    return text
