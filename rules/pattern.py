"""Patterns: RE2 only, case-insensitive, compiled once. RE2 answers in linear time whatever the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, Field, ValidationInfo

from rules.vocabulary import spelled

PATTERN_MAX = 2_000
"""Characters of one pattern; a longer one is a list of patterns."""

PATTERNS_KEPT = 10_000
"""Compiled patterns kept, some kilobytes each: a rulebook holds a thousand and more."""

MEMORY_MAX, LONG_MEMORY_MAX = 1 << 20, 4 << 20
"""Bytes for one pattern's program and automaton, and for those of a long one; RE2 goes on without automaton, ten times
slower, when they are spent. A pattern that names lists of the vocabulary spends the first within some hundred texts."""

LONG = 500
"""Characters, names spelled out, from which a pattern is long: one in sixteen of the shipped ones."""

_PLURAL = re.compile(r"(?:(?<=[^\\]\|)|(?<=[^\\]\()|(?<=\(\?:))([a-z]{2,20})s\?(?=[|)])")
"""An alternative that ends in an optional s. RE2 draws alternatives together by their first letters, and finds no literal
to look for in what is left of a short one with an optional end; written twice, it does."""

_LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!", "\\1", "\\2")


@lru_cache(maxsize=PATTERNS_KEPT)
def compiled(text: str) -> Any:
    """The pattern, ready to search; ValueError says what RE2 refuses."""
    try:
        return re2.compile(text, _options(text))
    except re2.error as error:
        words = error.args[0] if error.args else ""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise ValueError(f"not a pattern for RE2: {said}{_mend(text)}") from None


def forget() -> None:
    """Let go of what was compiled to be checked: 20 MB of programs, most of which no signal ever needs."""
    compiled.cache_clear()
    re2.purge()


def sieve(texts: Iterable[str]) -> Any | None:
    """All patterns at once: `Match(text)` names, by number, those that match. None where RE2 cannot build it.

    RE2 first looks for the literals that the patterns cannot do without, in one automaton whose size they bound, and
    then tries only the patterns whose literals are there.
    """
    found = re2.Filter()
    number = -1
    for text in texts:
        number = found.Add(_PLURAL.sub(r"\1s|\1", text), _options(text))
    if number < 0:
        return None
    try:
        found.Compile()
    except re2.error:
        return None
    return found


def _options(text: str) -> re2.Options:
    """Nobody reads the groups of a pattern, and finding them costs ten times the search."""
    options = re2.Options()
    options.never_capture = True
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = LONG_MEMORY_MAX if len(text) >= LONG else MEMORY_MAX
    return options


def _mend(text: str) -> str:
    if any(piece in text for piece in _LOOKS_AROUND):
        return "; RE2 has no look-around and no back-references: say it with all, any and not"
    return ""


TESTED = {"tested": True}
"""The context in which the shipped rules are read: their patterns are tested before they are shipped, and to compile a
thousand of them again at each start takes a tenth of a second."""


def _checked(text: str, read: ValidationInfo) -> str:
    if "\x08" in text:  # what became of \b; masked texts hold none, so it would never be found
        raise ValueError("in double quotes YAML reads backslashes itself: use single quotes")
    text = spelled(text)
    if read.context != TESTED and compiled(text).search("") is not None:
        raise ValueError("the pattern matches an empty text, so it would match everything")
    return text


Pattern = Annotated[str, Field(min_length=1, max_length=PATTERN_MAX), AfterValidator(_checked)]
"""A pattern in a rule: RE2 syntax with the names of the vocabulary, case-insensitive, found anywhere in the text."""
