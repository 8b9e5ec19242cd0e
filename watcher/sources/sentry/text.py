"""Text from outside, made safe the moment it arrives: masked, cleaned, cut."""

from __future__ import annotations

from functools import lru_cache

from rules.mask import clean, mask

REMEMBERED = 2048
"""The same titles come with every poll, and masking is the dear part; at most about 20 MB of them, usually one."""


def safe(value: object, limit: int) -> str:
    """At most `limit` characters without secrets and control characters; "" where the value is no text."""
    return _safe(_beginning(value, 2 * limit), limit) if isinstance(value, str) else ""


def word(value: object, limit: int) -> str:
    """The same for what is a name and no text: on one line, with single spaces."""
    return " ".join(safe(value, limit).split())


def _beginning(text: str, limit: int) -> str:
    """The text's first characters, up to a whole word: half a secret would not be recognised as one."""
    if len(text) <= limit:
        return text
    return text[:limit].rpartition(" ")[0] or text[:limit]


@lru_cache(maxsize=REMEMBERED)
def _safe(text: str, limit: int) -> str:
    return clean(mask(text), limit)
