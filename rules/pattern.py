"""Patterns: RE2 only, case-insensitive, compiled once. RE2 answers in linear time whatever the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field

PATTERN_MAX = 2_000
"""Characters of one pattern; a longer one is a list of patterns."""

PATTERNS_KEPT = 10_000
"""Compiled patterns kept, some kilobytes each: a rulebook holds some hundred."""

MEMORY_MAX = 1 << 20
"""Bytes for one pattern's program and automaton; RE2 goes on without automaton when they are spent."""

JOINED_MEMORY_MAX = 8 << 20
"""The same for all patterns of a rulebook in one alternation."""

_LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!", "\\1", "\\2")


@lru_cache(maxsize=PATTERNS_KEPT)
def compiled(text: str) -> Any:
    """The pattern, ready to search; ValueError says what RE2 refuses."""
    try:
        return re2.compile(text, _options(MEMORY_MAX))
    except re2.error as error:
        words = error.args[0] if error.args else ""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise ValueError(f"not a pattern for RE2: {said}{_mend(text)}") from None


def joined(texts: Iterable[str]) -> Any | None:
    """One pattern that matches at least where any of them does; None where they are too many for one.

    Bounded gaps become unbounded ones: the automaton is a tenth of the size, and a quick no may be too lenient.
    """
    alternation = "|".join(f"(?:{_loosened(text)})" for text in texts)
    try:
        return re2.compile(alternation, _options(JOINED_MEMORY_MAX))
    except re2.error:
        return None


_GAP = re.compile(r"\.\{0,\d+\}")
_GAP_IN_A_CLASS = re.compile(r"\[[^\]]*\.\{")


def _loosened(text: str) -> str:
    return text if _GAP_IN_A_CLASS.search(text) else _GAP.sub(".*", text)


def _options(memory: int) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


def _mend(text: str) -> str:
    if any(piece in text for piece in _LOOKS_AROUND):
        return "; RE2 has no look-around and no back-references: say it with all, any and not"
    return "; in double quotes YAML reads backslashes itself: use single quotes" if "\x08" in text else ""


def _checked(text: str) -> str:
    if compiled(text).search("") is not None:
        raise ValueError("the pattern matches an empty text, so it would match everything")
    return text


Pattern = Annotated[str, Field(min_length=1, max_length=PATTERN_MAX), AfterValidator(_checked)]
"""A pattern in a rule: RE2 syntax, case-insensitive, found anywhere in the text."""
