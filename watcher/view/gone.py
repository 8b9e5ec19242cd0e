"""What can still be said of an incident whose events are gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watcher.incident.machines import id_of


def gone(stream: str, rows: Iterable[Mapping[str, Any]]) -> str | None:
    """The words for a stream of which the milestones alone are left; None where there never was one."""
    row = next((row for row in rows if row["name"] == stream), None)
    if row is None:
        return None
    said = [row.get("category"), _day(row, "opened", "opened_at"), _day(row, "closed", "resolved_at")]
    known = ", ".join(filter(None, said))
    what = f"{id_of(stream)} ({known})" if known else id_of(stream)
    return f"{what} is older than log.keep: its events are gone; its response times still count"


def _day(row: Mapping[str, Any], word: str, name: str) -> str | None:
    at = row.get(name)
    return f"{word} {at:%Y-%m-%d}" if at is not None else None
