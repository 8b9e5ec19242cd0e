"""The vocabulary: words that many patterns share, under one name each. `{made}` in a pattern stands for its alternatives.

A name may stand in the words of a later one. Braces that name nothing are what RE2 says they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.yaml import read

FILE = Path(__file__).parent / "vocabulary.yaml"
"""The words that come with the program."""

SPELLED_MAX = 12_000
"""Characters of a pattern once its names are spelled out; RE2 compiles such a one in some milliseconds."""

_NAME = re.compile(r"(?P<class>\\[pPx]\{[^{}]*\})|(?<!\\)\{(?P<name>[a-z][a-z-]{2,39})\}")


class Words(BaseModel):
    """The alternatives of one name, and what they mean together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    means: str
    any_: tuple[str, ...] = Field(alias="any", min_length=1, max_length=200)


class Vocabulary(BaseModel):
    """What the file says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    words: dict[str, Words] = Field(min_length=1, max_length=200)


def spelled(pattern: str) -> str:
    """The pattern with every name spelled out. ValueError names the one that is unknown."""
    if "{" not in pattern:
        return pattern
    text = _spelled(pattern, vocabulary())
    if len(text) > SPELLED_MAX:
        raise ValueError(f"the pattern is {len(text)} characters long when its words are spelled out")
    return text


@cache
def vocabulary() -> Mapping[str, str]:
    """Each name, and the alternatives that it stands for as one group."""
    known: dict[str, str] = {}
    for name, words in _file().words.items():
        known[name] = f"(?:{'|'.join(_spelled(word, known) for word in words.any_)})"
    return known


def meanings() -> Mapping[str, str]:
    """Each name, and what its words mean."""
    return {name: words.means for name, words in _file().words.items()}


@cache
def _file() -> Vocabulary:
    return read(FILE, Vocabulary)


def _spelled(pattern: str, known: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: found.group() if found["class"] else _group(found["name"], known), pattern)


def _group(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise ValueError(f"no words are named {{{name}}}; a brace of the text itself is written \\{{")
    return known[name]
