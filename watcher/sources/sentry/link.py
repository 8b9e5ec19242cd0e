"""The Link header: whether there is another page, and the cursor that asks for it. Its address is never followed."""

from __future__ import annotations

import re

LINK_MAX = 16_384
"""The header holds our own query twice; more is none of ours."""

# GlitchTip writes the header as the text of a Python set, so that neither its start nor its end can be relied on.
_ENTRY = re.compile(r'<[^<>]*>((?:\s*;\s*\w+="[^"]*")+)')
_PART = re.compile(r'(\w+)="([^"]*)"')
_CURSOR = re.compile(r"[A-Za-z0-9:._=+/%-]{1,500}")


def next_cursor(header: str) -> str | None:
    """The next page's cursor; None where there is no next page, "" where one is promised without a usable cursor."""
    for entry in _ENTRY.finditer(header[:LINK_MAX]):
        parts = dict(_PART.findall(entry[1]))
        if parts.get("rel") == "next" and parts.get("results") == "true":
            cursor = parts.get("cursor", "")
            return cursor if _CURSOR.fullmatch(cursor) else ""
    return None


def is_glitchtip(header: str) -> bool:
    """Whether the header is wrapped the way that only GlitchTip wraps it."""
    return header.startswith("{'<")
