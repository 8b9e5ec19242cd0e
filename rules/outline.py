"""Outlines: what a list of patterns looks for, in its first words. A pattern can be a page long."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS_MAX = 6
"""So many words say what a list is about."""

_ESCAPED = re.compile(r"\\[A-Za-z]")
_SYNTAX = re.compile(r"(?<=[\w\]])\([^()]*\)|\(\?:|\[[^\]]*\]|\{[^}]*\}|(?<=\w)\?")
_WORD = re.compile(r"[^\W\d_]{3,30}")
"""What is left of a pattern without its signs."""


def outline(patterns: Sequence[str]) -> str:
    """The first words, and whether there are more; "" where the patterns hold no word at all."""
    words = list(dict.fromkeys(word for pattern in patterns for word in _words(pattern)))
    return f"{', '.join(words[:WORDS_MAX])}{' ...' if len(words) > WORDS_MAX else ''}"


def _words(pattern: str) -> list[str]:
    return _WORD.findall(_SYNTAX.sub(" ", _ESCAPED.sub(" ", pattern)))
