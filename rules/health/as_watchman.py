"""django-watchman: lists of databases and caches, each with `ok`; a storage beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.health.members import each, items, mapping
from rules.health.parts import Part, merged
from rules.health.survey import Survey

KINDS = ("databases", "caches", "storage", "email")


def survey(document: Any) -> Survey | None:
    """None where it is another format: nothing but the kinds it knows, and `ok` in all of them."""
    found = items(document)
    if not found or any(name not in KINDS for name, _ in found):
        return None
    parts = [part for name, value in found for part in _parts(name, value)]
    return Survey(headline=None, parts=merged(parts)) if parts else None


def _parts(kind: str, value: Any) -> Iterator[Part]:
    named = [(f"{kind}.{name}", one) for member in each(value) for name, one in items(member)]
    for name, one in named or [(kind, value)]:
        ok = mapping(one).get("ok")
        if isinstance(ok, bool):
            yield Part(name=name, state="up" if ok else "down")
